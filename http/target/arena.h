// What the endpoints of HttpArena answer, a benchmark of frameworks and servers (http-arena.com):
// sums, and lists of things that are for sale.
#pragma once

#include <cstdint>

#include "core/text_writer.h"
#include "http/target/parameters.h"

namespace http::target {

// The sum of the values in a query. What is no number is a problem; what disturbs an answer
// (disturbance.h) does not count.
int64_t read_sum(ParameterReader& reader);

inline constexpr uint64_t kMostItems = 50;
inline constexpr uint64_t kMostMultiplier = 1'000'000'000'000;

// The first `count` items, each with its total: price times quantity times `multiplier`.
void put_items(core::TextWriter& writer, uint64_t count, uint64_t multiplier);

// A number that may be negative.
void put_number(core::TextWriter& writer, int64_t number);

}  // namespace http::target
