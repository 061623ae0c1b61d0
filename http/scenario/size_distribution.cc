#include "http/scenario/size_distribution.h"

namespace http::scenario {

namespace {

constexpr target::Quantity kSize{
    .read = &target::SpecificationReader::size,
    .most = static_cast<double>(SizeDistribution::kMost),
    .start = "a size such as 10KiB, or uniform:, exp:, normal:, lognormal: or pareto:",
    .positive = "a size of at least 1",
};

}  // namespace

core::Result<SizeDistribution, target::SpecificationError> SizeDistribution::parse(
    core::Bytes text) {
  const auto parsed = target::Distribution::parse(text, kSize);
  if (!parsed.ok()) return parsed.error();
  SizeDistribution distribution(0);
  distribution.bytes_ = parsed.value();
  return distribution;
}

}  // namespace http::scenario
