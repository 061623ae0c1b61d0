// How many bytes a generated body has:
//
//   10KiB                 always
//   uniform:1KiB,200KiB   evenly between the two
//
// Sizes are whole numbers with B, KiB, MiB, GiB or TiB, or without a unit; at most 1 TiB.
//
// A plain value. No allocation.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "http/target/specification.h"

namespace http::scenario {

class SizeDistribution {
 public:
  static constexpr uint64_t kMost = uint64_t{1} << 40;

  static core::Result<SizeDistribution, target::SpecificationError> parse(core::Bytes text);

  // Always so many.
  explicit SizeDistribution(uint64_t bytes) : least_(bytes), most_(bytes) {}

  uint64_t sample(core::Random& random) const { return least_ + random.below(most_ - least_ + 1); }

 private:
  uint64_t least_;
  uint64_t most_;
};

}  // namespace http::scenario
