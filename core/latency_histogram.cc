#include "core/latency_histogram.h"

#include <cmath>

#include "core/check.h"

namespace core {

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (uint32_t i = 0; i < kBuckets; ++i) add(buckets_[i], load(other.buckets_[i]));
  add(sum_, load(other.sum_));
  store(min_, std::min(load(min_), load(other.min_)));
  store(max_, std::max(load(max_), load(other.max_)));
}

uint64_t LatencyHistogram::count() const {
  uint64_t count = 0;
  for (const Number& bucket : buckets_) count += load(bucket);
  return count;
}

uint64_t LatencyHistogram::min() const {
  const uint64_t min = load(min_);
  return min == UINT64_MAX ? 0 : min;
}

uint64_t LatencyHistogram::percentile(double share) const {
  CHECK(share >= 0 && share <= 1);
  // 0.07 of 100 are 7, although the product is a little more.
  const double product = std::nextafter(share * static_cast<double>(count()), 0.0);
  const auto rank = std::max<uint64_t>(static_cast<uint64_t>(std::ceil(product)), 1);
  uint64_t passed = 0;
  for (uint32_t i = 0; i + 1 < kBuckets; ++i) {
    passed += load(buckets_[i]);
    if (passed >= rank) return std::min(upper_end(i), max());
  }
  return max();
}

uint64_t LatencyHistogram::count_up_to(uint64_t nanoseconds) const {
  const uint32_t last = bucket_of(nanoseconds);
  uint64_t count = 0;
  for (uint32_t i = 0; i <= last; ++i) count += load(buckets_[i]);
  return count;
}

}  // namespace core
