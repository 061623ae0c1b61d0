// The one source of chance of a run: a seed gives the same run on every machine and with every
// compiler. The distributions of the standard library do not promise that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/random.h"

namespace simulator {

class Random {
 public:
  explicit Random(uint64_t seed) : source_(seed) {}

  uint64_t next() { return source_.next(); }
  // 0 to limit - 1. The bias of the remainder does not matter here.
  uint64_t below(uint64_t limit) { return next() % limit; }
  uint64_t between(uint64_t least, uint64_t most) { return least + below(most - least + 1); }
  bool chance(uint64_t per_thousand) { return below(1000) < per_thousand; }
  template <class T, std::size_t N>
  const T& pick(const T (&choices)[N]) {
    return choices[below(N)];
  }

 private:
  core::Random source_;
};

}  // namespace simulator
