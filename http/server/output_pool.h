// The Outputs of a worker's connections. A connection has one only while something is queued for
// it. The one that was released last is kept ready with its chunk for whoever is next, which is
// what nearly every request needs. One thread; no allocation after construction.
#pragma once

#include <cstdint>
#include <utility>

#include "core/check.h"
#include "core/chunk_pool.h"
#include "core/slab.h"
#include "http/output_queue.h"
#include "io/backend.h"

namespace http::server {

struct Output {
  explicit Output(ContentStore& store) : queue(store) {}

  // What the socket would hold now if the peer had taken nothing since the period began: bytes that
  // were in it, and those of the sends since.
  uint64_t handed_over;
  uint64_t sent_at;  // when a send last completed
  // Whether handed_over counts all: what is left in the socket of an earlier output is not known
  // before the first period is over.
  bool measured;
  OutputQueue queue;  // its first bytes share a cache line with what is above
  io::Transmission transmission;
};

class OutputPool {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // `chunks` and `store` outlive the pool.
  OutputPool(uint32_t capacity, core::ChunkPool& chunks, ContentStore& store)
      : outputs_(capacity), chunks_(chunks), store_(store) {}
  ~OutputPool() {
    for (uint32_t i = 0; i < outputs_.high_water(); ++i) {
      if (outputs_.occupied(i)) outputs_.at(i).queue.clear();
    }
  }
  OutputPool(const OutputPool&) = delete;
  OutputPool& operator=(const OutputPool&) = delete;

  static constexpr std::size_t slot_size() { return core::Slab<Output>::slot_size(); }

  // An empty Output that begins `now`; the number is its name. There must be one left. It may have
  // a chunk. `is_first`: nothing was sent to the peer before.
  uint32_t acquire(bool is_first, uint64_t now) {
    uint32_t index = std::exchange(spare_, kNone);
    if (index == kNone) [[unlikely]]
      index = occupy();
    Output& output = at(index);
    output.handed_over = 0;
    output.sent_at = now;
    output.measured = is_first;
    return index;
  }

  // Forgets what is still queued.
  void release(uint32_t index) {
    const OutputQueue& queue = at(index).queue;
    if (spare_ == kNone && queue.has_chunk() && queue.empty()) [[likely]] {
      spare_ = index;
      return;
    }
    retire(index);
  }

  Output& at(uint32_t index) { return outputs_.at(index); }

  // Outputs in use, and those that are kept ready, each with a chunk.
  uint32_t size() const { return outputs_.size() - spare_count(); }
  uint32_t spare_count() const { return spare_ != kNone ? 1 : 0; }

 private:
  [[gnu::noinline]] uint32_t occupy() {
    const core::Handle handle = outputs_.acquire(store_);
    CHECK(handle != core::Handle{});
    return handle.index;
  }
  [[gnu::noinline]] void retire(uint32_t index) {
    OutputQueue& queue = at(index).queue;
    queue.clear();
    if (spare_ == kNone && queue.has_chunk()) {
      spare_ = index;
      return;
    }
    if (char* chunk = queue.take_idle_chunk()) chunks_.release(chunk);
    outputs_.release(outputs_.handle_of(index));
  }

  core::Slab<Output> outputs_;
  uint32_t spare_ = kNone;
  core::ChunkPool& chunks_;
  ContentStore& store_;
};

}  // namespace http::server
