#include "core/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace core {

TimerWheel::TimerWheel(uint32_t capacity, uint64_t now)
    : memory_(static_cast<std::size_t>(capacity) * sizeof(Entry)),
      entries_(reinterpret_cast<Entry*>(memory_.data())),
      capacity_(capacity),
      origin_(now) {
  heads_.fill(kNone);
}

uint32_t TimerWheel::to_tick(uint64_t time) const {
  const uint64_t since = time > origin_ ? time - origin_ : 0;
  const uint64_t rounded_up = 1 + since / kTick + (since % kTick != 0 ? 1 : 0);
  // A deadline in the past goes to the next slot to be swept.
  const uint32_t tick =
      static_cast<uint32_t>(std::clamp(rounded_up, current_, current_ + kFarthest));
  return tick == kNoDeadline ? kNoDeadline + 1 : tick;
}

void TimerWheel::relink(uint32_t index) {
  Entry& entry = entries_[index];
  if (entry.linked_tick != kUnlinked) unlink(index);
  entry.linked_tick = entry.deadline;
  const uint32_t slot = entry.linked_tick % kSlots;
  entry.previous = kNone;
  entry.next = heads_[slot];
  if (entry.next != kNone) entries_[entry.next].previous = index;
  heads_[slot] = index;
  occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
}

void TimerWheel::unlink(uint32_t index) {
  Entry& entry = entries_[index];
  const uint32_t slot = entry.linked_tick % kSlots;
  if (entry.next != kNone) entries_[entry.next].previous = entry.previous;
  if (entry.previous != kNone) {
    entries_[entry.previous].next = entry.next;
  } else {
    heads_[slot] = entry.next;
    if (entry.next == kNone) occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  }
  entry.linked_tick = kUnlinked;
}

bool TimerWheel::pop_expired(uint64_t now, uint32_t& index) {
  const uint64_t since = now > origin_ ? now - origin_ : 0;
  const uint64_t now_tick = 1 + since / kTick;
  while (current_ <= now_tick) {
    // After a long sleep one turn of the wheel visits every slot; more would visit them again.
    if (now_tick - current_ >= kSlots) current_ = now_tick - (kSlots - 1);
    uint32_t candidate = heads_[current_ % kSlots];
    while (candidate != kNone) {
      Entry& entry = entries_[candidate];
      const uint32_t next = entry.next;
      if (entry.deadline == kNoDeadline) {
        unlink(candidate);
      } else if (!before(static_cast<uint32_t>(now_tick), entry.deadline)) {
        unlink(candidate);
        entry.deadline = kNoDeadline;
        index = candidate;
        return true;
      } else if (entry.linked_tick != entry.deadline) {
        relink(candidate);  // moved later since it was linked
      }
      candidate = next;
    }
    ++current_;
  }
  return false;
}

uint64_t TimerWheel::next_wakeup() const {
  const uint32_t start = static_cast<uint32_t>(current_ % kSlots);
  for (uint32_t step = 0; step <= kSlots / 64; ++step) {
    const uint32_t word = (start / 64 + step) % (kSlots / 64);
    uint64_t bits = occupied_[word];
    if (step == 0) bits &= ~uint64_t{0} << (start % 64);
    if (step == kSlots / 64) bits &= ~(~uint64_t{0} << (start % 64));
    if (bits == 0) continue;
    const uint32_t slot = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
    const uint32_t distance = (slot - start) % kSlots;
    return origin_ + (current_ - 1 + distance) * kTick;
  }
  return kNever;
}

void TimerWheel::check_invariants() const {
  for (uint32_t slot = 0; slot < kSlots; ++slot) {
    const bool marked = (occupied_[slot / 64] >> (slot % 64) & 1) != 0;
    CHECK(marked == (heads_[slot] != kNone));
    if (!marked) continue;
    uint32_t previous = kNone;
    uint32_t length = 0;
    for (uint32_t index = heads_[slot]; index != kNone; index = entries_[index].next) {
      const Entry& entry = entries_[index];
      CHECK(entry.linked_tick != kUnlinked && entry.previous == previous);
      CHECK(entry.linked_tick % kSlots == slot);
      CHECK(entry.deadline == kNoDeadline || !before(entry.deadline, entry.linked_tick));
      CHECK(++length <= capacity_);
      previous = index;
    }
  }
}

}  // namespace core
