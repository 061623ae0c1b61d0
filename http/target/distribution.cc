#include "http/target/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

namespace http::target {
namespace {

static_assert(std::is_trivially_copyable_v<Distribution>);

// The standard normal distribution is below it with probability 0.99.
constexpr double kNormalP99 = 2.3263478740408408;

constexpr double kLeastWeight = 1e-6;
constexpr double kMostWeight = 1e6;
constexpr double kLeastAlpha = 0.1;
constexpr double kMostAlpha = 100;

// Box and Muller's transform of two uniform numbers; it has a second result, which is not kept, so
// that a sample depends on nothing but the generator.
double standard_normal(core::Random& random) {
  const double radius = std::sqrt(-2 * std::log(random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

}  // namespace

// Reads components of one quantity.
class Distribution::Reader {
 public:
  Reader(SpecificationReader& text, const Quantity& quantity) : text_(text), quantity_(quantity) {}

  bool component(Component& component) {
    if (text_.has_before('*', ';') &&
        !(text_.number(kLeastWeight, kMostWeight, "a weight from 0.000001 to 1000000",
                       component.weight) &&
          text_.expect("*"))) {
      return false;
    }
    return parameters(component);
  }

 private:
  bool parameters(Component& component) {
    double& a = component.a;
    double& b = component.b;
    if (text_.take("uniform:")) {
      component.shape = Shape::uniform;
      return value(a) && text_.expect(",") &&
             value_of_at_least(a, "an upper end that is not below the lower one", b);
    }
    if (text_.take("exp:")) {
      component.shape = Shape::exponential;
      return value(a);
    }
    if (text_.take("normal:")) {
      component.shape = Shape::normal;
      return value(a) && text_.expect(",") && value(b);
    }
    if (text_.take("lognormal:")) {
      component.shape = Shape::lognormal;
      double p50 = 0;
      double p99 = 0;
      if (!(text_.expect("p50=") && positive_value(p50) && text_.expect(",p99=") &&
            value_of_at_least(p50, "a p99 that is not below p50", p99))) {
        return false;
      }
      a = std::log(p50);
      b = std::log(p99 / p50) / kNormalP99;
      return true;
    }
    if (text_.take("pareto:")) {
      component.shape = Shape::pareto;
      component.c = quantity_.most;
      double alpha = 0;
      if (!(text_.expect("min=") && positive_value(a) && text_.expect(",alpha=") &&
            text_.number(kLeastAlpha, kMostAlpha, "an alpha from 0.1 to 100", alpha))) {
        return false;
      }
      b = -1 / alpha;
      return !text_.take(",max=") ||
             value_of_at_least(a, "a max that is not below min", component.c);
    }
    if (text_.at_number()) return value(a);
    return text_.fail(quantity_.start, text_.position());
  }

  bool value(double& value) { return (text_.*quantity_.read)(value); }

  // A value on which a logarithm or a quotient is built.
  bool positive_value(double& found) {
    const std::size_t begin = text_.position();
    if (!value(found)) return false;
    return found > 0 || text_.fail(quantity_.positive, begin);
  }

  bool value_of_at_least(double least, core::Bytes expected, double& found) {
    const std::size_t begin = text_.position();
    if (!value(found)) return false;
    return found >= least || text_.fail(expected, begin);
  }

  SpecificationReader& text_;
  const Quantity& quantity_;
};

Distribution::Distribution(double value) {
  components_[0].a = value;
}

core::Result<Distribution, SpecificationError> Distribution::parse(core::Bytes text,
                                                                   const Quantity& quantity) {
  SpecificationReader reader(text);
  Reader components(reader, quantity);
  Distribution distribution(0);
  distribution.count_ = 0;
  distribution.total_weight_ = 0;
  do {
    if (distribution.count_ == kMaxComponents) {
      reader.fail("at most 4 components", reader.position());
      return reader.error();
    }
    Component& component = distribution.components_[distribution.count_++];
    if (!components.component(component)) return reader.error();
    distribution.total_weight_ += component.weight;
  } while (reader.take(";"));
  if (!reader.expect_end("the end or \";\"")) return reader.error();
  return distribution;
}

uint64_t Distribution::sample(core::Random& random, double most) const {
  uint32_t chosen = 0;
  if (count_ > 1) {
    double left = random.uniform() * total_weight_ - components_[0].weight;
    // Rounding may leave something behind the last one.
    while (left >= 0 && chosen + 1 < count_) left -= components_[++chosen].weight;
  }
  const double value = draw(components_[chosen], random);
  if (!(value > 0)) return 0;
  return static_cast<uint64_t>(std::llround(std::min(value, most)));
}

double Distribution::draw(const Component& component, core::Random& random) {
  const double a = component.a;
  const double b = component.b;
  switch (component.shape) {
    case Shape::constant:
      return a;
    case Shape::uniform:
      // It will be rounded, and either end is to be as likely as any number between them.
      return std::clamp(a - 0.5 + (b - a + 1) * random.uniform(), a, b);
    case Shape::exponential:
      return a * -std::log(random.uniform());
    case Shape::normal:
      return a + b * standard_normal(random);
    case Shape::lognormal:
      return std::exp(a + b * standard_normal(random));
    case Shape::pareto:
      return std::min(a * std::pow(random.uniform(), b), component.c);
  }
  UNREACHABLE();
}

}  // namespace http::target
