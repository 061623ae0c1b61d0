#include "core/clock.h"

namespace core {

namespace {

// The coarse clock is enough for a date in whole seconds and costs a third.
int64_t read_wall_seconds() {
  timespec wall;
  clock_gettime(CLOCK_REALTIME_COARSE, &wall);
  return wall.tv_sec;
}

}  // namespace

ClockReading read_system_clock() {
  return {read_monotonic_clock(), read_wall_seconds()};
}

void SystemClock::look_at_wall(uint64_t now) {
  wall_seconds_ = read_wall_seconds();
  next_wall_look_ = now + kWallPrecision;
}

void CachedClock::refresh_date() {
  date_seconds_ = reading_.wall_seconds;
  format_imf_fixdate(date_seconds_, date_);
}

}  // namespace core
