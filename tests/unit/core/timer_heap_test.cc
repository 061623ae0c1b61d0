#include "core/timer_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace core {
namespace {

TEST(TimerHeap, TellsTheEarliest) {
  TimerHeap heap(10);
  uint32_t index = 0;
  EXPECT_EQ(heap.next(), kNever);
  EXPECT_FALSE(heap.pop_due(kNever, index));
  heap.schedule(3, 300);
  heap.schedule(1, 100);
  heap.schedule(2, 200);
  EXPECT_EQ(heap.next(), 100U);
  EXPECT_FALSE(heap.pop_due(99, index));
  ASSERT_TRUE(heap.pop_due(100, index));
  EXPECT_EQ(index, 1U);
  EXPECT_FALSE(heap.pop_due(100, index));
  heap.schedule(2, 400);  // later
  ASSERT_TRUE(heap.pop_due(1000, index));
  EXPECT_EQ(index, 3U);
  ASSERT_TRUE(heap.pop_due(1000, index));
  EXPECT_EQ(index, 2U);
  EXPECT_EQ(heap.size(), 0U);
}

TEST(TimerHeap, WithoutCapacityIsEmpty) {
  TimerHeap heap(0);
  EXPECT_EQ(heap.next(), kNever);
  EXPECT_FALSE(heap.has(0));
  heap.cancel(0);
}

// Against a plain model.
TEST(TimerHeap, RandomWalk) {
  constexpr uint32_t kIndexes = 50;
  TimerHeap heap(kIndexes);
  std::map<uint32_t, uint64_t> model;
  std::mt19937 random{1};
  uint64_t now = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto index = static_cast<uint32_t>(random() % kIndexes);
    switch (random() % 4) {
      case 0:
      case 1: {
        const uint64_t time = now + random() % 100;
        heap.schedule(index, time);
        model[index] = time;
        break;
      }
      case 2:
        heap.cancel(index);
        model.erase(index);
        break;
      case 3: {
        now += random() % 20;
        uint32_t due = 0;
        uint64_t last = 0;
        while (heap.pop_due(now, due)) {
          ASSERT_TRUE(model.contains(due));
          ASSERT_LE(model[due], now);
          ASSERT_GE(model[due], last);
          last = model[due];
          model.erase(due);
        }
        for (const auto& [each, time] : model) ASSERT_GT(time, now) << each;
        break;
      }
    }
    heap.check_invariants();
    ASSERT_EQ(heap.size(), model.size());
    for (uint32_t i = 0; i < kIndexes; ++i) ASSERT_EQ(heap.has(i), model.contains(i));
  }
}

}  // namespace
}  // namespace core
