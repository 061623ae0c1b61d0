// An HTTP/1.1 or 1.0 connection as a pure state machine (RFC 9112): bytes in, responses into an
// output queue. It has no descriptor, clock or backend; the worker brings bytes, sends what is
// queued and keeps the deadlines that phase() asks for.
//
// Requests that are whole in the bytes are answered before on_bytes() returns, up to as many as the
// output queue takes, so a pipeline is answered in order with one send. A response is queued as
// soon as its head is read; a request body is passed over after it, within a limit.
//
// An answer that takes time is given bit by bit, and one that is to be late is asked for again when
// it is due: on_bytes() says when it wants to be called again, and what the client has sent
// meanwhile waits. The body of its request comes first, unless it is sent back.
//
// After anything that makes the end of a request doubtful the session is finished: it answers with
// an error and takes no further byte as a request. 32 bytes, so that an idle connection is small.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "http/h1/framing.h"
#include "http/h1/head_parser.h"
#include "http/h1/made_serializer.h"
#include "http/h1/paced_answer.h"
#include "http/h1/session_counters.h"
#include "http/output_queue.h"
#include "http/responder.h"

namespace http::h1 {

struct SessionLimits {
  HeadLimits head;
  uint64_t body_bytes = 1024 * 1024;  // a request body beyond it: 413 and the end
  // Of one connection: the last response says that it is the last one. At most 65,535; 0: no limit.
  uint32_t requests = 0;
};

// The last Host value that was found valid. Nearly every request names the same one, and comparing
// is cheaper than checking its grammar again.
class KnownHost {
 public:
  [[gnu::always_inline]] bool is(core::Bytes host) const {
    return core::equal(host, {text_, length_});
  }
  void remember(core::Bytes host) {
    if (host.size() <= sizeof(text_)) length_ = host.copy(text_, sizeof(text_));
  }

 private:
  std::size_t length_ = 0;
  char text_[128];
};

// What every session of a worker uses.
struct SessionContext {
  Responder& responder;
  const SessionLimits& limits;
  SessionCounters& counters;
  bool draining = false;  // every response says that it is the last one
  KnownHost known_host{};
  // Of the connection whose bytes come next, for the load-test target: who it is, and where an
  // answer that takes time is kept.
  target::Caller caller{};
  PacedAnswer* paced = nullptr;
  // What is being read. It stands here because to clear a new one for each request, or only to make
  // room for it on the stack, costs more than to read a short head.
  RequestHead head{};
  LastMadeHead last_made_head{};
};

// Which deadline applies while nothing happens.
enum class Phase : uint8_t {
  idle,      // between requests, nothing of the next one has come
  head,      // the first request has not come, or a head has begun and is not answered
  body,      // a request body is being passed over
  taking,    // a request body is being taken, before its answer or to be sent back
  answer,    // an answer that takes time is not complete; no request is read
  stalled,   // an answer has stopped on purpose; what still comes is dropped
  finished,  // no further request will be answered
};

class Session {
 public:
  enum class Outcome : uint8_t {
    wants_bytes,  // everything that could be done is done
    finished,     // send the output, then close; all bytes were consumed
    output_full,  // call again with the rest when the output is sent
    wants_disk,   // call again with the rest when the disk has answered (Status::not_ready)
    wants_time,   // call again with the rest at SessionContext::paced->until
  };

  // One request that is answered by what lies ready.
  struct Ready {
    Entry* entry;     // its rendered head and its body are the response; null: there is none
    uint32_t parsed;  // without one: length of the head that SessionContext::head holds now, or 0
  };

  // If `bytes` are one whole request, nothing else waits, and the response lies ready in memory
  // (is_rendered()): that, and the request is answered. What nearly every request of a hot file
  // gets, without an output queue. Otherwise nothing has happened, and on_bytes() has to be called
  // with the same bytes and `parsed`. Only between requests (is_between_requests()), and with at
  // least one byte.
  Ready ready_answer(core::Bytes bytes, SessionContext& context);
  bool is_between_requests() const { return phase_ <= Phase::head && scanned_ == 0; }

  struct Step {
    std::size_t consumed;  // of the bytes; the rest must come again, with more behind it
    Outcome outcome;
  };

  // Answers what is whole in `bytes`, which have core::kPadding readable bytes behind them. Of the
  // first head so many bytes have been parsed already, into the context: all or none.
  Step on_bytes(core::Bytes bytes, SessionContext& context, OutputQueue& out, uint32_t parsed = 0);

