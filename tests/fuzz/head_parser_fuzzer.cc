// Any bytes as a request head: every ISA of this machine gives the answer of the scalar parser at
// the edge of an unreadable page; what is found lies inside the input; and the verdict on the
// beginning of an input is that on the whole of it (RFC 9112 sections 2 to 5).
//
// Choices: the limits, and where the beginning ends.
#include <gtest/gtest.h>

#include <cstdint>

#include "http/field_name.h"
#include "http/h1/head_parser.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/unit/http/h1/head_parser_support.h"

using namespace http;
using namespace http::h1;

namespace {

HeadLimits choose_limits(fuzz::FuzzInput& input) {
  HeadLimits limits;
  const uint8_t which = input.choose();
  if ((which & 1) != 0) limits.head_bytes = 2u * input.choose();
  if ((which & 2) != 0) limits.target_bytes = input.choose();
  if ((which & 4) != 0) limits.fields = input.choose();
  return limits;
}

void expect_inside(core::Bytes inner, core::Bytes outer) {
  EXPECT_GE(inner.data(), outer.data());
  EXPECT_LE(inner.data() + inner.size(), outer.data() + outer.size());
}

void expect_well_formed(core::Bytes text, const HeadResult& result, const RequestHead& head) {
  ASSERT_LE(result.consumed, text.size());
  // `head` describes a copy of `text`, which begins at most one empty line before the base.
  const std::size_t start = text.starts_with("\r\n") ? 2 : 0;
  const core::Bytes bytes(head.base, result.consumed - start);
  ASSERT_EQ(bytes, text.substr(start, bytes.size()));
  EXPECT_TRUE(bytes.ends_with("\r\n"));
  expect_inside(head.method_text, bytes);
  expect_inside(head.target, bytes);
  EXPECT_FALSE(head.method_text.empty());
  EXPECT_FALSE(head.target.empty());
  EXPECT_EQ(head.target.find_first_of(core::Bytes("\0\t\r\n ", 5)), core::Bytes::npos);
  ASSERT_LE(head.field_count, kMaxFields);
  for (uint32_t i = 0; i < head.field_count; ++i) {
    const core::Bytes name = head.name_of(head.fields[i]);
    const core::Bytes value = head.value_of(head.fields[i]);
    expect_inside(name, bytes);
    expect_inside(value, bytes);
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_of(core::Bytes("\0\t\r\n :", 6)), core::Bytes::npos);
    EXPECT_EQ(value.find_first_of(core::Bytes("\0\r\n", 3)), core::Bytes::npos);
    EXPECT_EQ(head.fields[i].name, field_name_of(name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static head_parser_test::EveryParser parser(kMaxHeadBytes + 4096);
  if (size > kMaxHeadBytes + 4096) return 0;
  fuzz::FuzzInput input(data, size);
  const core::Bytes text = input.text();
  const HeadLimits limits = choose_limits(input);

  const HeadResult whole = parser.parse(text, limits);
  if (whole.verdict == HeadVerdict::complete) expect_well_formed(text, whole, parser.head());

  const std::size_t length = input.choose_piece(text.size());
  const HeadResult beginning = parser.parse(text.substr(0, length), limits);
  if (beginning.verdict != HeadVerdict::incomplete) {
    EXPECT_EQ(beginning.verdict, whole.verdict);
    EXPECT_EQ(beginning.consumed, whole.consumed);
    EXPECT_EQ(beginning.status, whole.status);
  } else if (whole.verdict == HeadVerdict::complete) {
    EXPECT_LT(length, whole.consumed);
  }
  return 0;
}
