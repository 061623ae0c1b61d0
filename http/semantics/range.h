// Byte ranges (RFC 9110 section 14): which parts of a representation a Range field asks for.
//
// Pure functions; any thread; no allocation. Cost: one pass over the field, and per range that it
// names a comparison with each of the at most 16 parts before it: 90 us for the worst 16 KiB, which
// name 5,400 ranges (GCC 12, -O2).
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

// More parts than that are not worth their heads; the answer is the whole representation.
inline constexpr uint32_t kMaxRangeParts = 16;

// Two ranges with less than this between them become one: the head of a part costs as much
// (section 15.3.7.2).
inline constexpr uint64_t kSmallestRangeGap = 80;

enum class RangeVerdict : uint8_t {
  whole,          // the field does not apply: 200
  parts,          // 206; multipart/byteranges if there are several
  unsatisfiable,  // 416
};

struct RangeChoice {
  RangeVerdict verdict = RangeVerdict::whole;
  uint32_t count = 0;  // `parts`: how many, at least one
};

// Reads the value of the Range field of a GET request for a representation of `size` bytes. With
// the verdict `parts`, the first `count` of `out` are the parts: first <= last < size, and at least
// kSmallestRangeGap bytes between any two, so that all together are never more than the file. The
// rest of `out` has no meaning.
// - Other units than bytes and a field that is malformed in any element ("5-4" too) are `whole`.
//   Empty elements do not count (section 5.6.1.2); numbers may have any length.
// - Unsatisfiable ranges are left out; when there is no other, the field is `unsatisfiable`.
// - Ranges that overlap, touch or have a smaller gap are merged, wherever they stand. A part has
//   the place of the first range in it: a client may ask for the end first (section 15.3.7.2).
// - Several ranges that together are the whole file are `whole`. One range that is, is a part.
// - Once the ranges read so far make more than kMaxRangeParts parts, the field is `whole`, even if
//   a later range would merge some of them: that bounds the cost, and `whole` is always right
//   (section 14.2).
// - An empty representation has no bytes to select: "0-" is unsatisfiable, and a suffix, which
//   section 14.1.2 calls satisfiable although no Content-Range can express it, is `whole`.
RangeChoice choose_ranges(core::Bytes field_value, uint64_t size,
                          std::span<ByteRange, kMaxRangeParts> out);

// "bytes 18446744073709551613-18446744073709551614/18446744073709551615"
inline constexpr std::size_t kContentRangeCapacity = 6 + 20 + 1 + 20 + 1 + 20;

// Value of the Content-Range field of a 206 response: "bytes 0-499/1234". A view into `out`.
core::Bytes format_content_range(ByteRange part, uint64_t size,
                                 std::span<char, kContentRangeCapacity> out);

// The same of a 416 response: "bytes */1234".
core::Bytes format_unsatisfied_range(uint64_t size, std::span<char, kContentRangeCapacity> out);

}  // namespace http
