// Time as a worker sees it: read once per turn of the loop, and the HTTP date made from it.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/imf_fixdate.h"

namespace core {

// A time that never comes.
inline constexpr uint64_t kNever = UINT64_MAX;

// One reading of both clocks. The backend takes it, so that a simulated kernel has a simulated
// time.
struct ClockReading {
  uint64_t monotonic = 0;    // nanoseconds, never goes back
  int64_t wall_seconds = 0;  // seconds since 1970-01-01 UTC
};

// Reads CLOCK_MONOTONIC and CLOCK_REALTIME. About 40 ns together.
ClockReading read_system_clock();

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
