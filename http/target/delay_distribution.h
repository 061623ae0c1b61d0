// How long a response waits, as a distribution that a request names (`?delay=`) or a route has:
// "20ms", "lognormal:p50=20ms,p99=250ms", "0.9*20ms;0.1*exp:1s" (http/target/distribution.h).
//
// Durations are decimal numbers with ns, us, ms, s, m or h, and seconds without a unit, as
// go-httpbin has them; at most an hour.
//
// A plain value. No allocation.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "http/target/distribution.h"
#include "http/target/specification.h"

namespace http::target {

class DelayDistribution {
 public:
  static core::Result<DelayDistribution, SpecificationError> parse(core::Bytes text);

  // Always none.
  DelayDistribution() = default;

  // Whether it is ever another than none.
  bool any() const { return nanoseconds_.any(); }
  // Nanoseconds, at most an hour.
  uint64_t sample(core::Random& random) const {
    return nanoseconds_.sample(random, kLongestDuration);
  }

 private:
  Distribution nanoseconds_{0};
};

}  // namespace http::target
