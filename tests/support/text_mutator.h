// Texts that differ from right ones in a few characters, as typing errors do. From a fixed seed, so
// that a test is the same at every run; tests/fuzz searches for longer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/random.h"

namespace test_support {

class TextMutator {
 public:
  // `alphabet` is what characters are replaced with.
  TextMutator(std::vector<std::string> right, core::Bytes alphabet)
      : right_(std::move(right)), alphabet_(alphabet) {}

  std::string next() {
    std::string text = right_[random_.below(right_.size())];
    for (uint64_t changes = 1 + random_.below(3); changes > 0; --changes) {
      const std::size_t position = random_.below(text.size() + 1);
      const std::size_t length = std::min<std::size_t>(random_.below(3), text.size() - position);
      text.replace(position, length, random_.below(2), alphabet_[random_.below(alphabet_.size())]);
    }
    return text;
  }

 private:
  std::vector<std::string> right_;
  core::Bytes alphabet_;
  core::Random random_{1};
};

}  // namespace test_support
