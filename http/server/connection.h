// What a worker keeps for each connection and for each connection that has something to send.
#pragma once

#include <cstdint>

#include "http/h1/session.h"
#include "http/output_queue.h"
#include "io/backend.h"

namespace http::server {

// Output under way. A connection has one only while something is queued for it.
struct Output {
  Output(ContentStore& store, bool is_first, uint64_t now)
      : sent_at(now), measured(is_first), queue(store) {}

  // What the socket would hold now if the peer had taken nothing since the period began: bytes that
  // were in it, and those of the sends since.
  uint64_t handed_over = 0;
  uint64_t sent_at;  // when a send last completed
  // Whether handed_over counts all: what is left in the socket of an earlier output is not known
  // before the first period is over.
  bool measured;
  OutputQueue queue;  // its first bytes share a cache line with what is above
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

  // The one that runs; the table is in worker.h.
  enum class Deadline : uint8_t { head, body, output, keep_alive, linger };

  h1::Session session;
  char* carry = nullptr;  // chunk with bytes that wait for more, or for the output
  uint32_t carry_length = 0;
  uint32_t output = UINT32_MAX;  // slot of its Output
  uint32_t body_due = 0;         // bytes of a request body that must still come in this period
  State state = State::open;
  Deadline deadline = Deadline::head;
  bool sending : 1 = false;     // the backend has the output
  bool blocked : 1 = false;     // reading is paused until the output is sent
  bool peer_ended : 1 = false;  // the peer will send no more
  bool has_sent : 1 = false;    // something, so the socket may hold some of it
};

static_assert(sizeof(Connection) <= 56, "one cache line with the slot's header before it");

}  // namespace http::server
