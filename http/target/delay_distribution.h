// How long a response waits, as a distribution that a request names (`?delay=`):
//
//   20ms                          always 20 ms
//   uniform:10ms,30ms             evenly between the two
//   exp:20ms                      exponential, by its mean
//   normal:20ms,5ms               by its mean and standard deviation; what would be negative is 0
//   lognormal:p50=20ms,p99=250ms  by its median and its 99th percentile
//   pareto:min=10ms,alpha=1.5     10 ms or more, longer than t with probability (10 ms / t)^1.5
//   pareto:min=10ms,alpha=1.5,max=2s            what would be longer than 2 s is 2 s
//   0.9*20ms;0.1*lognormal:p50=80ms,p99=1s      a mixture: nine of ten are 20 ms
//
// Durations are decimal numbers with ns, us, ms, s, m or h, and seconds without a unit, as
// go-httpbin has them; at most an hour. A mixture has up to 4 components; weights count relative to
// their sum, and a component without a weight has 1. No character has to be encoded in the query of
// a URL (RFC 3986 section 3.4); a shell wants quotes around '*', ';' and '&'.
//
// A plain value. No allocation: reading takes 30 to 220 ns, sampling 3 to 35. Equal generators give
// equal delays with the same C library; the logarithms of another may differ in their last bit.
#pragma once

#include <array>
#include <cstdint>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "http/target/specification.h"

namespace http::target {

class DelayDistribution {
 public:
  static constexpr uint32_t kMaxComponents = 4;

  static core::Result<DelayDistribution, SpecificationError> parse(core::Bytes text);

  // Always none.
  DelayDistribution() = default;

  // Whether it is ever another than none.
  bool any() const {
    const bool is_constant = count_ == 1 && components_[0].shape == Shape::constant;
    return !is_constant || components_[0].a > 0;
  }
  // Nanoseconds, at most an hour.
  uint64_t sample(core::Random& random) const;

 private:
  // What the parameters a, b and c are; times in nanoseconds.
  enum class Shape : uint8_t {
    constant,     // a
    uniform,      // from a to b
    exponential,  // mean a
    normal,       // mean a, standard deviation b
    lognormal,    // of the logarithm: mean a, standard deviation b
    pareto,       // least a, exponent -1 / alpha b, most c
  };
  struct Component {
    double weight = 1;
    double a = 0;
    double b = 0;
    double c = 0;
    Shape shape = Shape::constant;
  };

  static bool read_component(SpecificationReader& reader, Component& component);
  static bool read_parameters(SpecificationReader& reader, Component& component);
  static double draw(const Component& component, core::Random& random);

  std::array<Component, kMaxComponents> components_;
  uint32_t count_ = 1;
  double total_weight_ = 1;
};

}  // namespace http::target
