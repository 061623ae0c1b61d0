#include "http/semantics/multipart.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace http {
namespace {

// The body, with a letter in place of each byte of the parts.
std::string body_of(const std::vector<ByteRange>& parts, core::Bytes type, uint64_t size) {
  std::array<char, 4096> out;
  core::TextWriter writer(out.data(), out.size());
  const Boundary boundary(0x0123456789abcdef);
  for (const ByteRange& part : parts) {
    put_part_head(writer, boundary, type, part, size);
    writer.put(std::string(part.length(), 'x'));
  }
  put_multipart_end(writer, boundary);
  EXPECT_TRUE(writer.complete());
  return std::string(writer.text());
}

// RFC 9110 section 14.6; the example of section 15.3.7.2 with shorter parts.
TEST(Multipart, Body) {
  EXPECT_EQ(body_of({{500, 501}, {7000, 7002}}, "application/pdf", 8000),
            "\r\n--0123456789abcdef\r\n"
            "Content-Type: application/pdf\r\n"
            "Content-Range: bytes 500-501/8000\r\n"
            "\r\n"
            "xx\r\n--0123456789abcdef\r\n"
            "Content-Type: application/pdf\r\n"
            "Content-Range: bytes 7000-7002/8000\r\n"
            "\r\n"
            "xxx\r\n--0123456789abcdef--\r\n");
}

TEST(Multipart, LengthIsKnownInAdvance) {
  const uint64_t last = (uint64_t{1} << 63) - 2;
  const std::vector<ByteRange> bodies[] = {
      {{0, 0}},
      {{0, 9}, {99, 100}},
      {{last, last}, {0, 99}, {1'000'000'007, 1'000'000'107}},
  };
  for (const std::vector<ByteRange>& parts : bodies) {
    for (const core::Bytes type : {"a/b", "text/html; charset=utf-8"}) {
      EXPECT_EQ(multipart_length(parts, type, last + 1), body_of(parts, type, last + 1).size());
    }
  }
}

TEST(Multipart, LengthOfTheLargestFile) {
  const uint64_t size = (uint64_t{1} << 63) - 1;
  const std::vector<ByteRange> parts = {{size / 2, size - 1}, {0, size / 2 - 81}};
  EXPECT_EQ(multipart_length(parts, "a/b", size),
            size - 80 + part_head_length("a/b", parts[0], size) +
                part_head_length("a/b", parts[1], size) + Boundary::kLength + 8);
}

TEST(Multipart, AHeadThatDoesNotFitIsIncomplete) {
  const Boundary boundary(1);
  const ByteRange part = {3, 5};
  const uint64_t length = part_head_length("text/plain", part, 10);
  std::string out(length, '#');
  for (const uint64_t capacity : {length - 1, length}) {
    core::TextWriter writer(out.data(), capacity);
    put_part_head(writer, boundary, "text/plain", part, 10);
    EXPECT_EQ(writer.complete(), capacity == length);
  }
}

// RFC 2046 section 5.1.1: 1 to 70 characters of a set that all digits of a number are in.
TEST(Multipart, Boundary) {
  EXPECT_EQ(Boundary(0).view(), "0000000000000000");
  EXPECT_EQ(Boundary(0xfedcba9876543210).view(), "fedcba9876543210");
  EXPECT_EQ(Boundary(UINT64_MAX).view(), "ffffffffffffffff");
}

TEST(Multipart, TypeNamesTheBoundary) {
  std::array<char, 100> out;
  core::TextWriter writer(out.data(), out.size());
  put_multipart_type(writer, Boundary(0xabc));
  EXPECT_EQ(writer.text(), "multipart/byteranges; boundary=0000000000000abc");
}

}  // namespace
}  // namespace http
