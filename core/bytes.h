// Bytes and the padding that SIMD code may read past them.
#pragma once

#include <cstddef>
#include <string_view>

namespace core {

// Text and bytes alike: HTTP/1.1 is both. A view never owns; who owns is said where it is handed
// out.
using Bytes = std::string_view;

// Every buffer that a SIMD scanner reads carries this many readable bytes behind its last one, so
// that loops load whole 64-byte blocks and have no tail case. Their content does not matter.
inline constexpr std::size_t kPadding = 64;

}  // namespace core
