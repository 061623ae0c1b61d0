#include "core/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

namespace core {

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{"not even: " + std::to_string(number)};
  return number / 2;
}

TEST(Result, HoldsAValue) {
  Result<int> result = half(10);
  EXPECT_TRUE(result.ok());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result.value(), 5);
  EXPECT_EQ(*result, 5);
  *result = 6;
  EXPECT_EQ(result.value(), 6);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = half(7);
  EXPECT_FALSE(result.ok());
  EXPECT_FALSE(static_cast<bool>(result));
  EXPECT_EQ(result.error().message, "not even: 7");
}

TEST(Result, MovesWhatCanNotBeCopied) {
  Result<std::unique_ptr<std::string>> result = std::make_unique<std::string>("owned");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->get()->size(), 5U);
  const std::unique_ptr<std::string> taken = std::move(result.value());
  EXPECT_EQ(*taken, "owned");
}

// An error type of its own.
TEST(Result, ErrorsMayHaveTheirOwnType) {
  struct Refusal {
    int code;
  };
  const Result<int, Refusal> good = 3;
  const Result<int, Refusal> bad = Refusal{3};
  EXPECT_TRUE(good.ok());
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, 3);
}

TEST(Result, SystemErrorsAreReadable) {
  EXPECT_EQ(system_error("open /srv", ENOENT).message, "open /srv: No such file or directory");
}

TEST(ResultDeathTest, ReadingWhatIsNotThereIsABug) {
  Result<int> good = 1;
  Result<int> bad = Error{"no"};
  EXPECT_DEATH((void)good.error(), "check failed");
  EXPECT_DEATH((void)bad.value(), "check failed");
  EXPECT_DEATH((void)*bad, "check failed");
}

TEST(CheckDeathTest, SaysWhereAndWhat) {
  const int one = 1;
  CHECK(one == 1);
  EXPECT_DEATH(CHECK(one == 2), "result_test.cc:[0-9]+: check failed: one == 2");
  EXPECT_DEATH(UNREACHABLE(), "unreachable");
}

}  // namespace
}  // namespace core
