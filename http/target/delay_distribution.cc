#include "http/target/delay_distribution.h"

namespace http::target {

namespace {

constexpr Quantity kDuration{
    .read = &SpecificationReader::duration,
    .most = kLongestDuration,
    .start = "a duration such as 20ms, or uniform:, exp:, normal:, lognormal: or pareto:",
    .positive = "a duration longer than 0",
};

}  // namespace

core::Result<DelayDistribution, SpecificationError> DelayDistribution::parse(core::Bytes text) {
  const auto parsed = Distribution::parse(text, kDuration);
  if (!parsed.ok()) return parsed.error();
  DelayDistribution distribution;
  distribution.nanoseconds_ = parsed.value();
  return distribution;
}

}  // namespace http::target
