#include "http/target/pattern.h"

#include <cstring>

#include "core/random.h"

namespace http::target {

Pattern::Pattern() : memory_(2 * kBlockSize) {
  const auto address = reinterpret_cast<uintptr_t>(memory_.data());
  const uintptr_t aligned = (address + kBlockSize - 1) / kBlockSize * kBlockSize;
  block_ = reinterpret_cast<char*>(memory_.data()) + (aligned - address);
  for (uint64_t i = 0; i < kBlockSize / sizeof(uint64_t); ++i) {
    const uint64_t word = core::Random(i).next();
    std::memcpy(block_ + i * sizeof(word), &word, sizeof(word));
  }
}

const char* Pattern::at(uint64_t seed, uint64_t offset) const {
  return block_ + (core::Random(~seed).next() + offset) % kBlockSize;
}

}  // namespace http::target
