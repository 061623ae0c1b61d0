// Comparison of protocol text, which is ASCII whatever the locale is.
#pragma once

#include <cstddef>

#include "core/bytes.h"

namespace core {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// Whether `text` is `lower` in any case of letters; `lower` has no upper-case letter.
constexpr bool equals_ignoring_case(Bytes text, Bytes lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (to_lower(text[i]) != lower[i]) return false;
  }
  return true;
}

}  // namespace core
