// The buffers that io_uring receives into: a ring registered with the kernel, which takes one for
// each receive and gets it back from us. Between the two a buffer is lent (its bytes are being
// looked at) or kept (its socket is paused).
//
// One thread; no allocation after construction.
#pragma once

#include <liburing.h>

#include <cstdint>

#include "core/bytes.h"
#include "core/mapping.h"
#include "io/backend.h"

namespace io {

class UringRecvBuffers {
 public:
  // The kernel takes them in turn, so that all it ever had are resident: it begins with a few. At
  // 64 connections a turn fills up to 64. When many thousands are busy at once the kernel still
  // hands over a few dozen at a time, so more buffers would only be cold memory.
  static constexpr uint32_t kAtFirst = 32;
  static constexpr uint32_t kCount = 256;
  static constexpr uint32_t kBytes = 4096;
  static_assert(kBytes <= kMaxRecv);
  static constexpr uint16_t kGroup = 0;
  static constexpr uint16_t kNone = UINT16_MAX;

  // What one socket keeps, oldest first.
  struct Kept {
    uint16_t head;
    uint16_t tail;
    uint16_t count;
  };

  UringRecvBuffers();
  static uint64_t memory();

  // Gives the first buffers to the kernel. Returns 0 or -errno. The ring must end before this
  // object.
  int attach(io_uring& ring);

  core::Bytes bytes(uint16_t id, uint32_t length) const { return {buffer(id), length}; }
  void recycle(uint16_t id);
  // A receive found none: as many again, unless the kernel has had all of them.
  void provide_more();

  void keep(Kept& kept, uint16_t id, uint32_t length);
  // The oldest; `id` is then lent. There must be one.
  core::Bytes take(Kept& kept, uint16_t& id);
  void recycle_all(Kept& kept);
  // So many are kept that receives may find none.
  bool half_kept() const { return kept_count_ >= kCount / 2; }

 private:
  // The padding also keeps the starts of the buffers from falling into the same few cache sets.
  static constexpr uint32_t kStride = kBytes + core::kPadding;

  struct State {
    uint16_t next;  // kept by the same socket
    uint16_t length;
  };

  char* buffer(uint16_t id) const { return buffers_ + static_cast<std::size_t>(id) * kStride; }

  core::Mapping memory_;
  io_uring_buf_ring* ring_;
  State* states_;
  char* buffers_;
  uint32_t provided_ = 0;
  uint32_t kept_count_ = 0;
};

}  // namespace io
