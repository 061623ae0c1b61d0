// Latencies in buckets that are at most 3 % wide, so that millions of them take no memory to speak
// of.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace bench::load {

class Histogram {
 public:
  void record(std::uint64_t nanoseconds) {
    ++buckets_[bucket_of(nanoseconds)];
    ++count_;
    most_ = std::max(most_, nanoseconds);
  }

  // What this share of the values does not exceed, in microseconds; 0 if there are none.
  double percentile(double share) const {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t passed = 0;
    for (std::uint32_t i = 0; i < kBuckets; ++i) {
      passed += buckets_[i];
      if (passed > rank) return static_cast<double>(std::min(upper_end(i), most_)) / 1000;
    }
    return static_cast<double>(most_) / 1000;
  }

 private:
  // Below 2^kBits one bucket for each value, above it 2^(kBits - 1) for each power of two.
  static constexpr std::uint32_t kBits = 6;
  static constexpr std::uint32_t kHalf = 1U << (kBits - 1);
  static constexpr std::uint32_t kBuckets = (64 - kBits + 2) * kHalf;

  static std::uint32_t bucket_of(std::uint64_t value) {
    const auto width = static_cast<std::uint32_t>(std::bit_width(value));
    if (width <= kBits) return static_cast<std::uint32_t>(value);
    const std::uint32_t shift = width - kBits;
    return shift * kHalf + static_cast<std::uint32_t>(value >> shift);
  }
  static std::uint64_t upper_end(std::uint32_t bucket) {
    if (bucket < 2 * kHalf) return bucket;
    const std::uint32_t shift = bucket / kHalf - 1;
    return ((std::uint64_t{bucket} - shift * kHalf + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace bench::load
