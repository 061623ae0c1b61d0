#include "core/clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <deque>
#include <string>
#include <thread>

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

TEST(SystemClockReading, MonotonicTimeNeverGoesBack) {
  uint64_t previous = 0;
  for (int i = 0; i < 10'000; ++i) {
    const ClockReading reading = read_system_clock();
    ASSERT_GE(reading.monotonic, previous);
    previous = reading.monotonic;
  }
}

TEST(SystemClockReading, AgreesWithTheCLibrary) {
  const time_t before = time(nullptr);
  const ClockReading reading = read_system_clock();
  const time_t after = time(nullptr);
  // The coarse clock may be one timer interrupt behind.
  EXPECT_GE(reading.wall_seconds, before - 1);
  EXPECT_LE(reading.wall_seconds, after + 1);
}

TEST(SystemClock, IsTheMonotonicClock) {
  SystemClock clock;
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t before = read_monotonic_clock();
    const uint64_t reading = clock.read().monotonic;
    const uint64_t after = read_monotonic_clock();
    ASSERT_GE(reading, before);
    ASSERT_LE(reading, after);
  }
}

TEST(SystemClock, TheFirstReadingHasTheSecondOfTheWall) {
  for (int i = 0; i < 100; ++i) {
    SystemClock clock;
    const int64_t before = read_system_clock().wall_seconds;
    const int64_t reading = clock.read().wall_seconds;
    EXPECT_GE(reading, before);
    EXPECT_LE(reading, read_system_clock().wall_seconds);
  }
}

// Read from just before the turn of a second to behind it, so that there is a new one to be seen.
TEST(SystemClock, SeesTheSecondOfTheWallWithinThePrecision) {
  constexpr int64_t kMargin = 10'000'000;
  timespec wall;
  clock_gettime(CLOCK_REALTIME_COARSE, &wall);
  const int64_t left = 1'000'000'000 - wall.tv_nsec - kMargin;
  if (left > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(left));

  SystemClock clock;
  const int64_t first = clock.read().wall_seconds;
  // Readings of both clocks, of which the last one that is older than the precision is a bound.
  std::deque<ClockReading> earlier;
  int64_t bound = first;
  int64_t last = first;
  // A second that was missed would be seen only at the turn of the next.
  const uint64_t give_up = read_monotonic_clock() + 20 * kSecond;
  for (int behind = 0; behind < 100;) {
    const ClockReading reading = clock.read();
    const ClockReading direct = read_system_clock();
    ASSERT_LT(direct.monotonic, give_up);
    ASSERT_LE(reading.wall_seconds, direct.wall_seconds) << "not of the future";
    while (!earlier.empty() &&
           earlier.front().monotonic + SystemClock::kWallPrecision <= reading.monotonic) {
      bound = earlier.front().wall_seconds;
      earlier.pop_front();
    }
    ASSERT_GE(reading.wall_seconds, bound) << "no older than the precision";
    last = reading.wall_seconds;
    if (last > first) ++behind;
    // The wall was read before this moment.
    earlier.push_back({read_monotonic_clock(), direct.wall_seconds});
  }
  EXPECT_GT(last, first);
}

}  // namespace
}  // namespace core
