#include "http/target/delay_distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/support/any_text.h"
#include "tests/support/kolmogorov_smirnov.h"

namespace http::target {
namespace {

static_assert(std::is_trivially_copyable_v<DelayDistribution>);
static_assert(sizeof(DelayDistribution) <= 192);

constexpr double kMillisecond = 1e6;
constexpr uint64_t kHour = 3'600'000'000'000;
constexpr std::size_t kCount = 200'000;

DelayDistribution parse(core::Bytes text) {
  const auto distribution = DelayDistribution::parse(text);
  EXPECT_TRUE(distribution.ok()) << text << ": " << distribution.error().text();
  return distribution.ok() ? distribution.value() : DelayDistribution();
}

std::string error_of(core::Bytes text) {
  const auto distribution = DelayDistribution::parse(text);
  return distribution.ok() ? "" : std::string(distribution.error().text());
}

// In milliseconds, one for each request as the target draws them.
std::vector<double> sample(core::Bytes text, uint64_t seed, std::size_t count = kCount) {
  const DelayDistribution distribution = parse(text);
  std::vector<double> values;
  for (uint64_t request = 0; request < count; ++request) {
    core::Random random = core::Random(seed).derive(request);
    values.push_back(static_cast<double>(distribution.sample(random)) / kMillisecond);
  }
  return values;
}

double share_below(const std::vector<double>& values, double limit) {
  const auto below = std::ranges::count_if(values, [&](double value) { return value < limit; });
  return static_cast<double>(below) / static_cast<double>(values.size());
}

// The share of values below `quantile` is `share`, to four standard errors: 0.028 % for the 99.9th
// of a hundred.
void expect_quantile(const std::vector<double>& values, double share, double quantile) {
  const auto count = static_cast<double>(values.size());
  EXPECT_NEAR(share_below(values, quantile), share, 4 * std::sqrt(share * (1 - share) / count))
      << quantile;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double normal_cdf(double x) {
  return std::erfc(-x / std::sqrt(2.0)) / 2;
}

// Quantiles of the standard normal distribution.
struct Quantile {
  double share;
  double normal;
};
constexpr std::array<Quantile, 4> kQuantiles = {
    {{0.5, 0}, {0.9, 1.2815515655446004}, {0.99, 2.3263478740408408}, {0.999, 3.090232306167813}}};

void expect_distribution(core::Bytes text, const std::function<double(double)>& cdf) {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    EXPECT_LT(test_support::distance_from(sample(text, seed), cdf),
              test_support::farthest_distance(kCount))
        << text << ", seed " << seed;
  }
}

TEST(DelayDistribution, NoneUnlessAsked) {
  core::Random random(1);
  EXPECT_EQ(DelayDistribution().sample(random), 0U);
  EXPECT_EQ(parse("0").sample(random), 0U);
}

TEST(DelayDistribution, Constant) {
  core::Random random(1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(parse("20ms").sample(random), 20'000'000U);
  EXPECT_EQ(parse("1.5").sample(random), 1'500'000'000U);
  EXPECT_EQ(parse("0.3ms").sample(random), 300'000U);
  EXPECT_EQ(parse("0.001us").sample(random), 1U);
  EXPECT_EQ(parse("1h").sample(random), kHour);
}

TEST(DelayDistribution, Uniform) {
  expect_distribution("uniform:10ms,30ms",
                      [](double x) { return std::clamp((x - 10) / 20, 0.0, 1.0); });
  const std::vector<double> values = sample("uniform:10ms,30ms", 4);
  EXPECT_GE(std::ranges::min(values), 10);
  EXPECT_LE(std::ranges::max(values), 30);
  EXPECT_EQ(sample("uniform:7ms,7ms", 1, 3), std::vector<double>(3, 7.0));
}

TEST(DelayDistribution, Exponential) {
  expect_distribution("exp:20ms", [](double x) { return 1 - std::exp(-x / 20); });
  const std::vector<double> values = sample("exp:20ms", 4);
  for (const Quantile& quantile : kQuantiles) {
    expect_quantile(values, quantile.share, -20 * std::log(1 - quantile.share));
  }
  EXPECT_NEAR(mean(values), 20, 0.2);
  EXPECT_EQ(sample("exp:0", 1, 3), std::vector<double>(3, 0.0));
}

TEST(DelayDistribution, Normal) {
  expect_distribution("normal:50ms,5ms", [](double x) { return normal_cdf((x - 50) / 5); });
  const std::vector<double> values = sample("normal:50ms,5ms", 4);
  for (const Quantile& quantile : kQuantiles) {
    expect_quantile(values, quantile.share, 50 + 5 * quantile.normal);
    expect_quantile(values, 1 - quantile.share, 50 - 5 * quantile.normal);
  }
  EXPECT_NEAR(mean(values), 50, 0.05);
  EXPECT_EQ(sample("normal:7ms,0", 1, 3), std::vector<double>(3, 7.0));
}

// What would be negative is no delay: here a half, and nothing else is changed.
TEST(DelayDistribution, NormalIsNeverNegative) {
  const std::vector<double> values = sample("normal:0,5ms", 1);
  EXPECT_NEAR(share_below(values, 1e-6), 0.5, 0.005);
  for (const Quantile& quantile : kQuantiles) {
    expect_quantile(values, quantile.share, std::max(5 * quantile.normal, 1e-6));
  }
}

TEST(DelayDistribution, Lognormal) {
  const double sigma = std::log(250.0 / 20) / kQuantiles[2].normal;
  expect_distribution("lognormal:p50=20ms,p99=250ms",
                      [&](double x) { return normal_cdf(std::log(x / 20) / sigma); });
  const std::vector<double> values = sample("lognormal:p50=20ms,p99=250ms", 4);
  for (const Quantile& quantile : kQuantiles) {
    expect_quantile(values, quantile.share, 20 * std::exp(sigma * quantile.normal));
  }
  // What was asked for, said directly.
  expect_quantile(values, 0.5, 20);
  expect_quantile(values, 0.99, 250);
  for (const double value : sample("lognormal:p50=7ms,p99=7ms", 1, 3)) EXPECT_NEAR(value, 7, 1e-6);
}

TEST(DelayDistribution, Pareto) {
  expect_distribution("pareto:min=10ms,alpha=1.5",
                      [](double x) { return x < 10 ? 0 : 1 - std::pow(10 / x, 1.5); });
  const std::vector<double> values = sample("pareto:min=10ms,alpha=1.5", 4);
  for (const Quantile& quantile : kQuantiles) {
    expect_quantile(values, quantile.share, 10 * std::pow(1 - quantile.share, -1 / 1.5));
  }
  EXPECT_GE(std::ranges::min(values), 10);
}

TEST(DelayDistribution, ParetoWithMost) {
  const std::vector<double> values = sample("pareto:min=10ms,alpha=1.5,max=100ms", 1);
  EXPECT_EQ(std::ranges::max(values), 100);
  // Below the most it is what it is without.
  expect_quantile(values, 1 - std::pow(0.5, 1.5), 20);
  expect_quantile(values, 1 - std::pow(0.1, 1.5), 100);
  EXPECT_EQ(sample("pareto:min=7ms,alpha=3,max=7ms", 1, 3), std::vector<double>(3, 7.0));
}

TEST(DelayDistribution, MixtureHasItsWeights) {
  for (const core::Bytes text :
       {"0.9*20ms;0.09*50ms;0.01*1s", "90*20ms;9*50ms;1*1s", "900000*20ms;90000*50ms;10000*1s"}) {
    const std::vector<double> values = sample(text, 1);
    expect_quantile(values, 0.9, 21);
    expect_quantile(values, 0.99, 51);
    EXPECT_EQ(share_below(values, 20), 0);
    EXPECT_EQ(share_below(values, 1001), 1);
  }
}

TEST(DelayDistribution, ComponentsWithoutWeightAreAlike) {
  const std::vector<double> values = sample("1ms;2ms;3ms;4ms", 1);
  for (int i = 1; i < 4; ++i) expect_quantile(values, i / 4.0, i + 0.5);
  expect_quantile(sample("1ms;3*2ms", 1), 0.25, 1.5);
}

TEST(DelayDistribution, MixtureOfShapes) {
  const double sigma = std::log(10.0) / kQuantiles[2].normal;
  expect_distribution("0.7*uniform:0,10ms;0.3*lognormal:p50=100ms,p99=1s", [&](double x) {
    return 0.7 * std::clamp(x / 10, 0.0, 1.0) + 0.3 * normal_cdf(std::log(x / 100) / sigma);
  });
}

// Which component it is says nothing about where in the component.
TEST(DelayDistribution, ComponentAndValueAreIndependent) {
  expect_distribution("uniform:0,10ms;uniform:10ms,20ms",
                      [](double x) { return std::clamp(x / 20, 0.0, 1.0); });
}

TEST(DelayDistribution, SameSeedSameDelays) {
  for (const core::Bytes text : {"exp:20ms", "normal:20ms,5ms", "lognormal:p50=20ms,p99=250ms",
                                 "pareto:min=1ms,alpha=2", "9*1ms;exp:20ms;uniform:1ms,2ms"}) {
    EXPECT_EQ(sample(text, 7, 1000), sample(text, 7, 1000)) << text;
    EXPECT_NE(sample(text, 7, 1000), sample(text, 8, 1000)) << text;
  }
}

TEST(DelayDistribution, NeverLongerThanAnHour) {
  for (const core::Bytes text :
       {"exp:1h", "normal:1h,1h", "lognormal:p50=0.000001us,p99=1h", "pareto:min=1h,alpha=0.1",
        "pareto:min=0.001us,alpha=0.1", "uniform:0,1h", "lognormal:p50=1h,p99=1h"}) {
    const DelayDistribution distribution = parse(text);
    core::Random random(1);
    uint64_t longest = 0;
    for (int i = 0; i < 100'000; ++i) longest = std::max(longest, distribution.sample(random));
    EXPECT_LE(longest, kHour) << text;
    EXPECT_GT(longest, kHour / 2) << text;
  }
}

TEST(DelayDistribution, SaysWhatIsNoDistribution) {
  constexpr core::Bytes kStart =
      "expected a duration such as 20ms, or uniform:, exp:, normal:, lognormal: or pareto:, found ";
  const auto expect_no_start = [&](core::Bytes text, const std::string& found) {
    EXPECT_EQ(error_of(text), std::string(kStart) + found);
  };
  expect_no_start("", "the end at character 1");
  expect_no_start("gamma:20ms", "\"gamma:20ms\" at character 1");
  expect_no_start("normal", "\"normal\" at character 1");
  expect_no_start("Normal:1ms,1ms", "\"Normal:1ms\" at character 1");
  expect_no_start("-5ms", "\"-5ms\" at character 1");
  expect_no_start(" 5ms", "\" 5ms\" at character 1");
  expect_no_start("nan", "\"nan\" at character 1");
  expect_no_start("20ms;", "the end at character 6");
  expect_no_start(";20ms", "\";\" at character 1");
  expect_no_start("0.5*", "the end at character 5");
  expect_no_start("0.5*fast", "\"fast\" at character 5");
}

TEST(DelayDistribution, SaysWhichParameterIsWrong) {
  const std::array<std::array<core::Bytes, 2>, 26> cases = {{
      {"20mss", "a duration in ns, us, ms, s, m or h, found \"20mss\" at character 1"},
      {"20ms,5ms", "the end or \";\", found \",\" at character 5"},
      {"20ms 5ms", "the end or \";\", found \" 5ms\" at character 5"},
      {"2h", "a duration of at most 1h, found \"2h\" at character 1"},
      {"uniform:", "a duration such as 20ms, 1.5s or 2m, found the end at character 9"},
      {"uniform:10ms", "\",\", found the end at character 13"},
      {"uniform:30ms,10ms",
       "an upper end that is not below the lower one, found \"10ms\" at character 14"},
      {"exp:x", "a duration such as 20ms, 1.5s or 2m, found \"x\" at character 5"},
      {"exp:20ms,5ms", "the end or \";\", found \",\" at character 9"},
      {"normal:20ms,-5ms", "a duration such as 20ms, 1.5s or 2m, found \"-5ms\" at character 13"},
      {"lognormal:20ms,250ms", "\"p50=\", found \"20ms\" at character 11"},
      {"lognormal:p50=0,p99=1s", "a duration longer than 0, found \"0\" at character 15"},
      {"lognormal:p50=20ms", "\",p99=\", found the end at character 19"},
      {"lognormal:p50=20ms,p90=1s", "\",p99=\", found \",\" at character 19"},
      {"lognormal:p50=20ms,p99=10ms",
       "a p99 that is not below p50, found \"10ms\" at character 24"},
      {"pareto:alpha=1,min=1ms", "\"min=\", found \"alpha=1\" at character 8"},
      {"pareto:min=0,alpha=1", "a duration longer than 0, found \"0\" at character 12"},
      {"pareto:min=1ms,alpha=0", "an alpha from 0.1 to 100, found \"0\" at character 22"},
      {"pareto:min=1ms,alpha=1e3", "the end or \";\", found \"e3\" at character 23"},
      {"pareto:min=9ms,alpha=1,max=8ms",
       "a max that is not below min, found \"8ms\" at character 28"},
      {"0*20ms", "a weight from 0.000001 to 1000000, found \"0\" at character 1"},
      {"x*20ms", "a weight from 0.000001 to 1000000, found \"x\" at character 1"},
      {"1ms;-1*2ms", "a weight from 0.000001 to 1000000, found \"-1\" at character 5"},
      {"1ms;5%*2ms", "\"*\", found \"%\" at character 6"},
      {"1ms*2", "\"*\", found \"ms\" at character 2"},
      {"1ms;2ms;3ms;4ms;5ms", "at most 4 components, found \"5ms\" at character 17"},
  }};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(error_of(text), "expected " + std::string(expected)) << text;
  }
}

// Whatever stands there is refused with an error or gives delays between nothing and an hour.
TEST(DelayDistribution, AnyText) {
  test_support::expect_error_or_value<DelayDistribution>(
      test_support::TextMutator(
          {"20ms", "uniform:10ms,30ms", "exp:20ms", "normal:20ms,5ms",
           "lognormal:p50=20ms,p99=250ms", "pareto:min=10ms,alpha=1.5,max=2s",
           "0.9*20ms;0.1*lognormal:p50=80ms,p99=1s;3*exp:1;0.001*uniform:0,1h"},
          "0123456789.,:;*=-+@%eumsh nafi\xff"),
      [](const DelayDistribution& distribution, core::Random& random) {
        ASSERT_LE(distribution.sample(random), kHour);
      });
}

}  // namespace
}  // namespace http::target
