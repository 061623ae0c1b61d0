#include "http/server/shortage.h"

#include <gtest/gtest.h>

namespace http::server {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kPatience = 5 * kSecond;
constexpr uint64_t kStart = 1'000 * kSecond;

// How many of `count` newcomers that come at the same time are turned away.
uint32_t turned_away(Shortage& shortage, uint64_t now, uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; ++i) sum += shortage.on_newcomer(now) ? 1 : 0;
  return sum;
}

TEST(Shortage, NewcomersWaitAtFirst) {
  Shortage shortage(kPatience);
  for (uint64_t time = kStart; time < kStart + kPatience; time += kSecond) {
    EXPECT_EQ(turned_away(shortage, time, 10), 0U);
    EXPECT_FALSE(shortage.turns_away(time));
    EXPECT_EQ(shortage.next_time(time), kStart + kPatience);
  }
  EXPECT_TRUE(shortage.turns_away(kStart + kPatience));
  EXPECT_TRUE(shortage.on_newcomer(kStart + kPatience));
}

TEST(Shortage, TurnsAwayABatchInAPeriod) {
  Shortage shortage(0);
  EXPECT_EQ(turned_away(shortage, kStart, 1'000), Shortage::kBatch);
  EXPECT_FALSE(shortage.turns_away(kStart));
  EXPECT_EQ(shortage.next_time(kStart), kStart + Shortage::kPeriod);
  EXPECT_EQ(turned_away(shortage, kStart + Shortage::kPeriod - 1, 10), 0U);
  EXPECT_TRUE(shortage.turns_away(kStart + Shortage::kPeriod));
  EXPECT_EQ(turned_away(shortage, kStart + Shortage::kPeriod, 1'000), Shortage::kBatch);
}

// Some leave, but never enough: newcomers wait in a queue that does not get shorter.
TEST(Shortage, GoesOnWhileRoomIsTakenAtOnce) {
  Shortage shortage(kPatience);
  uint64_t time = kStart;
  for (; time < kStart + kPatience; time += kSecond / 10) {
    EXPECT_FALSE(shortage.on_newcomer(time));
    shortage.on_room();
  }
  EXPECT_TRUE(shortage.on_newcomer(time));
}

// It began anew: the next ones wait again.
TEST(Shortage, IsOverWhenNobodyHasMissedRoomForAWhile) {
  Shortage shortage(kPatience);
  shortage.on_newcomer(kStart);
  shortage.on_room();
  const uint64_t later = kStart + kPatience + Shortage::kEnd;
  EXPECT_FALSE(shortage.turns_away(later));
  EXPECT_FALSE(shortage.on_newcomer(later));
  EXPECT_EQ(shortage.next_time(later), later + kPatience);
}

TEST(Shortage, IsNotOverWhileNobodyLeaves) {
  Shortage shortage(kPatience);
  shortage.on_newcomer(kStart);
  const uint64_t later = kStart + kPatience + 100 * kSecond;
  EXPECT_TRUE(shortage.turns_away(later));
  EXPECT_TRUE(shortage.on_newcomer(later));
}

}  // namespace
}  // namespace http::server
