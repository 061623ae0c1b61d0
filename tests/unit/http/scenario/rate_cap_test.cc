#include "http/scenario/rate_cap.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace http::scenario {
namespace {

constexpr uint64_t kStart = 5'000'000'000;
constexpr uint64_t kMillisecond = 1'000'000;

TEST(RateCap, OneAfterTheOtherWhenThereAreFew) {
  RateCap cap(2);
  EXPECT_EQ(cap.take(kStart), 0U);
  EXPECT_EQ(cap.take(kStart), 500 * kMillisecond);
  EXPECT_EQ(cap.take(kStart + 499 * kMillisecond), kMillisecond);
  EXPECT_EQ(cap.take(kStart + 500 * kMillisecond), 0U);
  EXPECT_EQ(cap.take(kStart + 501 * kMillisecond), 499 * kMillisecond);
}

TEST(RateCap, ATenthOfASecondAtOnce) {
  RateCap cap(1000);
  for (int round = 0; round < 3; ++round) {
    const uint64_t now = kStart + static_cast<uint64_t>(round) * 10'000 * kMillisecond;
    int taken = 0;
    while (cap.take(now) == 0) ++taken;
    EXPECT_EQ(taken, 100) << "a pause saves up no more";
    EXPECT_EQ(cap.take(now), kMillisecond);
  }
}

TEST(RateCap, InASecondSoMany) {
  RateCap cap(1000);
  int taken = 0;
  for (uint64_t now = kStart; now < kStart + 10'000 * kMillisecond; now += kMillisecond / 10) {
    taken += cap.take(now) == 0 ? 1 : 0;
  }
  EXPECT_GE(taken, 10'000);
  EXPECT_LE(taken, 10'100);
}

TEST(RateCap, ClocksOfWorkersMayDiffer) {
  RateCap cap(1000);
  EXPECT_EQ(cap.take(kStart), 0U);
  EXPECT_EQ(cap.take(kStart - kMillisecond), 0U);
  EXPECT_EQ(cap.take(0), kStart + 2 * kMillisecond - 99 * kMillisecond);
}

// Of all threads together, to the last one.
TEST(RateCap, IsExactForAllThreads) {
  RateCap cap(100'000);
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20'000; ++k) {
        if (cap.take(kStart) == 0) ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 10'000);
}

}  // namespace
}  // namespace http::scenario
