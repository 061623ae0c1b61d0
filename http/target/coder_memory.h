// Memory for a compression library that asks for it: pieces of one mapping, which are given back
// all at once. It is sized for what the library is made to do, so that serving allocates nothing.
#pragma once

#include <cstddef>

#include "core/check.h"
#include "core/mapping.h"

namespace http::target {

// One thread.
class CoderMemory {
 public:
  explicit CoderMemory(std::size_t bytes) : memory_(bytes) {}

  // Aligned for whatever lies in it. Too much is an error of ours.
  void* take(std::size_t bytes) {
    constexpr std::size_t kAlignment = 64;
    CHECK(bytes <= memory_.size() - used_);
    void* piece = memory_.data() + used_;
    used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return piece;
  }
  void give_all_back() { used_ = 0; }

 private:
  core::Mapping memory_;
  std::size_t used_ = 0;
};

}  // namespace http::target
