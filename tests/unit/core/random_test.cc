#include "core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <type_traits>
#include <vector>

#include "tests/support/kolmogorov_smirnov.h"

namespace core {
namespace {

static_assert(std::is_trivially_copyable_v<Random> && sizeof(Random) == 8);

constexpr int kCount = 100'000;

void expect_uniform(const std::vector<double>& values) {
  const auto cdf = [](double x) { return std::clamp(x, 0.0, 1.0); };
  EXPECT_LT(test_support::distance_from(values, cdf),
            test_support::farthest_distance(values.size()));
}

// The outputs that the reference implementation of SplitMix64 is known for.
TEST(Random, IsSplitMix64) {
  Random zero(0);
  EXPECT_EQ(zero.next(), 0xe220a8397b1dcdaf);
  EXPECT_EQ(zero.next(), 0x6e789e6aa1b965f4);
  EXPECT_EQ(zero.next(), 0x06c45d188009454f);

  Random other(1234567);
  for (const uint64_t expected : {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                  4593380528125082431U, 16408922859458223821U}) {
    EXPECT_EQ(other.next(), expected);
  }
}

TEST(Random, BelowIsEven) {
  std::array<int, 7> counts{};
  Random random(1);
  for (int i = 0; i < 70'000; ++i) ++counts[random.below(counts.size())];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
  EXPECT_GT(random.below(UINT64_MAX) | random.below(UINT64_MAX), uint64_t{1} << 32);
}

TEST(Random, UniformIsUniform) {
  std::vector<double> values;
  Random random(2);
  for (int i = 0; i < kCount; ++i) {
    values.push_back(random.uniform());
    ASSERT_GT(values.back(), 0);
    ASSERT_LT(values.back(), 1);
  }
  expect_uniform(values);
}

TEST(Random, DerivedDependsOnNumberOnly) {
  const Random parent(3);
  Random early = parent.derive(7);
  for (uint64_t i = 0; i < 1000; ++i) Random(parent).derive(i).next();
  Random late = parent.derive(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(early.next(), late.next());
}

// What requests draw first is as random as what one generator draws, also for seeds that people
// choose.
TEST(Random, DerivedAreUniformAcrossNumbers) {
  for (const uint64_t seed : {0U, 1U, 2U, 42U}) {
    std::vector<double> first;
    std::vector<double> second;
    for (uint64_t i = 0; i < kCount; ++i) {
      Random random = Random(seed).derive(i);
      first.push_back(random.uniform());
      second.push_back(random.uniform());
    }
    expect_uniform(first);
    expect_uniform(second);
  }
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - 0.5) * (b[i] - 0.5);
  return sum * 12 / static_cast<double>(a.size());
}

// Neither neighbours, nor neighbouring seeds, nor two children of one child know of each other.
TEST(Random, DerivedAreIndependent) {
  std::vector<double> here;
  std::vector<double> next_number;
  std::vector<double> next_seed;
  std::vector<double> child;
  std::vector<double> other_child;
  for (uint64_t i = 0; i < kCount; ++i) {
    here.push_back(Random(5).derive(i).uniform());
    next_number.push_back(Random(5).derive(i + 1).uniform());
    next_seed.push_back(Random(6).derive(i).uniform());
    child.push_back(Random(5).derive(i).derive(0).uniform());
    other_child.push_back(Random(5).derive(i).derive(1).uniform());
  }
  const double limit = 4 / std::sqrt(kCount);
  EXPECT_LT(std::abs(correlation(here, next_number)), limit);
  EXPECT_LT(std::abs(correlation(here, next_seed)), limit);
  EXPECT_LT(std::abs(correlation(here, child)), limit);
  EXPECT_LT(std::abs(correlation(child, other_child)), limit);
}

TEST(Random, DerivedDoNotRepeat) {
  std::set<uint64_t> seen;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    seen.insert(Random(seed).next());
    for (uint64_t i = 0; i < 10'000; ++i) seen.insert(Random(seed).derive(i).next());
  }
  EXPECT_EQ(seen.size(), 10U * 10'001U);
}

// One bit of the seed or of the number changes half of the bits that come.
TEST(Random, EveryBitCounts) {
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t flip = uint64_t{1} << bit;
    int by_seed = 0;
    int by_number = 0;
    for (uint64_t i = 0; i < 1000; ++i) {
      const uint64_t base = Random(i).derive(i).next();
      by_seed += std::popcount(base ^ Random(i ^ flip).derive(i).next());
      by_number += std::popcount(base ^ Random(i).derive(i ^ flip).next());
    }
    EXPECT_NEAR(by_seed, 32'000, 600) << bit;
    EXPECT_NEAR(by_number, 32'000, 600) << bit;
  }
}

}  // namespace
}  // namespace core
