// Text as it may stand between the quotes of a JSON string (RFC 8259 section 7).
#pragma once

#include <cstdint>

#include "core/bytes.h"

namespace core {

// What the bytes of a text are that are not ASCII.
enum class TextEncoding : uint8_t {
  utf8,    // parts of characters, which stay as they are
  latin1,  // ISO 8859-1: each is the character of its number, and escaped
};

// Calls put(Bytes) with what stands for each byte, itself or its escape, so that a text may be cut
// off between any two. A piece is valid during its call only. No allocation.
template <class Put>
void escape_json(Bytes text, TextEncoding encoding, Put put) {
  constexpr char kDigits[] = "0123456789abcdef";
  const unsigned beyond = encoding == TextEncoding::latin1 ? 0x7f : 0x100;
  for (const char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      const char escaped[] = {'\\', c};
      put(Bytes(escaped, sizeof(escaped)));
    } else if (byte < 0x20 || byte >= beyond) {
      const char escaped[] = {'\\', 'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]};
      put(Bytes(escaped, sizeof(escaped)));
    } else {
      put(Bytes(&c, 1));
    }
  }
}

}  // namespace core
