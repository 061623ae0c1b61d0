// The text around the parts of a multipart/byteranges body (RFC 9110 sections 14.6 and 15.3.7.2,
// RFC 2046 section 5.1.1):
//
//   part head, bytes of the part, part head, bytes of the part, ..., end
//
// Pure functions; any thread; no allocation. A head that does not fit into a writer is not
// complete(), as for every other text.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "core/text_writer.h"
#include "http/semantics/range.h"

namespace http {

// What separates the parts: 16 hexadecimal digits of a number (RFC 2046 allows 70 characters). It
// must not occur in a part, so the number has to be one that who wrote the file could not know.
class Boundary {
 public:
  static constexpr std::size_t kLength = 16;

  explicit Boundary(uint64_t number);

  core::Bytes view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, kLength> text_;
};

// Value of the Content-Type field of the response: "multipart/byteranges; boundary=...".
void put_multipart_type(core::TextWriter& writer, const Boundary& boundary);

// The delimiter before a part and its fields, through the empty line. Every delimiter begins with a
// line end, the first too, which section 14.6 allows. `type` and `size` are the Content-Type and
// the length of the whole representation.
void put_part_head(core::TextWriter& writer, const Boundary& boundary, core::Bytes type,
                   ByteRange part, uint64_t size);

// The delimiter behind the last part.
void put_multipart_end(core::TextWriter& writer, const Boundary& boundary);

// The number of bytes that put_part_head() writes.
uint64_t part_head_length(core::Bytes type, ByteRange part, uint64_t size);

// Content-Length of a body of these parts: heads, parts and end. `size` is at most 2^63 - 1, as
// that of every file, and the parts do not overlap.
uint64_t multipart_length(std::span<const ByteRange> parts, core::Bytes type, uint64_t size);

}  // namespace http
