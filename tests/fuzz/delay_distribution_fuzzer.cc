// Any text as a distribution of delays: an error in one printable line that says where it is, or
// delays of at most an hour.
//
// Choices: the seed.
#include "http/target/delay_distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "tests/fuzz/fuzz_input.h"

using http::target::DelayDistribution;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  const fuzz::ExactCopy text(input.text());
  const auto distribution = DelayDistribution::parse(text.bytes());
  if (!distribution.ok()) {
    const core::Bytes error = distribution.error().text();
    EXPECT_TRUE(error.starts_with("expected "));
    EXPECT_NE(error.find(" at character "), core::Bytes::npos);
    EXPECT_TRUE(std::ranges::all_of(error, [](char c) { return c >= ' ' && c <= '~'; }));
    return 0;
  }
  core::Random random(input.choose());
  for (int i = 0; i < 8; ++i) EXPECT_LE(distribution.value().sample(random), 3'600'000'000'000U);
  return 0;
}
