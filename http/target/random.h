// Numbers that pass for random, from a count: the same for the same seed, in every process.
#pragma once

#include <cstdint>

namespace http::target {

// SplitMix64 (Steele, Lea and Flood 2014).
constexpr uint64_t mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

// From [0, 1), evenly.
constexpr double to_unit(uint64_t random) {
  return static_cast<double>(random >> 11) * 0x1p-53;
}

}  // namespace http::target
