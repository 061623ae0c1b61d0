// A fixed number of equal buffers, each with SIMD tail padding: where a connection keeps a partial
// request head or a response on its way out. An idle connection holds none.
//
// Last in, first out, so that few chunks stay warm and the others are never touched (and never
// resident). One thread; no allocation after construction.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/bytes.h"
#include "core/check.h"
#include "core/mapping.h"

namespace core {

class ChunkPool {
 public:
  // Room for the longest request head (16 KiB) with one more receive (8 KiB) behind it. Only the
  // pages that are used are touched.
  static constexpr uint32_t kChunkSize = 24 * 1024;
  // One cache line more than the size: it is the padding, and it keeps the starts of the chunks
  // from falling into the same few cache sets.
  static constexpr uint32_t kStride = kChunkSize + kPadding;

  explicit ChunkPool(uint32_t capacity)
      : memory_(static_cast<std::size_t>(capacity) * (kStride + sizeof(uint32_t))),
        chunks_(reinterpret_cast<char*>(memory_.data())),
        free_(reinterpret_cast<uint32_t*>(chunks_ + static_cast<std::size_t>(capacity) * kStride)),
        capacity_(capacity) {}

  uint32_t capacity() const { return capacity_; }
  uint32_t in_use() const { return high_water_ - free_count_; }
  bool empty() const { return in_use() == capacity_; }

  // A chunk of kChunkSize bytes, or null if every one is in use.
  char* acquire() {
    if (free_count_ > 0) return chunk(free_[--free_count_]);
    if (high_water_ < capacity_) return chunk(high_water_++);
    return nullptr;
  }

  void release(char* data) {
    const std::size_t offset = static_cast<std::size_t>(data - chunks_);
    CHECK(offset % kStride == 0 && offset / kStride < high_water_ && free_count_ < high_water_);
    const uint32_t index = static_cast<uint32_t>(offset / kStride);
    DCHECK(std::find(free_, free_ + free_count_, index) == free_ + free_count_);  // once only
    free_[free_count_++] = index;
  }

 private:
  char* chunk(uint32_t index) { return chunks_ + static_cast<std::size_t>(index) * kStride; }

  Mapping memory_;
  char* chunks_;
  uint32_t* free_;
  uint32_t capacity_;
  uint32_t high_water_ = 0;
  uint32_t free_count_ = 0;
};

}  // namespace core
