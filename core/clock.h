// Time as a worker sees it: read once per turn of the loop, and the HTTP date made from it.
#pragma once

#include <cstdint>
#include <ctime>
#include <string_view>

#include "core/imf_fixdate.h"

namespace core {

// A time that never comes.
inline constexpr uint64_t kNever = UINT64_MAX;

// CLOCK_MONOTONIC in nanoseconds.
inline uint64_t read_monotonic_clock() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

// One reading of both clocks. The backend takes it, so that a simulated kernel has a simulated
// time.
struct ClockReading {
  uint64_t monotonic = 0;    // nanoseconds, never goes back
  int64_t wall_seconds = 0;  // seconds since 1970-01-01 UTC
};

// Reads CLOCK_MONOTONIC and CLOCK_REALTIME. About 40 ns together.
ClockReading read_system_clock();

// The same for who reads often: the wall clock, of which only seconds are asked, is read again when
// kWallPrecision has passed. About 25 ns. One thread.
class SystemClock {
 public:
  // The coarse clock, which is read for the wall, moves every 1 to 10 ms itself.
  static constexpr uint64_t kWallPrecision = 1'000'000;  // nanoseconds

  ClockReading read() {
    const uint64_t now = read_monotonic_clock();
    if (now >= next_wall_look_) [[unlikely]]
      look_at_wall(now);
    return {now, wall_seconds_};
  }

 private:
  void look_at_wall(uint64_t now);

  uint64_t next_wall_look_ = 0;
  int64_t wall_seconds_ = 0;
};

// The last reading and its IMF-fixdate text, which is made anew only when the second changes.
// One thread.
class CachedClock {
 public:
  void update(const ClockReading& reading) {
    reading_ = reading;
    if (reading.wall_seconds != date_seconds_) refresh_date();
  }

  uint64_t now() const { return reading_.monotonic; }
  int64_t wall_seconds() const { return reading_.wall_seconds; }
  // 29 bytes, as in a Date field. Valid until the next update.
  std::string_view date() const { return {date_, kImfFixdateLength}; }

 private:
  void refresh_date();

  ClockReading reading_;
  int64_t date_seconds_ = INT64_MIN;
  char date_[kImfFixdateLength];
};

}  // namespace core
