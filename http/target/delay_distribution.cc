#include "http/target/delay_distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

namespace http::target {
namespace {

static_assert(std::is_trivially_copyable_v<DelayDistribution>);

// The standard normal distribution is below it with probability 0.99.
constexpr double kNormalP99 = 2.3263478740408408;

constexpr double kLeastWeight = 1e-6;
constexpr double kMostWeight = 1e6;
constexpr double kLeastAlpha = 0.1;
constexpr double kMostAlpha = 100;

// A duration on which a logarithm or a quotient is built.
bool positive_duration(SpecificationReader& reader, double& nanoseconds) {
  const std::size_t begin = reader.position();
  if (!reader.duration(nanoseconds)) return false;
  return nanoseconds > 0 || reader.fail("a duration longer than 0", begin);
}

bool duration_of_at_least(double least, core::Bytes expected, SpecificationReader& reader,
                          double& nanoseconds) {
  const std::size_t begin = reader.position();
  if (!reader.duration(nanoseconds)) return false;
  return nanoseconds >= least || reader.fail(expected, begin);
}

// Box and Muller's transform of two uniform numbers; it has a second result, which is not kept, so
// that a sample depends on nothing but the generator.
double standard_normal(core::Random& random) {
  const double radius = std::sqrt(-2 * std::log(random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

}  // namespace

core::Result<DelayDistribution, SpecificationError> DelayDistribution::parse(core::Bytes text) {
  SpecificationReader reader(text);
  DelayDistribution distribution;
  distribution.count_ = 0;
  distribution.total_weight_ = 0;
  do {
    if (distribution.count_ == kMaxComponents) {
      reader.fail("at most 4 components", reader.position());
      return reader.error();
    }
    Component& component = distribution.components_[distribution.count_++];
    if (!read_component(reader, component)) return reader.error();
    distribution.total_weight_ += component.weight;
  } while (reader.take(";"));
  if (!reader.expect_end("the end or \";\"")) return reader.error();
  return distribution;
}

bool DelayDistribution::read_component(SpecificationReader& reader, Component& component) {
  if (reader.has_before('*', ';') &&
      !(reader.number(kLeastWeight, kMostWeight, "a weight from 0.000001 to 1000000",
                      component.weight) &&
        reader.expect("*"))) {
    return false;
  }
  return read_parameters(reader, component);
}

bool DelayDistribution::read_parameters(SpecificationReader& reader, Component& component) {
  double& a = component.a;
  double& b = component.b;
  if (reader.take("uniform:")) {
    component.shape = Shape::uniform;
    return reader.duration(a) && reader.expect(",") &&
           duration_of_at_least(a, "an upper end that is not below the lower one", reader, b);
  }
  if (reader.take("exp:")) {
    component.shape = Shape::exponential;
    return reader.duration(a);
  }
  if (reader.take("normal:")) {
    component.shape = Shape::normal;
    return reader.duration(a) && reader.expect(",") && reader.duration(b);
  }
  if (reader.take("lognormal:")) {
    component.shape = Shape::lognormal;
    double p50 = 0;
    double p99 = 0;
    if (!(reader.expect("p50=") && positive_duration(reader, p50) && reader.expect(",p99=") &&
          duration_of_at_least(p50, "a p99 that is not below p50", reader, p99))) {
      return false;
    }
    a = std::log(p50);
    b = std::log(p99 / p50) / kNormalP99;
    return true;
  }
  if (reader.take("pareto:")) {
    component.shape = Shape::pareto;
    component.c = kLongestDuration;
    double alpha = 0;
    if (!(reader.expect("min=") && positive_duration(reader, a) && reader.expect(",alpha=") &&
          reader.number(kLeastAlpha, kMostAlpha, "an alpha from 0.1 to 100", alpha))) {
      return false;
    }
    b = -1 / alpha;
    return !reader.take(",max=") ||
           duration_of_at_least(a, "a max that is not below min", reader, component.c);
  }
  if (reader.at_number()) return reader.duration(a);
  return reader.fail("a duration such as 20ms, or uniform:, exp:, normal:, lognormal: or pareto:",
                     reader.position());
}

uint64_t DelayDistribution::sample(core::Random& random) const {
  uint32_t chosen = 0;
  if (count_ > 1) {
    double left = random.uniform() * total_weight_ - components_[0].weight;
    // Rounding may leave something behind the last one.
    while (left >= 0 && chosen + 1 < count_) left -= components_[++chosen].weight;
  }
  const double nanoseconds = draw(components_[chosen], random);
  if (!(nanoseconds > 0)) return 0;
  return static_cast<uint64_t>(std::llround(std::min(nanoseconds, kLongestDuration)));
}

double DelayDistribution::draw(const Component& component, core::Random& random) {
  switch (component.shape) {
    case Shape::constant:
      return component.a;
    case Shape::uniform:
      return component.a + (component.b - component.a) * random.uniform();
    case Shape::exponential:
      return component.a * -std::log(random.uniform());
    case Shape::normal:
      return component.a + component.b * standard_normal(random);
    case Shape::lognormal:
      return std::exp(component.a + component.b * standard_normal(random));
    case Shape::pareto:
      return std::min(component.a * std::pow(random.uniform(), component.b), component.c);
  }
  UNREACHABLE();
}

}  // namespace http::target
