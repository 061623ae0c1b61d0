#include "http/server/refusal.h"

#include <algorithm>

#include "io/listener.h"

namespace http::server {

void Refusal::add(const void* owner, int listener, io::Waker waker) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back({owner, listener, waker});
}

void Refusal::remove(const void* owner) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [owner](const Listener& listener) { return listener.owner == owner; });
}

void Refusal::begin(uint64_t until) {
  const std::lock_guard lock(mutex_);
  if (until <= this->until()) return;
  until_.store(until, std::memory_order_release);
  for (const Listener& listener : listeners_) io::stop_listening(listener.descriptor);
  for (const Listener& listener : listeners_) listener.waker.wake();
}

}  // namespace http::server
