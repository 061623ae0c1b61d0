// An answer that takes time (http/target/exchange.h), as HTTP/1.1 puts it on the wire piece by
// piece: its framing, and how far it has come. A worker has room for one of each connection.
#pragma once

#include <cstdint>

#include "core/clock.h"
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
  uint64_t until = 0;

  // Whether the body of the request comes before the answer.
  bool wants_body() const { return exchange.kind == target::Kind::upload; }

  // An answer that is asked for now. The framing may still come to say that the connection ends.
  void begin(const target::Exchange& plan, const Framing& how, uint64_t now);

  // Appends what is due. `is_last`: of the connection, if the head has not gone out.
  Progress go_on(const core::CachedClock& clock, bool is_last, OutputQueue& out);

 private:
  bool put_head(const core::CachedClock& clock, OutputQueue& out);
  bool put_piece(const target::Piece& piece, OutputQueue& out);
};

}  // namespace http::h1
