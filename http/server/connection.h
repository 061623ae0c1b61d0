// What a worker keeps for each connection and for each connection that has something to send.
#pragma once

#include <cstdint>

#include "http/h1/session.h"
#include "http/output_queue.h"
#include "io/backend.h"

namespace http::server {

// Output under way. A connection has one only while something is queued for it.
struct Output {
  explicit Output(ContentStore& store) : queue(store) {}

  OutputQueue queue;
  io::Transmission transmission;
};

// One slot of the arena. It is small because an idle connection costs nothing else: partial heads
// and output live in chunks that are borrowed while they are needed.
struct Connection {
  enum class State : uint8_t {
    open,
    lingering,  // the last response is out; what still comes is dropped until the peer ends
    closing     // close was asked of the backend
  };

  h1::Session session;
  char* carry = nullptr;  // chunk with bytes that wait for more, or for the output
  uint32_t carry_length = 0;
  uint32_t output = UINT32_MAX;  // slot of its Output
  State state = State::open;
  bool sending = false;     // the backend has the output
  bool blocked = false;     // reading is paused until the output is sent
  bool peer_ended = false;  // the peer will send no more
  bool head_timed = true;   // the header deadline runs, from the accept or the first byte on
};

static_assert(sizeof(Connection) <= 64, "one cache line with the slot's header behind it");

}  // namespace http::server
