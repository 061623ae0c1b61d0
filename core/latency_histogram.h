// Durations in buckets that grow with them, so that millions take fixed memory and any percentile
// is known to 1/128 (HdrHistogram's log-linear layout: below 256 ns one bucket for each nanosecond,
// above it 128 for each power of two, up to 73 minutes, and one for all that is longer).
//
// One thread records. Any thread may read or merge meanwhile: every number is one that was true a
// moment ago, though together they may differ by what is being recorded. record() takes 2 ns, all
// else a pass over the 36 KiB of buckets, 2 us. No allocation.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace core {

class LatencyHistogram {
 public:
  // Longer ones are told apart by max() and sum() only.
  static constexpr uint32_t kLongestBits = 42;
  static constexpr uint64_t kLongest = (uint64_t{1} << kLongestBits) - 1;

  void record(uint64_t nanoseconds) {
    add(buckets_[bucket_of(nanoseconds)], 1);
    add(sum_, nanoseconds);
    store(min_, std::min(load(min_), nanoseconds));
    store(max_, std::max(load(max_), nanoseconds));
  }

  // Adds all that `other` has recorded. For the thread that records here.
  void merge(const LatencyHistogram& other);

  uint64_t count() const;
  // Exact. 0 if there are none.
  uint64_t min() const;
  uint64_t max() const { return load(max_); }
  // Of all, which goes beyond 64 bits after 584 years: two days of 100,000 that wait at a time.
  uint64_t sum() const { return load(sum_); }

  // What this share of the durations, 0 to 1, does not exceed: at least the exact value, at most
  // 1/128 more, and never more than max(). 0 if there are none.
  uint64_t percentile(double share) const;
  // How many are no longer than this; those that are up to 1/128 longer may count.
  uint64_t count_up_to(uint64_t nanoseconds) const;
  // Calls visit(longest, count) for each bucket that is not empty, from the shortest durations on.
  // `longest` is the longest duration that belongs into it; of the last one it is max().
  template <class Visit>
  void for_each_bucket(Visit visit) const {
    for (uint32_t i = 0; i < kBuckets; ++i) {
      const uint64_t count = load(buckets_[i]);
      if (count > 0) visit(i + 1 < kBuckets ? upper_end(i) : max(), count);
    }
  }

  // For who draws them: calls visit(longest, count) for all that are not empty of coarser buckets,
  // shortest first. There are kDrawnPerPower for each power of two, with the same bounds for ever,
  // so that counts of two times can be subtracted. `longest` is UINT64_MAX for the longer ones.
  static constexpr uint32_t kDrawnPerPower = 16;
  template <class Visit>
  void visit_drawn(Visit visit) const {
    constexpr uint32_t kStep = kPerPower / kDrawnPerPower;
    for (uint32_t first = 0; first < kBuckets; first += kStep) {
      const uint32_t last = std::min(first + kStep, kBuckets) - 1;
      uint64_t count = 0;
      for (uint32_t i = first; i <= last; ++i) count += load(buckets_[i]);
      if (count > 0) visit(last == kBuckets - 1 ? UINT64_MAX : upper_end(last), count);
    }
  }

 private:
  using Number = std::atomic<uint64_t>;

  // A bucket has the upper kBits + 1 bits of its durations, and the others are any.
  static constexpr uint32_t kBits = 7;
  static constexpr uint32_t kPerPower = 1U << kBits;
  static constexpr uint32_t kBuckets = (kLongestBits - kBits + 1) * kPerPower + 1;

  static constexpr uint32_t bucket_of(uint64_t nanoseconds) {
    const uint64_t bounded = std::min(nanoseconds, kLongest + 1);
    const auto width = static_cast<uint32_t>(std::bit_width(bounded | (2 * kPerPower - 1)));
    const uint32_t shift = width - (kBits + 1);
    return shift * kPerPower + static_cast<uint32_t>(bounded >> shift);
  }
  // The longest duration of a bucket, but for the last one.
  static constexpr uint64_t upper_end(uint32_t bucket) {
    if (bucket < 2 * kPerPower) return bucket;
    const uint32_t shift = bucket / kPerPower - 1;
    return ((uint64_t{bucket} - shift * kPerPower + 1) << shift) - 1;
  }

  // With one writer these are plain moves, without the lock prefix of fetch_add().
  static uint64_t load(const Number& number) { return number.load(std::memory_order_relaxed); }
  static void store(Number& number, uint64_t value) {
    number.store(value, std::memory_order_relaxed);
  }
  static void add(Number& number, uint64_t value) { store(number, load(number) + value); }

  std::array<Number, kBuckets> buckets_{};
  Number sum_{0};
  Number min_{UINT64_MAX};
  Number max_{0};
};

}  // namespace core
