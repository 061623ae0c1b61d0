// What is done to an answer on purpose. Read once, from a query or a configuration, and decided for
// each request that asks for the endpoint.
#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/random.h"
#include "http/target/delay_distribution.h"
#include "http/target/fault.h"
#include "http/target/parameters.h"

namespace http::target {

// A plain value.
struct Disturbance {
  DelayDistribution delay;
  FaultMix faults;
  // With a seed, the n-th request of every connection gets the same; else it is left to chance.
  std::optional<uint64_t> delay_seed;
  std::optional<uint64_t> fault_seed;

  // What the delay or the fault of a request is drawn from: `chance` is the request's own, and
  // `requests` came before it on its connection.
  core::Random delay_chance(uint32_t requests, core::Random chance) const {
    return delay_seed ? core::Random(*delay_seed).derive(requests) : chance;
  }
  core::Random fault_chance(uint32_t requests, core::Random chance) const {
    return fault_seed ? core::Random(*fault_seed).derive(requests) : chance;
  }
};

// Reads the parameters of a query that disturb whichever endpoint it is for: `delay`, `delay-seed`,
// `fault` and `fault-seed`. Whether there is any.
bool read_disturbance(ParameterReader& reader, Disturbance& disturbance);
// Whether it is one of them.
bool is_disturbance(core::Bytes parameter);

}  // namespace http::target
