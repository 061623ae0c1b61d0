// A random quantity as a distribution that people write, whatever it is a quantity of: with Q for a
// value in its units,
//
//   Q                             always Q
//   uniform:Q,Q                   evenly between the two, both included
//   exp:Q                         exponential, by its mean
//   normal:Q,Q                    by its mean and standard deviation; what would be negative is 0
//   lognormal:p50=Q,p99=Q         by its median and its 99th percentile
//   pareto:min=Q,alpha=1.5        Q or more, more than x with probability (Q / x)^1.5
//   pareto:min=Q,alpha=1.5,max=Q  what would be more than the last one is that
//   0.9*Q;0.1*exp:Q               a mixture: nine of ten, and one of ten
//
// Samples are whole numbers from 0 to the most that the quantity may be; what would be more is
// that. A mixture has up to 4 components; weights count relative to their sum, and a component
// without a weight has 1. No character has to be encoded in the query of a URL (RFC 3986
// section 3.4); a shell wants quotes around '*', ';' and '&'.
//
// A plain value. No allocation: reading takes 30 to 220 ns, sampling 3 to 35. Equal generators give
// equal samples with the same C library; the logarithms of another may differ in their last bit.
#pragma once

#include <array>
#include <cstdint>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "http/target/specification.h"

namespace http::target {

// What a distribution is one of. Static storage.
struct Quantity {
  bool (SpecificationReader::*read)(double& value);  // at most `most`
  double most;
  core::Bytes start;     // what a component may begin with, for errors
  core::Bytes positive;  // a value that is not 0
};

class Distribution {
 public:
  static constexpr uint32_t kMaxComponents = 4;

  static core::Result<Distribution, SpecificationError> parse(core::Bytes text,
                                                              const Quantity& quantity);

  // Always that.
  explicit Distribution(double value);

  // Whether it is ever another than 0.
  bool any() const {
    const bool is_constant = count_ == 1 && components_[0].shape == Shape::constant;
    return !is_constant || components_[0].a > 0;
  }
  // A whole number from 0 to `most`, which is that of the quantity.
  uint64_t sample(core::Random& random, double most) const;

 private:
  // What the parameters a, b and c are.
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
  class Reader;

  static double draw(const Component& component, core::Random& random);

  std::array<Component, kMaxComponents> components_;
  uint32_t count_ = 1;
  double total_weight_ = 1;
};

}  // namespace http::target
