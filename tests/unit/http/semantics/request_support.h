// Request heads for tests of what single fields mean.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/request.h"

namespace http {

using Lines = std::vector<std::pair<FieldName, std::string>>;

// A head that holds the given field lines, as the parser would leave it.
class Request {
 public:
  Request(Method method, const Lines& lines) {
    for (const auto& [name, value] : lines) text_ += value;
    head_.base = text_.data();
    head_.method = method;
    uint16_t offset = 0;
    for (const auto& [name, value] : lines) {
      const auto length = static_cast<uint16_t>(value.size());
      const uint32_t bit = uint32_t{1} << static_cast<unsigned>(name);
      head_.repeated |= head_.present & bit;
      head_.present |= bit;
      head_.fields[head_.field_count++] = {0, 0, offset, length, name};
      offset = static_cast<uint16_t>(offset + length);
    }
  }

  // The head points into the text.
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  const RequestHead& head() const { return head_; }

 private:
  std::string text_;
  RequestHead head_;
};

}  // namespace http
