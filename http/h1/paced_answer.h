// An answer that takes time, as HTTP/1.1 puts it on the wire: one that comes piece by piece
// (http/target/exchange.h), with its framing and how far it has come; or any other that is not due,
// with its request. A worker has room for one of each connection.
#pragma once

#include <cstdint>

#include "core/clock.h"
#include "http/h1/broken_answer.h"
#include "http/h1/held_request.h"
#include "http/h1/serializer.h"
#include "http/output_queue.h"
#include "http/target/exchange.h"

namespace http::h1 {

struct PacedAnswer {
  enum class Progress : uint8_t {
    done,
    waits,  // go on at `until`
    full,   // go on when the output is sent
  };

  target::Exchange exchange;
  Framing framing;
  bool has_head = false;  // it is queued
  bool is_chunked = false;
  uint64_t delay = 0;  // from the end of the request to the answer, in nanoseconds
  uint64_t until = 0;
  HeldRequest request;  // the exchange means nothing while one is held
  BrokenAnswer broken;

  // Whether the body of the request comes before the answer: it is asked for, or there is time.
  bool takes_body() const {
    return request.is_held() ? request.takes_body() : counts_body() || delay > 0;
  }
  bool counts_body() const { return !request.is_held() && exchange.takes_body(); }

  // Whether the delay is over and something has been answered since.
  bool has_begun() const { return !request.is_held() && has_head; }

  // An answer in pieces that is asked for. The framing may still come to say that the connection
  // ends.
  void begin(const target::Exchange& plan, const Framing& how);
  // The request has come to its end: its answer begins when its delay is over.
  void start(uint64_t now);

  // Appends what is due of an answer in pieces. `is_last`: of the connection, if the head has not
  // gone out.
  Progress go_on(const core::CachedClock& clock, bool is_last, OutputQueue& out);

 private:
  bool put_head(const core::CachedClock& clock, OutputQueue& out);
  bool put_slow_head(const core::CachedClock& clock, OutputQueue& out);
  bool put_piece(const target::Piece& piece, OutputQueue& out);
};

}  // namespace http::h1
