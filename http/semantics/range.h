// Byte ranges (RFC 9110 section 14): which part of a representation a Range field asks for.
//
// Pure functions; any thread; no allocation. One range is served. A field with several is ignored,
// which section 14.2 allows: the answer is the whole representation, never a wrong part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"

namespace http {

// Positions of the first and the last byte, both included.
struct ByteRange {
  uint64_t first = 0;
  uint64_t last = 0;

  uint64_t length() const { return last - first + 1; }
};

enum class RangeVerdict : uint8_t {
  whole,          // the field does not apply: 200
  part,           // 206
  unsatisfiable,  // 416
};

struct RangeChoice {
  RangeVerdict verdict = RangeVerdict::whole;
  ByteRange part;  // valid for `part`: first <= last < size
};

// Reads the value of the Range field of a GET request for a representation of `size` bytes. Other
// units than bytes, malformed values, "5-4" and several ranges are `whole`. Numbers may have any
// length. An empty representation has no bytes to select: "0-" is unsatisfiable, and a suffix,
// which section 14.1.2 calls satisfiable although no Content-Range can express it, is `whole`.
RangeChoice choose_range(core::Bytes field_value, uint64_t size);

// "bytes 18446744073709551613-18446744073709551614/18446744073709551615"
inline constexpr std::size_t kContentRangeCapacity = 6 + 20 + 1 + 20 + 1 + 20;

// Value of the Content-Range field of a 206 response: "bytes 0-499/1234". A view into `out`.
core::Bytes format_content_range(ByteRange part, uint64_t size,
                                 std::span<char, kContentRangeCapacity> out);

// The same of a 416 response: "bytes */1234".
core::Bytes format_unsatisfied_range(uint64_t size, std::span<char, kContentRangeCapacity> out);

}  // namespace http
