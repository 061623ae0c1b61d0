// Tokens, quoted strings and lists (RFC 9110 section 5.6): the pieces that field values and media
// types are made of.
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

// SP, HTAB, VCHAR and obs-text (section 5.5). The rest are the controls that end a field value or
// spoil it.
constexpr bool is_value_byte(unsigned char byte) {
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

// What white space is made of (section 5.6.3).
constexpr bool is_blank(unsigned char byte) {
  return byte == ' ' || byte == '\t';
}

constexpr core::Bytes without_leading_blanks(core::Bytes text) {
  while (!text.empty() && is_blank(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  return text;
}

constexpr core::Bytes without_trailing_blanks(core::Bytes text) {
  while (!text.empty() && is_blank(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

constexpr core::Bytes without_blanks(core::Bytes text) {
  return without_trailing_blanks(without_leading_blanks(text));
}

// The members of a comma-separated list (section 5.6.1), without the white space around them. They
// may be empty. Not for lists whose members can hold quoted strings: a comma there is none.
class ListMembers {
 public:
  explicit constexpr ListMembers(core::Bytes list) : rest_(list) {}

  // Whether there was one more. Even an empty list has one, which is empty.
  constexpr bool next(core::Bytes& member) {
    if (done_) return false;
    const std::size_t comma = rest_.find(',');
    member = without_blanks(rest_.substr(0, comma));
    done_ = comma == core::Bytes::npos;
    if (!done_) rest_.remove_prefix(comma + 1);
    return true;
  }

 private:
  core::Bytes rest_;
  bool done_ = false;
};

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
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
    if (i == text.size() || !is_value_byte(static_cast<unsigned char>(text[i]))) return 0;
  }
  return 0;
}

}  // namespace http
