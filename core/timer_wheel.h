// Deadlines of the slots of a slab: a hashed timing wheel whose entries are moved lazily.
//
// Every slot has at most one deadline. Deadlines of a busy connection mostly move later, so
// schedule() only stores the new value while the entry stays linked where it was; when the wheel
// comes by, an entry that is not due yet is linked again at its place. The hot path therefore costs
// one store and one comparison, and no neighbour's cache line is touched.
//
// Time is an argument in nanoseconds of a monotonic clock; the wheel never reads one. Deadlines are
// rounded up to kTick, so nothing expires early, and to kFarthest from above: one that is years
// away (core::kNever too) expires after a year. One thread; no allocation after construction.
#pragma once

#include <array>
#include <cstdint>

#include "core/check.h"
#include "core/clock.h"
#include "core/mapping.h"

namespace core {

class TimerWheel {
 public:
  // 33.6 ms: timeouts are seconds. A power of two, because each request asks for ticks.
  static constexpr uint64_t kTick = uint64_t{1} << 25;
  static constexpr uint32_t kSlots = 2048;  // one turn of the wheel is 69 s
  // Most ticks from now to a deadline, 1.14 years: they are compared modulo 2^32.
  static constexpr uint64_t kFarthest = uint64_t{1} << 30;

  // Deadlines for indexes 0 to capacity-1; `now` starts the wheel.
  TimerWheel(uint32_t capacity, uint64_t now);

  static constexpr std::size_t entry_size() { return sizeof(Entry); }

  // Sets or moves the deadline of `index`.
  [[gnu::always_inline]] void schedule(uint32_t index, uint64_t deadline) {
    Entry& entry = entries_[index];
    entry.deadline = to_tick(deadline);
    if (entry.linked_tick == kUnlinked || before(entry.deadline, entry.linked_tick)) [[unlikely]] {
      relink(index);
    }
  }

  // Forgets the deadline of `index`. The entry leaves its list when the wheel comes by.
  void cancel(uint32_t index) { entries_[index].deadline = kNoDeadline; }

  bool has_deadline(uint32_t index) const { return entries_[index].deadline != kNoDeadline; }
  // The tick of a deadline at `time`, for comparing it with that of an index.
  [[gnu::always_inline]] uint32_t to_tick(uint64_t time) const {
    uint64_t rounded_up = 2 + (time - origin_ - 1) / kTick;
    if (rounded_up - current_ > kFarthest) [[unlikely]]
      rounded_up = far_tick(time);
    const uint32_t tick = static_cast<uint32_t>(rounded_up);
    return tick + (tick == kNoDeadline ? 1 : 0);
  }
  // The deadline of `index` in ticks, for comparing two of them. Meaningless without one.
  uint32_t deadline_tick(uint32_t index) const { return entries_[index].deadline; }
  // Whether the deadline of `index` comes before `time`. Meaningless without one.
  bool is_before(uint32_t index, uint64_t time) const {
    return before(entries_[index].deadline, to_tick(time));
  }
  // Ticks wrap after 4.3 years of uptime; comparisons are by signed distance.
  static bool before(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }

  // Whether pop_expired() has something to do.
  bool is_due(uint64_t now) const { return now >= next_sweep_; }

  // Takes one index whose deadline is at or before `now`, or returns false. Call until false.
  bool pop_expired(uint64_t now, uint32_t& index) {
    if (!is_due(now)) return false;
    return sweep(1 + (now > origin_ ? (now - origin_) / kTick : 0), index);
  }

  // When to call pop_expired next: at or before the earliest deadline, rounded up to a tick; kNever
  // if there is none.
  uint64_t next_wakeup() const { return next_wakeup_; }

  // Every link, bitmap bit and tick agrees; a bug otherwise. 2 us and more for each linked entry.
  void check_invariants() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  // Stands for "none" in both tick fields. No deadline is ever put there: tick 0 lies before the
  // start of the wheel, and when the count comes to a multiple of 2^32, the next tick is taken.
  static constexpr uint32_t kNoDeadline = 0;
  static constexpr uint32_t kUnlinked = 0;

  struct Entry {
    uint32_t next;
    uint32_t previous;
    uint32_t deadline;     // tick, or kNoDeadline
    uint32_t linked_tick;  // tick in whose slot the entry is linked, or kUnlinked
  };

  uint64_t far_tick(uint64_t time) const;
  bool sweep(uint64_t now_tick, uint32_t& index);
  void set_next_occupied(uint64_t tick);
  uint64_t find_occupied() const;
  uint64_t next_tick_of(uint32_t slot) const;
  [[gnu::noinline]] void relink(uint32_t index);
  void unlink(uint32_t index);

  Mapping memory_;
  Entry* entries_;
  uint32_t capacity_;
  uint64_t origin_;       // time of tick 1
  uint64_t current_ = 1;  // first tick that has not been swept; entries hold its lower half
  uint64_t next_occupied_ = kNever;  // at or before the first tick from there on with an entry
  uint64_t next_wakeup_ = kNever;    // the time of that tick
  uint64_t next_sweep_;              // the same, but an empty wheel goes on too
  std::array<uint32_t, kSlots> heads_;
  std::array<uint64_t, kSlots / 64> occupied_{};
};

}  // namespace core
