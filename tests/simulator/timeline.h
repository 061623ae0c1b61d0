// Simulated time and what happens in it. Time stands still while code runs and jumps to the next
// event. The wall clock is the monotonic one plus an offset that can be changed at any moment, in
// both directions, as by an administrator.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace simulator {

inline constexpr uint64_t kMicrosecond = 1'000;
inline constexpr uint64_t kMillisecond = 1'000'000;
inline constexpr uint64_t kSecond = 1'000'000'000;

class Timeline {
 public:
  // Tue, 14 Nov 2023 22:13:20 GMT.
  static constexpr int64_t kStart = 1'700'000'000;

  uint64_t now() const { return now_; }
  int64_t wall_nanoseconds() const { return offsets_.back().offset + static_cast<int64_t>(now_); }
  core::ClockReading read_clock() const { return {now_, to_seconds(wall_nanoseconds())}; }

  void set_wall_back_or_forth(int64_t seconds) {
    offsets_.push_back({now_, offsets_.back().offset + seconds * static_cast<int64_t>(kSecond)});
  }
  // The seconds that the wall clock has shown during [from, to], as ranges.
  std::vector<std::pair<int64_t, int64_t>> shown(uint64_t from, uint64_t to) const {
    std::vector<std::pair<int64_t, int64_t>> ranges;
    for (std::size_t i = 0; i < offsets_.size(); ++i) {
      const uint64_t end = i + 1 < offsets_.size() ? offsets_[i + 1].since : core::kNever;
      if (offsets_[i].since > to || end < from) continue;
      const auto first = static_cast<int64_t>(std::max(from, offsets_[i].since));
      const auto last = static_cast<int64_t>(std::min(to, end));
      ranges.emplace_back(to_seconds(first + offsets_[i].offset),
                          to_seconds(last + offsets_[i].offset));
    }
    return ranges;
  }

  void at(uint64_t time, std::function<void()> action) {
    events_.push_back({std::max(time, now_), ++last_number_, std::move(action)});
    std::push_heap(events_.begin(), events_.end(), later);
  }
  void after(uint64_t delay, std::function<void()> action) { at(now_ + delay, std::move(action)); }
  uint64_t next_event() const { return events_.empty() ? core::kNever : events_.front().time; }

  // Goes on to `time` and does nothing there yet.
  void advance(uint64_t time) { now_ = std::max(now_, time); }
  // Events of one time happen in the order in which they were asked for.
  void run_due_events() {
    while (!events_.empty() && events_.front().time <= now_) {
      std::pop_heap(events_.begin(), events_.end(), later);
      const std::function<void()> action = std::move(events_.back().action);
      events_.pop_back();
      action();
    }
  }

 private:
  struct Event {
    uint64_t time;
    uint64_t number;
    std::function<void()> action;
  };
  struct Offset {
    uint64_t since;
    int64_t offset;
  };

  static bool later(const Event& a, const Event& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  }
  static int64_t to_seconds(int64_t nanoseconds) {
    return nanoseconds / static_cast<int64_t>(kSecond);
  }

  uint64_t now_ = kSecond;
  uint64_t last_number_ = 0;
  std::vector<Event> events_;
  std::vector<Offset> offsets_ = {{0, (kStart - 1) * static_cast<int64_t>(kSecond)}};
};

}  // namespace simulator
