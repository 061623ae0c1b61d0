#include "core/counter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace core {
namespace {

TEST(Counter, Counts) {
  Counter counter;
  EXPECT_EQ(counter, 0U);
  ++counter;
  counter += 5;
  EXPECT_EQ(counter, 6U);
  counter += uint64_t{1} << 40;
  EXPECT_EQ(counter.value(), (uint64_t{1} << 40) + 6);
}

TEST(Counter, ACopyIsAReading) {
  Counter counter;
  counter += 3;
  Counter copy = counter;
  ++counter;
  EXPECT_EQ(copy, 3U);
  copy = counter;
  EXPECT_EQ(copy, 4U);
}

TEST(Counter, AnotherThreadSeesItGrow) {
  constexpr uint64_t kLast = 1'000'000;
  Counter counter;
  std::atomic<bool> is_read = false;
  std::thread writer([&] {
    for (uint64_t i = 0; i < kLast || !is_read; ++i) ++counter;
  });
  uint64_t before = 0;
  while (before < kLast) {
    const uint64_t now = counter;
    ASSERT_GE(now, before);
    before = now;
  }
  is_read = true;
  writer.join();
}

}  // namespace
}  // namespace core
