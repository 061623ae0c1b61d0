// A body with placeholders, which each request fills in:
//
//   {path}           the path of the request, as sent
//   {query:NAME}     the first parameter of that name in the query, percent-decoded
//   {header:NAME}    the first field of that name
//   {random:1..100}  a whole number, evenly from both ends and what lies between
//   {counter}        1, 2, 3 and so on: no two answers of the route have the same number, whichever
//                    worker gives them; numbers may be left out
//   {now}            the time, as 2023-11-14T22:13:20Z
//   {{               one {, for a text that would be a placeholder
//
// A "{" that no letter follows stands for itself, so JSON needs no "{{". What comes from the
// request is escaped for JSON, HTML or XML if the body is of such a type, and cut off at
// kMostValue bytes; what is not there is nothing. So the longest body is known when the template is
// read.
//
// A plain value, immutable; the text outlives it. To fill it in does not allocate.
#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "core/text_writer.h"
#include "http/request.h"
#include "http/scenario/escaped_text.h"

namespace http::scenario {

// What a request brings to a template.
struct TemplateInput {
  const RequestHead& head;
  core::Bytes path;
  core::Bytes query;
  uint64_t count;  // for {counter}
  const core::CachedClock& clock;
  core::Random random;
};

class BodyTemplate {
 public:
  static constexpr std::size_t kMostValue = 1024;

  // Why a text is no template.
  struct Error {
    core::Bytes expected;  // static storage
    core::Bytes found;
    core::Bytes nearest;   // the placeholder that was perhaps meant; or empty
    std::size_t position;  // in the text, in bytes
  };
  static core::Result<BodyTemplate, Error> parse(core::Bytes text);

  // Bytes of the longest body.
  std::size_t most_bytes() const { return most_bytes_; }
  bool counts() const { return counts_; }

  void fill_in(TemplateInput& input, Escaping escaping, core::TextWriter& out) const;

 private:
  class Parser;

  enum class Kind : uint8_t { text, path, query, header, random, counter, now };
  struct Part {
    Kind kind = Kind::text;
    core::Bytes text;  // or the name
    uint64_t least = 0;
    uint64_t most = 0;
  };

  static void put_value(const Part& part, const TemplateInput& input, Escaping escaping,
                        core::TextWriter& out);

  std::vector<Part> parts_;
  std::size_t most_bytes_ = 0;
  bool counts_ = false;
};

}  // namespace http::scenario
