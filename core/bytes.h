// Bytes and the padding that SIMD code may read past them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace core {

// Text and bytes alike: HTTP/1.1 is both. A view never owns; who owns is said where it is handed
// out.
using Bytes = std::string_view;

// a == b, for texts that are mostly short: eight bytes at a time, which costs less than the call of
// memcmp that == is.
[[gnu::always_inline]] inline bool equal(Bytes a, Bytes b) {
  const auto word = [](const char* from) {
    uint64_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return bytes;
  };
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size < 8) {
    for (std::size_t i = 0; i < size; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
  const std::size_t last = size - 8;
  for (std::size_t i = 0; i < last; i += 8) {
    if (word(a.data() + i) != word(b.data() + i)) return false;
  }
  return word(a.data() + last) == word(b.data() + last);
}

// Every buffer that a SIMD scanner reads carries this many readable bytes behind its last one, so
// that loops load whole 64-byte blocks and have no tail case. Their content does not matter.
inline constexpr std::size_t kPadding = 64;

}  // namespace core
