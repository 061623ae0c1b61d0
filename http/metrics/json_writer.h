// JSON (RFC 8259) put together in a string: objects, arrays and values, with the commas between
// them. What the machine does not tell is null.
//
//   JsonWriter json(out);
//   json.begin_object();
//   json.value("requests", uint64_t{17});
//   json.end_object();
//
// Appends to a string that its owner may use again. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/bytes.h"

namespace http::metrics {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  // Names are given in objects, and not in arrays and for the outermost value.
  void begin_object(core::Bytes name = {}) { begin(name, '{'); }
  void end_object() { end('}'); }
  void begin_array(core::Bytes name = {}) { begin(name, '['); }
  void end_array() { end(']'); }

  void value(core::Bytes name, uint64_t number);
  // Finite.
  void value(core::Bytes name, double number);
  // UTF-8.
  void value(core::Bytes name, core::Bytes text);
  template <class Number>
  void value(core::Bytes name, const std::optional<Number>& number) {
    if (number.has_value()) return value(name, *number);
    null(name);
  }
  void null(core::Bytes name);

 private:
  void begin(core::Bytes name, char bracket);
  void end(char bracket);
  void put_name(core::Bytes name);
  void put_text(core::Bytes text);

  std::string& out_;
  bool follows_value_ = false;
};

}  // namespace http::metrics
