#include "core/clock.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace core {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(CachedClock, DateFollowsTheWallClock) {
  CachedClock clock;
  clock.update({5 * kSecond, 784'111'777});
  EXPECT_EQ(clock.now(), 5 * kSecond);
  EXPECT_EQ(clock.wall_seconds(), 784'111'777);
  EXPECT_EQ(clock.date(), "Sun, 06 Nov 1994 08:49:37 GMT");
  clock.update({6 * kSecond, 784'111'778});
  EXPECT_EQ(clock.date(), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(clock.now(), 6 * kSecond);
}

TEST(CachedClock, TheEpochIsADateToo) {
  CachedClock clock;
  clock.update({1, 0});
  EXPECT_EQ(clock.date(), "Thu, 01 Jan 1970 00:00:00 GMT");
}

// Made anew when the second changes, and only then.
TEST(CachedClock, DateIsKeptWithinASecond) {
  CachedClock clock;
  clock.update({1, 1'000});
  // Whoever wrote here would find out at the next change only.
  char* text = const_cast<char*>(clock.date().data());
  text[0] = '?';
  clock.update({2, 1'000});
  EXPECT_EQ(clock.date()[0], '?');
  EXPECT_EQ(clock.now(), 2U);
  clock.update({3, 1'001});
  EXPECT_EQ(clock.date(), "Thu, 01 Jan 1970 00:16:41 GMT");
}

// A wall clock that is set back is followed.
TEST(CachedClock, WallTimeMayGoBack) {
  CachedClock clock;
  clock.update({1, 784'111'777});
  clock.update({2, 784'111'776});
  EXPECT_EQ(clock.date(), "Sun, 06 Nov 1994 08:49:36 GMT");
}

TEST(SystemClock, MonotonicTimeNeverGoesBack) {
  uint64_t previous = 0;
  for (int i = 0; i < 10'000; ++i) {
    const ClockReading reading = read_system_clock();
    ASSERT_GE(reading.monotonic, previous);
    previous = reading.monotonic;
  }
}

TEST(SystemClock, AgreesWithTheCLibrary) {
  const time_t before = time(nullptr);
  const ClockReading reading = read_system_clock();
  const time_t after = time(nullptr);
  // The coarse clock may be one timer interrupt behind.
  EXPECT_GE(reading.wall_seconds, before - 1);
  EXPECT_LE(reading.wall_seconds, after + 1);
}

}  // namespace
}  // namespace core
