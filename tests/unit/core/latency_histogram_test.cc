#include "core/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/random.h"

namespace core {
namespace {

constexpr uint64_t kHour = 3'600'000'000'000;
constexpr double kError = 1.0 / 128;

static_assert(LatencyHistogram::kLongest > kHour);
static_assert(sizeof(LatencyHistogram) < 37'000);

// Durations of any magnitude, one power of two as often as the other.
std::vector<uint64_t> durations(std::size_t count, int most_bits) {
  std::vector<uint64_t> values;
  Random random(1);
  while (values.size() < count) {
    const auto bits = static_cast<double>(most_bits) * random.uniform();
    values.push_back(static_cast<uint64_t>(std::exp2(bits)));
  }
  return values;
}

std::unique_ptr<LatencyHistogram> histogram_of(const std::vector<uint64_t>& values) {
  auto histogram = std::make_unique<LatencyHistogram>();
  for (const uint64_t value : values) histogram->record(value);
  return histogram;
}

TEST(LatencyHistogram, Empty) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.sum(), 0U);
  EXPECT_EQ(histogram.percentile(0), 0U);
  EXPECT_EQ(histogram.percentile(1), 0U);
  EXPECT_EQ(histogram.count_up_to(UINT64_MAX), 0U);
}

// Of one duration everything is exact, whatever its bucket is.
TEST(LatencyHistogram, One) {
  std::vector<uint64_t> values = {0,
                                  1,
                                  255,
                                  256,
                                  257,
                                  1000,
                                  kHour,
                                  LatencyHistogram::kLongest,
                                  LatencyHistogram::kLongest + 1,
                                  UINT64_MAX - 1};
  for (int bit = 0; bit < 64; ++bit) values.push_back((uint64_t{1} << bit) - 1);
  for (const uint64_t value : values) {
    const auto histogram = histogram_of({value});
    EXPECT_EQ(histogram->count(), 1U);
    EXPECT_EQ(histogram->min(), value);
    EXPECT_EQ(histogram->max(), value);
    EXPECT_EQ(histogram->sum(), value);
    for (const double share : {0.0, 0.5, 1.0}) EXPECT_EQ(histogram->percentile(share), value);
  }
}

TEST(LatencyHistogram, PercentilesAreExactToOnePartIn128) {
  std::vector<uint64_t> values = durations(100'000, 42);
  const auto histogram = histogram_of(values);
  std::ranges::sort(values);
  EXPECT_EQ(histogram->count(), values.size());
  for (const double share : {0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 100'000));
    const uint64_t exact = values[std::max<std::size_t>(rank, 1) - 1];
    const uint64_t found = histogram->percentile(share);
    EXPECT_GE(found, exact) << share;
    EXPECT_LE(static_cast<double>(found), static_cast<double>(exact) * (1 + kError)) << share;
  }
  EXPECT_EQ(histogram->percentile(1), values.back());
}

// Each duration up to 64 Ki, and those around the ends of greater buckets.
TEST(LatencyHistogram, NoBucketIsWiderThanOnePartIn128) {
  std::vector<uint64_t> values;
  for (uint64_t value = 0; value < 65'536; ++value) values.push_back(value);
  for (int bit = 16; bit < 42; ++bit) {
    for (uint64_t part = 128; part < 256; ++part) {
      const uint64_t start = part << (bit - 7);
      for (uint64_t value : {start - 1, start, start + 1}) values.push_back(value);
    }
  }
  const uint64_t longer = UINT64_MAX;
  for (const uint64_t value : values) {
    LatencyHistogram histogram;
    histogram.record(value);
    histogram.record(longer);
    const uint64_t found = histogram.percentile(0.5);
    ASSERT_GE(found, value);
    ASSERT_LE(found - value, value / 128) << value;
  }
}

TEST(LatencyHistogram, RanksAreWhole) {
  std::vector<uint64_t> values;
  for (uint64_t value = 1; value <= 100; ++value) values.push_back(value);
  const auto histogram = histogram_of(values);
  for (uint64_t percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram->percentile(static_cast<double>(percent) / 100), percent);
  }
  EXPECT_EQ(histogram->percentile(0), 1U);
  EXPECT_EQ(histogram->percentile(0.501), 51U);
}

TEST(LatencyHistogram, CountsUpToALimit) {
  const std::vector<uint64_t> values = durations(20'000, 44);
  const auto histogram = histogram_of(values);
  for (const double limit : {0.0, 1.0, 100.0, 1e3, 1e6, 2.5e6, 1e9, 60e9, 3600e9}) {
    const auto count = [&](double most) {
      return static_cast<uint64_t>(std::ranges::count_if(
          values, [&](uint64_t value) { return static_cast<double>(value) <= most; }));
    };
    const uint64_t found = histogram->count_up_to(static_cast<uint64_t>(limit));
    EXPECT_GE(found, count(limit)) << limit;
    EXPECT_LE(found, count(limit * (1 + kError))) << limit;
  }
  EXPECT_EQ(histogram->count_up_to(UINT64_MAX), values.size());
}

// What is longer than the last bucket leaves the percentiles beneath it alone.
TEST(LatencyHistogram, LongerThanTheLongest) {
  const auto histogram =
      histogram_of({1000, LatencyHistogram::kLongest, 2 * LatencyHistogram::kLongest});
  EXPECT_EQ(histogram->percentile(0.6), LatencyHistogram::kLongest);
  EXPECT_EQ(histogram->percentile(1), 2 * LatencyHistogram::kLongest);
  EXPECT_EQ(histogram->count_up_to(LatencyHistogram::kLongest), 2U);
  EXPECT_EQ(histogram->sum(), 1000 + 3 * LatencyHistogram::kLongest);
}

TEST(LatencyHistogram, MergedIsAsIfRecordedInOne) {
  const std::vector<uint64_t> values = durations(30'000, 43);
  std::vector<std::vector<uint64_t>> parts(3);
  for (std::size_t i = 0; i < values.size(); ++i) parts[i % 3].push_back(values[i]);
  LatencyHistogram merged;
  for (const auto& part : parts) merged.merge(*histogram_of(part));
  merged.merge(LatencyHistogram());
  const auto whole = histogram_of(values);
  EXPECT_EQ(merged.count(), whole->count());
  EXPECT_EQ(merged.min(), whole->min());
  EXPECT_EQ(merged.max(), whole->max());
  EXPECT_EQ(merged.sum(), whole->sum());
  for (uint64_t i = 0; i <= 1000; ++i) {
    const double share = static_cast<double>(i) / 1000;
    EXPECT_EQ(merged.percentile(share), whole->percentile(share));
  }
}

TEST(LatencyHistogram, BucketsAreAllThatThereIs) {
  using Buckets = std::vector<std::pair<uint64_t, uint64_t>>;
  const auto buckets_of_all = [](const LatencyHistogram& histogram) {
    Buckets buckets;
    histogram.for_each_bucket(
        [&buckets](uint64_t longest, uint64_t count) { buckets.emplace_back(longest, count); });
    return buckets;
  };
  EXPECT_EQ(buckets_of_all(LatencyHistogram()), Buckets());
  const auto histogram = histogram_of({0, 7, 7, 1025, 1026, 2 * kHour});
  EXPECT_EQ(buckets_of_all(*histogram), (Buckets{{0, 1}, {7, 2}, {1031, 2}, {2 * kHour, 1}}));
  EXPECT_EQ(histogram->max(), 2 * kHour);
}

// ThreadSanitizer finds no race, and counts never go back.
TEST(LatencyHistogram, IsReadWhileItIsWritten) {
  constexpr uint64_t kRecords = 300'000;
  LatencyHistogram histogram;
  std::thread writer([&] {
    Random random(1);
    for (uint64_t i = 0; i < kRecords; ++i) histogram.record(1000 + random.below(1'000'000));
  });
  uint64_t seen = 0;
  while (seen < kRecords) {
    LatencyHistogram snapshot;
    snapshot.merge(histogram);
    EXPECT_GE(snapshot.count(), seen);
    seen = snapshot.count();
    if (seen > 0) {
      EXPECT_GE(snapshot.percentile(0.5), 1000U);
      EXPECT_LE(snapshot.percentile(0.5), 1'010'000U);
    }
  }
  writer.join();
  EXPECT_EQ(histogram.count(), kRecords);
}

// What is drawn adds up, and between two times only counts differ.
TEST(LatencyHistogram, DrawnBucketsHoldAllAndStay) {
  const std::vector<uint64_t> values = durations(10'000, 42);
  const auto histogram = histogram_of(values);
  const auto drawn = [&histogram] {
    std::map<uint64_t, uint64_t> counts;
    uint64_t before = 0;
    histogram->visit_drawn([&](uint64_t longest, uint64_t count) {
      EXPECT_GT(count, 0U);
      EXPECT_TRUE(counts.empty() || longest > before) << "shortest first";
      before = longest;
      counts[longest] = count;
    });
    return counts;
  };
  const auto first = drawn();
  uint64_t sum = 0;
  for (const auto& [longest, count] : first) {
    sum += count;
    const auto up_to = std::count_if(values.begin(), values.end(),
                                     [end = longest](uint64_t value) { return value <= end; });
    EXPECT_EQ(sum, static_cast<uint64_t>(up_to)) << longest;
  }
  EXPECT_EQ(sum, values.size());
  EXPECT_LE(first.size(), 42U * LatencyHistogram::kDrawnPerPower);

  histogram->record(1000);
  histogram->record(2 * kHour);
  auto expected = first;
  ++expected[1023];
  ++expected[UINT64_MAX];
  EXPECT_EQ(drawn(), expected) << "1000 ns are between 960 and 1023, hours have no bound";
}

}  // namespace
}  // namespace core
