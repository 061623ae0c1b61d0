#include "http/target/disturbance.h"

#include <algorithm>

namespace http::target {

namespace {

constexpr core::Bytes kParameters[] = {"delay", "delay-seed", "fault", "fault-seed"};

}  // namespace

bool is_disturbance(core::Bytes parameter) {
  return std::find(std::begin(kParameters), std::end(kParameters), parameter) !=
         std::end(kParameters);
}

bool read_disturbance(ParameterReader& reader, Disturbance& disturbance) {
  if (std::none_of(std::begin(kParameters), std::end(kParameters),
                   [&reader](core::Bytes name) { return reader.parameter(name).has_value(); })) {
    return false;
  }
  disturbance = Disturbance();
  if (const auto delay = reader.specification<DelayDistribution>("delay")) {
    disturbance.delay = *delay;
  }
  if (const auto faults = reader.specification<FaultMix>("fault")) disturbance.faults = *faults;
  disturbance.fault_seed = reader.count("fault-seed", {0, UINT64_MAX});
  disturbance.delay_seed = reader.count("delay-seed", {0, UINT64_MAX});
  return true;
}

}  // namespace http::target
