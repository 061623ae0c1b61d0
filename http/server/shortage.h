// What becomes of newcomers for whom there is no connection slot and nobody to make room: at first
// they wait in the listener's queue, which costs nothing and is all that a burst needs. When
// newcomers have found no room for as long as the patience, they are turned away (503 with
// Retry-After), a batch at a time: that costs as much as to serve a small file, and those who have
// a slot come first. It is over when no newcomer has been without room for kEnd.
//
// A function of times, nanoseconds of the monotonic clock. One thread; no allocation.
#pragma once

#include <cstdint>

namespace http::server {

class Shortage {
 public:
  static constexpr uint64_t kEnd = 2'000'000'000;
  // Of each period: 1,280 a second at 34 microseconds are less than a twentieth of a core.
  static constexpr uint32_t kBatch = 64;
  static constexpr uint64_t kPeriod = 50'000'000;

  explicit Shortage(uint64_t patience) : patience_(patience) {}

  // A newcomer has found no room. True: turn it away.
  bool on_newcomer(uint64_t now) {
    // While nobody leaves it is the same shortage, however seldom somebody comes.
    if (may_end(now)) began_ = now;
    had_room_ = false;
    ends_ = now + kEnd;
    if (now < patient_until()) return false;
    if (now >= next_batch_) {
      left_ = kBatch;
      next_batch_ = now + kPeriod;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

  // A connection has ended or become idle.
  void on_room() { had_room_ = true; }

  // Whether newcomers are to be accepted although there is no room.
  bool turns_away(uint64_t now) const {
    return !may_end(now) && now >= patient_until() && (left_ > 0 || now >= next_batch_);
  }
  // The earliest time of another answer of turns_away(), if it is false and newcomers wait.
  uint64_t next_time(uint64_t now) const {
    return now < patient_until() ? patient_until() : next_batch_;
  }

 private:
  bool may_end(uint64_t now) const { return now >= ends_ && had_room_; }
  uint64_t patient_until() const { return began_ + patience_; }

  uint64_t patience_;
  uint64_t began_ = 0;
  uint64_t ends_ = 0;
  uint64_t next_batch_ = 0;
  uint32_t left_ = 0;
  bool had_room_ = true;
};

}  // namespace http::server
