#include "core/ascii.h"

#include <gtest/gtest.h>

#include <string>

namespace core {
namespace {

static_assert(to_lower('Q') == 'q');
static_assert(equals_ignoring_case("CLOSE", "close"));

TEST(Ascii, LowersLettersAndNothingElse) {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool upper = i >= 'A' && i <= 'Z';
    EXPECT_EQ(to_lower(c), upper ? static_cast<char>(i + 32) : c) << i;
  }
}

TEST(Ascii, EqualsInAnyCase) {
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_TRUE(equals_ignoring_case("keep-alive", "keep-alive"));
  EXPECT_TRUE(equals_ignoring_case("Keep-ALIVE", "keep-alive"));
  EXPECT_FALSE(equals_ignoring_case("keep-aliv", "keep-alive"));
  EXPECT_FALSE(equals_ignoring_case("keep-alivee", "keep-alive"));
  EXPECT_FALSE(equals_ignoring_case("", "a"));
  EXPECT_FALSE(equals_ignoring_case("a", ""));
}

// Bytes that differ from a letter, digit or sign by the case bit alone are other bytes.
TEST(Ascii, FoldsLettersOnly) {
  for (int i = 0; i < 256; ++i) {
    for (const char lower : std::string("az[{@`09-\x7f \x00", 12)) {
      const char c = static_cast<char>(i);
      const bool letter = lower >= 'a' && lower <= 'z';
      const bool equal = c == lower || (letter && c == static_cast<char>(lower - 32));
      EXPECT_EQ(equals_ignoring_case(Bytes(&c, 1), Bytes(&lower, 1)), equal) << i << " " << lower;
    }
  }
}

}  // namespace
}  // namespace core
