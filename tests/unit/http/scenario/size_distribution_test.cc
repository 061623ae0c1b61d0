#include "http/scenario/size_distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/any_text.h"
#include "tests/support/kolmogorov_smirnov.h"

namespace http::scenario {
namespace {

constexpr uint64_t kTebibyte = uint64_t{1} << 40;
constexpr std::size_t kCount = 200'000;

SizeDistribution parse(core::Bytes text) {
  const auto parsed = SizeDistribution::parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.error().text();
  return parsed.ok() ? parsed.value() : SizeDistribution(0);
}

uint64_t size(core::Bytes text) {
  core::Random random(1);
  return parse(text).sample(random);
}

// One for each request as the target draws them.
std::vector<double> sample(core::Bytes text, uint64_t seed, std::size_t count = kCount) {
  const SizeDistribution distribution = parse(text);
  std::vector<double> values;
  for (uint64_t request = 0; request < count; ++request) {
    core::Random random = core::Random(seed).derive(request);
    values.push_back(static_cast<double>(distribution.sample(random)));
  }
  return values;
}

double share_of(const std::vector<double>& values, const std::function<bool(double)>& is_counted) {
  return static_cast<double>(std::ranges::count_if(values, is_counted)) /
         static_cast<double>(values.size());
}

// `share` of all, to four standard errors.
void expect_share(const std::vector<double>& values, double share,
                  const std::function<bool(double)>& is_counted) {
  const auto count = static_cast<double>(values.size());
  EXPECT_NEAR(share_of(values, is_counted), share, 4 * std::sqrt(share * (1 - share) / count));
}

// Sizes are so large that being whole numbers does not show.
void expect_distribution(core::Bytes text, const std::function<double(double)>& cdf) {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    EXPECT_LT(test_support::distance_from(sample(text, seed), cdf),
              test_support::farthest_distance(kCount))
        << text << ", seed " << seed;
  }
}

double normal_cdf(double x) {
  return std::erfc(-x / std::sqrt(2.0)) / 2;
}

TEST(SizeDistribution, Constants) {
  EXPECT_EQ(size("0"), 0U);
  EXPECT_EQ(size("1000"), 1000U);
  EXPECT_EQ(size("7B"), 7U);
  EXPECT_EQ(size("3k"), 3072U);
  EXPECT_EQ(size("3K"), 3072U);
  EXPECT_EQ(size("10KiB"), 10'240U);
  EXPECT_EQ(size("2M"), 2U << 20);
  EXPECT_EQ(size("2MiB"), 2U << 20);
  EXPECT_EQ(size("3GiB"), uint64_t{3} << 30);
  EXPECT_EQ(size("1TiB"), kTebibyte);
  EXPECT_EQ(size("1099511627775"), kTebibyte - 1);
}

TEST(SizeDistribution, UniformHasBothEndsAndAllBetweenAlike) {
  const std::vector<double> values = sample("uniform:3,6B", 1);
  for (const double each : {3, 4, 5, 6}) {
    expect_share(values, 0.25, [each](double value) { return value == each; });
  }
  EXPECT_EQ(sample("uniform:7,7", 1, 100), std::vector<double>(100, 7.0));
  const std::vector<double> bits = sample("uniform:0,1", 1);
  expect_share(bits, 0.5, [](double value) { return value == 0; });
  expect_share(bits, 0.5, [](double value) { return value == 1; });
}

TEST(SizeDistribution, Shapes) {
  constexpr double kKibibyte = 1024;
  expect_distribution("uniform:1MiB,3MiB", [](double x) {
    return std::clamp((x / kKibibyte / kKibibyte - 1) / 2, 0.0, 1.0);
  });
  expect_distribution("exp:200KiB", [](double x) { return 1 - std::exp(-x / 200 / kKibibyte); });
  expect_distribution("normal:10MiB,1MiB",
                      [](double x) { return normal_cdf(x / kKibibyte / kKibibyte - 10); });
  const double sigma = std::log(1024.0 / 64) / 2.3263478740408408;
  expect_distribution("lognormal:p50=64KiB,p99=1MiB", [&](double x) {
    return x == 0 ? 0 : normal_cdf(std::log(x / 64 / kKibibyte) / sigma);
  });
  expect_distribution("pareto:min=100KiB,alpha=1.5", [](double x) {
    return x < 100 * kKibibyte ? 0 : 1 - std::pow(100 * kKibibyte / x, 1.5);
  });
}

TEST(SizeDistribution, MixturesHaveTheirWeights) {
  const std::vector<double> values = sample("0.9*1KiB;0.09*uniform:10KiB,20KiB;0.01*1MiB", 1);
  expect_share(values, 0.9, [](double value) { return value == 1024; });
  expect_share(values, 0.09, [](double value) { return value >= 10'240 && value <= 20'480; });
  expect_share(values, 0.01, [](double value) { return value == 1 << 20; });
}

TEST(SizeDistribution, SameSeedSameSizes) {
  for (const core::Bytes text : {"exp:20KiB", "normal:20KiB,5KiB", "lognormal:p50=1KiB,p99=1MiB",
                                 "pareto:min=1KiB,alpha=2", "9*1;exp:20k;uniform:1,2000"}) {
    EXPECT_EQ(sample(text, 7, 1000), sample(text, 7, 1000)) << text;
    EXPECT_NE(sample(text, 7, 1000), sample(text, 8, 1000)) << text;
  }
}

TEST(SizeDistribution, FromNothingToATebibyte) {
  expect_share(sample("normal:0,5MiB", 1), 0.5, [](double value) { return value == 0; });
  for (const core::Bytes text : {"exp:1TiB", "normal:1TiB,1TiB", "lognormal:p50=1,p99=1TiB",
                                 "pareto:min=1TiB,alpha=0.1", "uniform:0,1TiB"}) {
    const std::vector<double> values = sample(text, 1);
    EXPECT_LE(std::ranges::max(values), kTebibyte) << text;
    EXPECT_GT(std::ranges::max(values), kTebibyte / 2) << text;
  }
}

TEST(SizeDistribution, SaysWhatIsWrong) {
  const auto error = [](core::Bytes text) {
    const auto parsed = SizeDistribution::parse(text);
    EXPECT_FALSE(parsed.ok()) << text;
    return parsed.ok() ? std::string() : std::string(parsed.error().text());
  };
  const std::string start =
      "expected a size such as 10KiB, or uniform:, exp:, normal:, lognormal: or pareto:, found ";
  EXPECT_EQ(error(""), start + "the end at character 1");
  EXPECT_EQ(error("big"), start + "\"big\" at character 1");
  EXPECT_EQ(error("-5"), start + "\"-5\" at character 1");
  EXPECT_EQ(error("1;gamma:2"), start + "\"gamma:2\" at character 3");
  const std::string size = "expected a size up to 1TiB, such as 1000, 10KiB or 2MiB, found ";
  EXPECT_EQ(error("5KB"), size + "\"5KB\" at character 1");
  EXPECT_EQ(error("5kiB"), size + "\"5kiB\" at character 1");
  EXPECT_EQ(error("5ms"), size + "\"5ms\" at character 1");
  EXPECT_EQ(error("1.5KiB"), size + "\"1.5KiB\" at character 1");
  EXPECT_EQ(error(".5"), size + "\".5\" at character 1");
  EXPECT_EQ(error("2TiB"), size + "\"2TiB\" at character 1");
  EXPECT_EQ(error("1025GiB"), size + "\"1025GiB\" at character 1");
  EXPECT_EQ(error("99999999999999999999"), size + "\"99999999999999999999\" at character 1");
  EXPECT_EQ(error("uniform:1,x"), size + "\"x\" at character 11");
  EXPECT_EQ(error("normal:1KiB,-1"), size + "\"-1\" at character 13");
  EXPECT_EQ(error("exp:2TiB"), size + "\"2TiB\" at character 5");
  const std::array<std::array<core::Bytes, 2>, 7> cases = {{
      {"uniform:1", "\",\", found the end at character 10"},
      {"uniform:2,1", "an upper end that is not below the lower one, found \"1\" at character 11"},
      {"lognormal:p50=0,p99=1", "a size of at least 1, found \"0\" at character 15"},
      {"lognormal:p50=2k,p99=1k", "a p99 that is not below p50, found \"1k\" at character 22"},
      {"pareto:min=1k,alpha=2,max=1", "a max that is not below min, found \"1\" at character 27"},
      {"0*1k", "a weight from 0.000001 to 1000000, found \"0\" at character 1"},
      {"5,6", "the end or \";\", found \",\" at character 2"},
  }};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(error(text), "expected " + std::string(expected)) << text;
  }
}

// Whatever stands there is refused with an error or gives sizes up to the most.
TEST(SizeDistribution, AnyText) {
  test_support::expect_error_or_value<SizeDistribution>(
      test_support::TextMutator(
          {"20KiB", "uniform:10,30M", "exp:20k", "normal:20KiB,5KiB",
           "lognormal:p50=20KiB,p99=1MiB", "pareto:min=10KiB,alpha=1.5,max=2GiB",
           "0.9*20;0.1*exp:1TiB;0.001*uniform:0,1T"},
          "0123456789.,:;*=-+kKMGTiB\xff"),
      [](const SizeDistribution& distribution, core::Random& random) {
        ASSERT_LE(distribution.sample(random), kTebibyte);
      });
}

}  // namespace
}  // namespace http::scenario
