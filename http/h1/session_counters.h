// What all sessions of one worker count. Its thread writes; any thread may read meanwhile.
#pragma once

#include <array>
#include <cstdint>

#include "core/check.h"
#include "core/counter.h"

namespace http::h1 {

// Final responses by their status. 4 KB.
class StatusCounters {
 public:
  static constexpr uint32_t kFirst = 200;
  static constexpr uint32_t kEnd = 600;

  void count(uint32_t status) {
    DCHECK(status >= kFirst && status < kEnd);
    ++counters_[status - kFirst];
  }
  uint64_t of(uint32_t status) const { return counters_[status - kFirst]; }

 private:
  std::array<core::Counter, kEnd - kFirst> counters_;
};

struct SessionCounters {
  core::Counter requests;      // whose head was read, and that were answered
  core::Counter bad_requests;  // heads or bodies that could not be read
  core::Counter faults;        // answers that the load-test target broke on purpose
  StatusCounters responses;    // to both, and to requests that did not come in time
};

}  // namespace http::h1
