// New connections are refused for a time, on purpose (target::FaultKind::refuse), by all listeners
// of all workers at once: of listeners that share a port the kernel asks any that is left.
//
// Whoever begins one closes the listeners of all workers by itself, before anybody can be told of
// it, and wakes their workers, which open their own again when the time is over. The longest of
// several refusals counts.
//
// Any thread. A mutex is held when one begins and ends, and never for a request without that fault.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "io/backend.h"

namespace http::server {

class Refusal {
 public:
  Refusal() = default;
  Refusal(const Refusal&) = delete;
  Refusal& operator=(const Refusal&) = delete;

  // A listener of a worker that `owner` names and `waker` wakes. It stays the worker's, who keeps
  // it open until remove(). Allocates.
  void add(const void* owner, int listener, io::Waker waker);
  // Of all of its listeners: nothing is done to them any more.
  void remove(const void* owner);

  // Until that time, in monotonic nanoseconds, connections are refused.
  void begin(uint64_t until);
  // The end of the last one; 0: there was none.
  uint64_t until() const { return until_.load(std::memory_order_acquire); }

  // Has `act` let listeners listen, if nobody is to be refused now; none begins meanwhile. False:
  // it was not called.
  template <class Act>
  bool listen_at(uint64_t now, Act act) {
    const std::lock_guard lock(mutex_);
    if (now < until()) return false;
    act();
    return true;
  }

 private:
  struct Listener {
    const void* owner;
    int descriptor;
    io::Waker waker;
  };

  std::mutex mutex_;
  std::vector<Listener> listeners_;
  std::atomic<uint64_t> until_ = 0;
};

}  // namespace http::server