  // The header deadline passed: queues a 408 if a request has begun (RFC 9110 section 15.5.9), of
  // which `bytes` have come. Finishes the session.
  void on_head_timeout(core::Bytes bytes, const SessionContext& context, OutputQueue& out);

  // There is no room for this connection: its first request will be answered with 503 and
  // Retry-After (RFC 9110 sections 15.6.4 and 10.2.3), and the end. Before the first byte.
  void turn_away() { turned_away_ = true; }
  bool is_turned_away() const { return turned_away_; }

  // The disk did not answer the request that `bytes` begin with in time: queues a 503. Finishes the
  // session.
  void on_disk_timeout(core::Bytes bytes, const SessionContext& context, OutputQueue& out);

  // A request body came too slowly. Its response was queued when its head had been read, so there
  // is no 408: it would be taken for the answer to another request. Finishes the session.
  void on_body_timeout() { finish(true); }

  Phase phase() const { return phase_; }
  // Whether it goes on by itself, at SessionContext::paced->until.
  bool waits_for_time() const { return phase_ == Phase::answer || phase_ == Phase::stalled; }
  bool reads_body() const { return phase_ == Phase::body || phase_ == Phase::taking; }
  // Whether bytes that the client may still send must be read and dropped before the close, so that
  // it sees the response and not a reset (RFC 9112 section 9.6).
  bool lingers() const { return lingers_; }
  // Whether the end of the connection is to be a reset; SessionContext::paced then says whether new
  // ones are to be refused for a time (BrokenAnswer::refuses()).
  bool resets() const { return resets_; }

 private:
  Step on_head(core::Bytes bytes, uint32_t parsed, SessionContext& context, OutputQueue& out);
  [[gnu::noinline]] Step on_doubtful_head(core::Bytes bytes, SessionContext& context,
                                          OutputQueue& out);
  Step on_whole_head(core::Bytes bytes, uint32_t consumed, SessionContext& context,
                     OutputQueue& out);
  bool is_plain(const SessionContext& context) const;
  void count_whole(SessionContext& context);
  [[gnu::noinline]] Outcome answer(core::Bytes text, SessionContext& context, OutputQueue& out);
  Outcome answer_made(const target::MadeResponse& made, const BodyFraming& body, Framing framing,
                      bool lingers, SessionContext& context, OutputQueue& out);
  void count_answer(SessionContext& context);
  void end_answer(const Framing& framing, SessionContext& context);
  Outcome hold(core::Bytes text, const BodyFraming& body, const target::MadeResponse& early,
               SessionContext& context);
  Step answer_held(core::Bytes bytes, SessionContext& context, OutputQueue& out);
  Step take_body(core::Bytes bytes, SessionContext& context, OutputQueue& out);
  Outcome end_of_body(SessionContext& context);
  Outcome bad_body(Status status, SessionContext& context, OutputQueue& out);
  bool put_echo(core::Bytes data, bool is_last, SessionContext& context, OutputQueue& out);
  [[gnu::noinline]] Step go_on(core::Bytes bytes, SessionContext& context, OutputQueue& out);
  void expect_body(const BodyFraming& body);
  void await_body(const BodyFraming& body, SessionContext& context);
  [[gnu::noinline]] std::size_t on_body(core::Bytes bytes, SessionContext& context);
  [[gnu::cold, gnu::noinline]] Outcome refuse_head(core::Bytes bytes, const HeadResult& result,
                                                   SessionContext& context, OutputQueue& out);
  [[gnu::cold]] Outcome refuse(const Response& response, bool head_only, SessionContext& context,
                               OutputQueue& out);
  [[gnu::cold]] void give_up(Status status, core::Bytes bytes, const SessionContext& context,
                             OutputQueue& out);
  void finish(bool lingers);

  Phase phase_ = Phase::head;
  BodyKind body_kind_ = BodyKind::none;
  bool lingers_ = false;
  bool turned_away_ : 1 = false;
  bool echoes_ : 1 = false;  // taking: the body is sent back
  bool resets_ : 1 = false;
  uint16_t scanned_ = 0;   // bytes of an incomplete head that have been looked at
  uint16_t requests_ = 0;  // answered; wraps where there is no limit
  union Body {
    uint64_t left = 0;       // length
    ChunkedDecoder chunked;  // chunked
    Body() {}
  } body_;
};

static_assert(sizeof(Session) == 32);

}  // namespace http::h1
