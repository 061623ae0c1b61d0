// Any text as a mix of faults: an error in one printable line that says where it is, or faults
// whose amounts are within the bounds of http/target/fault.h.
//
// Choices: the seed.
#include "http/target/fault.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/fuzz_input.h"

using namespace http::target;

namespace {

int64_t most_amount(FaultKind kind) {
  switch (kind) {
    case FaultKind::fin_in_body:
    case FaultKind::stall:
    case FaultKind::wrong_length:
      return int64_t{1} << 40;
    case FaultKind::slow_head:
      return 3'600'000'000'000;
    case FaultKind::refuse:
      return 60'000'000'000;
    case FaultKind::status:
      return 599;
    default:
      return 0;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  const fuzz::ExactCopy text(input.text());
  const auto mix = FaultMix::parse(text.bytes());
  if (!mix.ok()) {
    const core::Bytes error = mix.error().text();
    EXPECT_TRUE(error.starts_with("expected "));
    EXPECT_NE(error.find(" at character "), core::Bytes::npos);
    EXPECT_TRUE(std::ranges::all_of(error, [](char c) { return c >= ' ' && c <= '~'; }));
    return 0;
  }
  core::Random random(input.choose());
  for (int i = 0; i < 8; ++i) {
    const Fault fault = mix.value().decide(random);
    EXPECT_LE(std::abs(fault.amount), most_amount(fault.kind));
    if (fault.kind != FaultKind::wrong_length) EXPECT_GE(fault.amount, 0);
    if (fault.kind == FaultKind::status) EXPECT_GE(fault.amount, 400);
  }
  return 0;
}
