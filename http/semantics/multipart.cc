#include "http/semantics/multipart.h"

namespace http {
namespace {

constexpr core::Bytes kDelimiter = "\r\n--";
constexpr core::Bytes kContentType = "\r\nContent-Type: ";
constexpr core::Bytes kContentRange = "\r\nContent-Range: ";
constexpr core::Bytes kHeadEnd = "\r\n\r\n";
constexpr core::Bytes kEnd = "--\r\n";

}  // namespace

Boundary::Boundary(uint64_t number) {
  for (std::size_t i = kLength; i > 0; --i, number >>= 4) {
    text_[i - 1] = "0123456789abcdef"[number & 15];
  }
}

void put_multipart_type(core::TextWriter& writer, const Boundary& boundary) {
  writer.put("multipart/byteranges; boundary=").put(boundary.view());
}

void put_part_head(core::TextWriter& writer, const Boundary& boundary, core::Bytes type,
                   ByteRange part, uint64_t size) {
  std::array<char, kContentRangeCapacity> range;
  writer.put(kDelimiter).put(boundary.view()).put(kContentType).put(type);
  writer.put(kContentRange).put(format_content_range(part, size, range)).put(kHeadEnd);
}

void put_multipart_end(core::TextWriter& writer, const Boundary& boundary) {
  writer.put(kDelimiter).put(boundary.view()).put(kEnd);
}

uint64_t part_head_length(core::Bytes type, ByteRange part, uint64_t size) {
  std::array<char, kContentRangeCapacity> range;
  return kDelimiter.size() + Boundary::kLength + kContentType.size() + type.size() +
         kContentRange.size() + format_content_range(part, size, range).size() + kHeadEnd.size();
}

uint64_t multipart_length(std::span<const ByteRange> parts, core::Bytes type, uint64_t size) {
  uint64_t length = kDelimiter.size() + Boundary::kLength + kEnd.size();
  for (const ByteRange& part : parts) length += part_head_length(type, part, size) + part.length();
  return length;
}

}  // namespace http
