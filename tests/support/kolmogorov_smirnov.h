// Whether numbers come from a distribution: the test of Kolmogorov and Smirnov.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace test_support {

// The largest distance between the share of `values` that are at most x, and cdf(x), of all x. For
// a continuous distribution.
template <class Cdf>
double distance_from(std::vector<double> values, Cdf cdf) {
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto rank = static_cast<double>(i);
    const double expected = cdf(values[i]);
    distance = std::max({distance, expected - rank / count, (rank + 1) / count - expected});
  }
  return distance;
}

// What the distance exceeds for one seed in ten thousand, if the distribution is the right one.
inline double farthest_distance(std::size_t count) {
  return 2.23 / std::sqrt(static_cast<double>(count));
}

}  // namespace test_support
