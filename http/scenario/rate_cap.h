// At most so many answers in a second: the generic cell rate algorithm (ITU-T I.371), which is a
// leaky bucket in one number. After a pause a tenth of a second's worth goes ahead at once, or one.
//
// Exact for all workers together: they share the number, and change it by one atomic operation for
// each answer that goes ahead. Any thread; no allocation.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace http::scenario {

class RateCap {
 public:
  static constexpr uint32_t kMostPerSecond = 10'000'000;

  // From 1 to kMostPerSecond.
  explicit RateCap(uint32_t per_second)
      : interval_(kSecond / per_second),
        tolerance_(interval_ * (std::max<uint64_t>(per_second / 10, 1) - 1)) {}

  // 0: one more may go ahead now, and does. Otherwise nanoseconds until one may.
  uint64_t take(uint64_t now) {
    uint64_t due = due_.load(std::memory_order_relaxed);
    while (true) {
      if (due > now + tolerance_) return due - tolerance_ - now;
      const uint64_t next = std::max(due, now) + interval_;
      if (due_.compare_exchange_weak(due, next, std::memory_order_relaxed)) return 0;
    }
  }

 private:
  static constexpr uint64_t kSecond = 1'000'000'000;

  uint64_t interval_;
  uint64_t tolerance_;
  std::atomic<uint64_t> due_ = 0;  // when the next one would come if they came evenly
};

}  // namespace http::scenario
