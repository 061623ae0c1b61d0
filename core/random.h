// Chance from a seed: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", 2014), so that a seed gives the same numbers on every machine and with every
// compiler. Its state is one number, which makes a generator for each request cheap.
//
// Not for secrets. A plain value: two copies give the same numbers.
#pragma once

#include <cstdint>

namespace core {

class Random {
 public:
  explicit constexpr Random(uint64_t seed) : state_(seed) {}

  constexpr uint64_t next() {
    state_ += kGamma;
    return mix(state_);
  }

  // 0 to limit - 1. The bias is limit / 2^64.
  constexpr uint64_t below(uint64_t limit) {
    return static_cast<uint64_t>(static_cast<unsigned __int128>(next()) * limit >> 64);
  }

  // Between 0 and 1, never one of them, so that its logarithm is finite: an odd multiple of 2^-53.
  constexpr double uniform() { return (static_cast<double>(next() >> 12) + 0.5) * 0x1p-52; }

  // A generator of its own for each number: Random(seed).derive(7) is a function of seed and 7,
  // however many numbers were or will be derived in between. Derived generators may be derived
  // from.
  constexpr Random derive(uint64_t number) const {
    return Random(mix(mix(state_) + (number + 1) * kGamma));
  }

 private:
  static constexpr uint64_t kGamma = 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio, made odd

  static constexpr uint64_t mix(uint64_t bits) {
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31;
  }

  uint64_t state_;
};

}  // namespace core
