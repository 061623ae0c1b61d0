// How many bytes were uploaded, and a hash of them: XXH64 with seed 0, which `xxhsum` prints. One
// thread; no allocation.
#pragma once

#include <array>
#include <cstdint>

#include "core/bytes.h"

namespace http::target {

class UploadDigest {
 public:
  void reset();
  void add(core::Bytes bytes);

  uint64_t size() const { return size_; }
  uint64_t hash() const;

 private:
  uint64_t size_ = 0;
  std::array<uint64_t, 11> state_{};  // an XXH64_state_t
};

}  // namespace http::target
