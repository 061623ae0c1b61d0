// When the queues of a worker's listeners are to be short. A queue that gets empty now and then
// absorbs bursts and may be long. One that stands, because more connections come than can be
// served, only makes everybody wait, and the sockets in it are no longer in the caches when their
// turn comes: behind 4,096 of them a connection costs a third more, and its client has waited for a
// third of a second. So a queue that has stood for the patience is kept short, until the kernel has
// not had to drop a SYN for kEnd; clients repeat theirs after a second. The way of CoDel (RFC
// 8289), whose interval is shorter: this one leaves time for all clients of a server that has just
// started.
//
// A function of times, nanoseconds of the monotonic clock. One thread; no allocation.
#pragma once

#include <cstdint>

namespace http::server {

class StandingQueue {
 public:
  // Connections. With 64, processes that share a processor leave the queue empty at times; with 256
  // the caches begin to miss.
  static constexpr uint32_t kShort = 128;
  static constexpr uint64_t kPatience = 250'000'000;
  static constexpr uint64_t kEnd = 1'000'000'000;
  // Between two looks. One is three system calls for each listener.
  static constexpr uint64_t kLook = 10'000'000;

  // So many connections wait in the longest queue, and so many were dropped since the worker
  // listens. True: is_short() has changed.
  bool on_look(uint64_t now, uint32_t waiting, uint32_t dropped) {
    const bool was_short = is_short_;
    if (is_short_) {
      if (dropped != dropped_) dropped_at_ = now;
      is_short_ = now - dropped_at_ < kEnd;
    }
    // After a time without newcomers it is another queue.
    const bool is_another = now - looked_at_ >= kPatience;
    if (was_short || is_another || waiting < kShort) empty_at_ = now;
    if (!was_short && now - empty_at_ >= kPatience) {
      is_short_ = true;
      dropped_at_ = now;
    }
    dropped_ = dropped;
    looked_at_ = now;
    return is_short_ != was_short;
  }

  bool is_short() const { return is_short_; }
  // Not before it, a look is worth its cost.
  uint64_t next_look() const { return looked_at_ + kLook; }

 private:
  bool is_short_ = false;
  uint32_t dropped_ = 0;
  uint64_t dropped_at_ = 0;
  uint64_t empty_at_ = 0;
  uint64_t looked_at_ = 0;
};

}  // namespace http::server
