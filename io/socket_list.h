// A queue of socket slots, linked through the slots themselves: which sockets have something to do.
// A slot is in one list at most, and once: in which, the first to append it decides. One thread;
// every operation is O(1).
#pragma once

#include <cstdint>

namespace io {

// `Socket` has `uint32_t next, previous` and a bit-field `listed`.
template <class Socket>
class SocketList {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit SocketList(Socket* sockets) : sockets_(sockets) {}

  bool empty() const { return head_ == kNone; }
  uint32_t size() const { return size_; }

  void append(uint32_t index) {
    Socket& added = sockets_[index];
    if (added.listed) return;
    added.listed = true;
    added.next = kNone;
    added.previous = tail_;
    (tail_ != kNone ? sockets_[tail_].next : head_) = index;
    tail_ = index;
    ++size_;
  }

  void prepend(uint32_t index) {
    Socket& added = sockets_[index];
    if (added.listed) return;
    added.listed = true;
    added.previous = kNone;
    added.next = head_;
    (head_ != kNone ? sockets_[head_].previous : tail_) = index;
    head_ = index;
    ++size_;
  }

  // Must not be empty.
  uint32_t take_first() {
    const uint32_t index = head_;
    Socket& removed = sockets_[index];
    removed.listed = false;
    --size_;
    head_ = removed.next;
    (head_ != kNone ? sockets_[head_].previous : tail_) = kNone;
    return index;
  }

 private:
  Socket* sockets_;
  uint32_t head_ = kNone;
  uint32_t tail_ = kNone;
  uint32_t size_ = 0;
};

}  // namespace io
