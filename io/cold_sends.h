// Sends whose file is not in the page cache yet. The backend tries them again each kRetry, so that
// the disk is waited for without standing still; after kTries the send is made anyway, whatever it
// waits for, because a file system may never say that its pages are there.
//
// One thread; no allocation after
// construction.
#pragma once

#include <cstdint>
#include <utility>

#include "core/clock.h"
#include "core/mapping.h"
#include "io/socket_list.h"

namespace io {

class ColdSends {
 public:
  static constexpr uint64_t kRetry = 1'000'000;  // nanoseconds
  static constexpr uint8_t kTries = 100;

  explicit ColdSends(uint32_t capacity)
      : memory_(memory_for(capacity)),
        slots_(reinterpret_cast<uint32_t*>(memory_.data())),
        capacity_(capacity) {}

  static constexpr uint64_t memory_for(uint64_t capacity) { return capacity * sizeof(uint32_t); }

  bool empty() const { return count_ == 0; }
  // False when there is no room: then the send must be made now.
  bool add(uint32_t slot, uint64_t now) {
    if (count_ == capacity_) return false;
    if (count_ == 0) due_ = now + kRetry;
    slots_[count_++] = slot;
    return true;
  }

  // Puts all of them back to work if it is time. Returns when it is next time, in nanoseconds of
  // the monotonic clock. Only if not empty. `Socket` has bit-fields `open` and `cold`.
  template <class Socket>
  uint64_t retry(Socket* sockets, SocketList<Socket>& work) {
    if (core::read_monotonic_clock() < due_) return due_;
    const uint32_t count = std::exchange(count_, 0);
    for (uint32_t i = 0; i < count; ++i) {
      Socket& sender = sockets[slots_[i]];
      if (!sender.open || !sender.cold) continue;  // closed since, or another occupant
      sender.cold = false;
      work.append(slots_[i]);
    }
    return core::kNever;
  }

 private:
  core::Mapping memory_;
  uint32_t* slots_;
  uint32_t capacity_;
  uint32_t count_ = 0;
  uint64_t due_ = 0;
};

}  // namespace io
