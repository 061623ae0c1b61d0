// The weight of a preference (RFC 9110 section 12.4.2): the value of a parameter "q".
//
// A pure function; any thread; no allocation.
#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes.h"

namespace http {

// Weights are counted in thousandths: 0 is "not acceptable".
inline constexpr uint16_t kFullWeight = 1000;

// Reads a qvalue: "0" or "1", and up to three decimals that make it 1 at most. Nothing if `text` is
// anything else.
std::optional<uint16_t> parse_weight(core::Bytes text);

}  // namespace http
