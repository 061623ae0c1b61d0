// How many bytes a generated body has, as a distribution that a route has: "10KiB",
// "uniform:1KiB,200KiB", "lognormal:p50=4KiB,p99=1MiB" (http/target/distribution.h).
//
// Sizes are whole numbers with B, k, K, KiB, M, MiB, G, GiB, T or TiB (powers of 1024), or without
// a unit; at most 1 TiB.
//
// A plain value. No allocation.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "http/target/distribution.h"
#include "http/target/specification.h"

namespace http::scenario {

class SizeDistribution {
 public:
  static constexpr uint64_t kMost = target::kLargestSize;

  static core::Result<SizeDistribution, target::SpecificationError> parse(core::Bytes text);

  // Always so many, at most kMost.
  explicit SizeDistribution(uint64_t bytes) : bytes_(static_cast<double>(bytes)) {}

  // Bytes, at most kMost.
  uint64_t sample(core::Random& random) const {
    return bytes_.sample(random, static_cast<double>(kMost));
  }

 private:
  target::Distribution bytes_;
};

}  // namespace http::scenario
