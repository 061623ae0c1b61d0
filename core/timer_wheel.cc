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
  set_next_occupied(kNever);
}

// The tick of a deadline in the past, which goes to the next slot to be swept, or of one too far
// away.
uint64_t TimerWheel::far_tick(uint64_t time) const {
  return time < origin_ + current_ * kTick ? current_ : current_ + kFarthest;
}

void TimerWheel::set_next_occupied(uint64_t tick) {
  next_occupied_ = tick;
  next_wakeup_ = tick != kNever ? origin_ + (tick - 1) * kTick : kNever;
  // A time before the start counts as the start. Deadlines are never counted from long ago.
  next_sweep_ = tick == 1 ? 0 : std::min(next_wakeup_, origin_ + (current_ + kSlots - 1) * kTick);
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
  set_next_occupied(std::min(next_occupied_, next_tick_of(slot)));
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

// Takes one index that is due from the slots up to now_tick. False when there is none.
bool TimerWheel::sweep(uint64_t now_tick, uint32_t& index) {
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
  set_next_occupied(find_occupied());
  return false;
}

// When the wheel comes by at a slot.
uint64_t TimerWheel::next_tick_of(uint32_t slot) const {
  return current_ + (slot - static_cast<uint32_t>(current_)) % kSlots;
}

// The first tick from now on in whose slot something is linked; kNever if there is none.
uint64_t TimerWheel::find_occupied() const {
  const uint32_t start = static_cast<uint32_t>(current_ % kSlots);
  for (uint32_t step = 0; step <= kSlots / 64; ++step) {
    const uint32_t word = (start / 64 + step) % (kSlots / 64);
    uint64_t bits = occupied_[word];
    if (step == 0) bits &= ~uint64_t{0} << (start % 64);
    if (step == kSlots / 64) bits &= ~(~uint64_t{0} << (start % 64));
    if (bits == 0) continue;
    return next_tick_of(word * 64 + static_cast<uint32_t>(std::countr_zero(bits)));
  }
  return kNever;
}

void TimerWheel::check_invariants() const {
  CHECK(next_occupied_ <= find_occupied());
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
