// Time stamps of files in the unit of core::FileStatus.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace io {

// Nanoseconds since 1970. What 64 bits do not hold (before 1678 and after 2261) is taken for the
// nearest that they do.
inline int64_t nanoseconds_of(const timespec& time) {
  constexpr int64_t kMostSeconds = INT64_MAX / 1'000'000'000 - 1;
  const int64_t seconds = std::clamp(int64_t{time.tv_sec}, -kMostSeconds, kMostSeconds);
  return seconds * 1'000'000'000 + time.tv_nsec;
}

}  // namespace io
