#include "http/target/sum.h"

#include <gtest/gtest.h>

#include <string>

namespace http::target {
namespace {

// However it is cut in two.
std::optional<int64_t> total_of(const std::string& text, int64_t start = 0) {
  Sum whole(start);
  whole.add(text);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    Sum parts(start);
    parts.add(text.substr(0, at));
    parts.add(text.substr(at));
    EXPECT_EQ(parts.total(), whole.total()) << text << " at " << at;
  }
  return whole.total();
}

TEST(Sum, AddsANumber) {
  EXPECT_EQ(total_of("20", 55), 75);
  EXPECT_EQ(total_of("-20", 55), 35);
  EXPECT_EQ(total_of(" \t20\r\n", 55), 75);
  EXPECT_EQ(total_of("0020"), 20);
  EXPECT_EQ(total_of("", 55), 55) << "nothing is nothing";
  EXPECT_EQ(total_of(" \n", 55), 55);
}

TEST(Sum, KnowsItsLimits) {
  EXPECT_EQ(total_of("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(total_of("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(total_of("9223372036854775808", -1), INT64_MAX);
  EXPECT_EQ(total_of("9223372036854775808"), std::nullopt);
  EXPECT_EQ(total_of("1", INT64_MAX), std::nullopt);
  EXPECT_EQ(total_of("-1", INT64_MIN), std::nullopt);
  EXPECT_EQ(total_of("18446744073709551616"), std::nullopt);
  EXPECT_EQ(total_of(std::string(1000, '9')), std::nullopt);
}

TEST(Sum, TakesNothingElse) {
  for (const char* text : {"x", "1x", "1 2", "-", "--1", "- 1", "+1", "1.5", "0x1", "1,", "1-"}) {
    EXPECT_EQ(total_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace http::target
