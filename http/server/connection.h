// What a worker keeps for each connection.
#pragma once

#include <cstdint>

#include "http/h1/session.h"

namespace http::server {

// One slot of the arena. It is small because an idle connection costs nothing else: partial heads
// and output live in chunks that are borrowed while they are needed.
struct Connection {
  enum class State : uint8_t {
    open,
    lingering,  // the last response is out; what still comes is dropped until the peer ends
    closing     // close was asked of the backend
  };

  // The one that runs; the table is in worker.h.
  enum class Deadline : uint8_t { head, body, output, keep_alive, linger, disk, pace };

  // Whether bytes of the peer are taken, and if not, what has to happen before.
  enum class Reading : uint8_t { on, until_sent, until_disk, until_time };

  h1::Session session;
  char* carry = nullptr;  // chunk with bytes that wait for more, or for the output
  uint32_t carry_length = 0;
  uint32_t output = UINT32_MAX;  // of the OutputPool, or none
  uint32_t body_due = 0;         // bytes of a request body that must still come in this period
  State state = State::open;
  Deadline deadline = Deadline::head;
  Reading reading = Reading::on;
  bool sending : 1 = false;     // the backend has the output
  bool peer_ended : 1 = false;  // the peer will send no more
  bool has_sent : 1 = false;    // something, so the socket may hold some of it

  // Nothing of it waits for anything: the next bytes begin a request.
  bool is_ready() const { return state == State::open && output == UINT32_MAX && carry == nullptr; }
};

static_assert(sizeof(Connection) <= 56, "one cache line with the slot's header before it");

}  // namespace http::server
