#include "core/clock.h"

#include <ctime>

namespace core {

ClockReading read_system_clock() {
  timespec monotonic;
  timespec wall;
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  // The coarse clock is enough for a date in whole seconds and costs a third.
  clock_gettime(CLOCK_REALTIME_COARSE, &wall);
  return ClockReading{static_cast<uint64_t>(monotonic.tv_sec) * 1'000'000'000 +
                          static_cast<uint64_t>(monotonic.tv_nsec),
                      wall.tv_sec};
}

void CachedClock::refresh_date() {
  date_seconds_ = reading_.wall_seconds;
  format_imf_fixdate(date_seconds_, date_);
}

}  // namespace core
