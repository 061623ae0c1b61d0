// From a request target to an endpoint with its parameters, or to what is wrong with them.
#pragma once

#include <optional>

#include "core/bytes.h"
#include "http/target/endpoint.h"
#include "http/target/parameters.h"

namespace http::target {

// What an endpoint refers to that a request target asks for.
struct RouteStorage {
  DelayDistribution own_delay;
  Disturbance disturbance;
};

// The endpoint that a path names which begins and ends with a slash before the name: "/bytes/10" or
// "/prefix/bytes/10", and a query. Nothing if its name is none of ours. With a problem, the
// parameters mean nothing. Pure; no allocation.
std::optional<Endpoint> route(core::Bytes target, core::Bytes prefix, RouteStorage& storage,
                              Problem& problem);

// The status that a draw from [0, 1) chooses of "200" or "200:0.9,500:0.1". Those without a weight
// have 1. Nothing if the list is malformed.
std::optional<uint16_t> choose_status(core::Bytes list, double draw);

}  // namespace http::target
