#include "http/server/standing_queue.h"

#include <gtest/gtest.h>

namespace http::server {
namespace {

constexpr uint64_t kStart = 1'000'000'000'000;
constexpr uint32_t kLong = 4'000;
constexpr uint64_t kLook = StandingQueue::kLook;

// Looks until is_short() changes, or until the end; when that was.
uint64_t look(StandingQueue& queue, uint64_t from, uint64_t until, uint32_t waiting,
              uint32_t dropped) {
  for (uint64_t now = from; now < until; now += kLook) {
    if (queue.on_look(now, waiting, dropped)) return now;
  }
  return until;
}

StandingQueue short_queue(uint64_t& now) {
  StandingQueue queue;
  now = look(queue, kStart, kStart + 10 * StandingQueue::kPatience, kLong, 0);
  EXPECT_TRUE(queue.is_short());
  return queue;
}

TEST(StandingQueue, IsMadeShortWhenItHasStoodForThePatience) {
  StandingQueue queue;
  const uint64_t end = kStart + StandingQueue::kPatience;
  EXPECT_EQ(look(queue, kStart, end, kLong, 0), end);
  EXPECT_FALSE(queue.is_short());
  EXPECT_TRUE(queue.on_look(end, StandingQueue::kShort, 7));
  EXPECT_TRUE(queue.is_short());
}

TEST(StandingQueue, OneThatGetsShortNowAndThenMayBeLong) {
  StandingQueue queue;
  uint64_t now = kStart;
  for (int i = 0; i < 100; ++i) {
    now = look(queue, now, now + StandingQueue::kPatience - kLook, kLong, 0);
    EXPECT_FALSE(queue.on_look(now, StandingQueue::kShort - 1, 0));
    now += kLook;
  }
  EXPECT_FALSE(queue.is_short());
}

// Between two looks nobody came, so it was empty.
TEST(StandingQueue, TimeWithoutALookIsNoTimeThatItStood) {
  StandingQueue queue;
  for (uint64_t i = 1; i < 100; ++i) {
    EXPECT_FALSE(queue.on_look(kStart + i * StandingQueue::kPatience, kLong, 0));
  }
}

TEST(StandingQueue, StaysShortWhileSynsAreDropped) {
  uint64_t now = 0;
  StandingQueue queue = short_queue(now);
  for (uint32_t dropped = 1; dropped < 20; ++dropped) {
    const uint64_t next = now + StandingQueue::kEnd - kLook;
    EXPECT_EQ(look(queue, now, next, 0, dropped), next);
    now = next;
  }
  EXPECT_TRUE(queue.is_short());
}

TEST(StandingQueue, IsLongAgainWhenNoneWasDroppedForAWhile) {
  uint64_t now = 0;
  StandingQueue queue = short_queue(now);
  queue.on_look(now, StandingQueue::kShort, 1);
  const uint64_t end = now + StandingQueue::kEnd;
  EXPECT_EQ(look(queue, now, end, StandingQueue::kShort, 1), end);
  EXPECT_TRUE(queue.on_look(end, StandingQueue::kShort, 1));
  EXPECT_FALSE(queue.is_short());
  // And has all the patience before it.
  const uint64_t next = end + StandingQueue::kPatience;
  EXPECT_EQ(look(queue, end + kLook, next, kLong, 1), next);
  EXPECT_TRUE(queue.on_look(next, kLong, 1));
}

TEST(StandingQueue, TellsWhenToLookNext) {
  StandingQueue queue;
  queue.on_look(kStart, 0, 0);
  EXPECT_EQ(queue.next_look(), kStart + kLook);
}

}  // namespace
}  // namespace http::server
