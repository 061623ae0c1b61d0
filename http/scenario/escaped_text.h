// What a client sent, as it may stand in a body of some type.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/text_writer.h"

namespace http::scenario {

enum class Escaping : uint8_t {
  none,
  json,  // within a string (RFC 8259 section 7)
  html,  // within text or a quoted attribute value, of HTML or XML
};

// As a Content-Type value says.
Escaping escaping_of(core::Bytes content_type);

// Bytes that are not ASCII stay as they are. No allocation.
void put_escaped(core::Bytes text, Escaping escaping, core::TextWriter& out);

}  // namespace http::scenario
