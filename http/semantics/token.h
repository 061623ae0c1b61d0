// Tokens and quoted strings (RFC 9110 section 5.6): the pieces that field values and media types
// are made of.
//
// Pure functions; any thread; no allocation.
#pragma once

#include <cstddef>

#include "core/bytes.h"

namespace http {

// tchar (section 5.6.2).
constexpr bool is_token_byte(unsigned char byte) {
  if (byte >= '0' && byte <= '9') return true;
  if ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')) return true;
  switch (byte) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~':
      return true;
    default:
      return false;
  }
}

// Length of the token at the start of `text`; 0 if there is none.
constexpr std::size_t token_length(core::Bytes text) {
  std::size_t length = 0;
  while (length < text.size() && is_token_byte(static_cast<unsigned char>(text[length]))) ++length;
  return length;
}

// Length of the quoted-string at the start of `text` (section 5.6.4), quotes included; 0 if there
// is none or it does not end.
constexpr std::size_t quoted_string_length(core::Bytes text) {
  if (!text.starts_with('"')) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const auto is_text = [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    };
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
    if (i == text.size() || !is_text(text[i])) return 0;
  }
  return 0;
}

}  // namespace http
