// The definitions of Session for answers that the load-test target made: those that take time, are
// late, wait for a body, or are broken on purpose.
#include <algorithm>

#include "core/check.h"
#include "core/text_writer.h"
#include "http/h1/head_text.h"
#include "http/h1/made_serializer.h"
#include "http/h1/session.h"

namespace http::h1 {

namespace {

// What a piece of a body that is taken needs in the output: the end of a chunk and the last one, or
// the refusal of what is no body.
constexpr uint32_t kLeastRoom = 2048;

// An answer with the length of the request's body, if it sends that back, and with the fault that
// was drawn when the request came: routes may have changed since.
target::MadeResponse adapted(const target::MadeResponse& made, const BodyFraming& body,
                             bool takes_body, const target::Fault& fault) {
  target::MadeResponse response = made;
  response.fault = fault;
  if (made.echoes) response.length = body.length;
  if (takes_body) {
    const bool is_bad = fault.kind == target::FaultKind::bad_chunk;
    response.is_chunked = body.kind == BodyKind::chunked || is_bad;
    if (is_bad) response.fault = target::Fault();  // it is in the chunks that come
  }
  return response;
}

}  // namespace

// As answer(), of what the load-test target made: as much of it as goes out, if something is to go
// wrong with it.
Session::Outcome Session::answer_made(const target::MadeResponse& made, const BodyFraming& body,
                                      Framing framing, bool lingers, SessionContext& context,
                                      OutputQueue& out) {
  DCHECK(context.paced != nullptr);
  PacedAnswer& paced = *context.paced;
  BrokenAnswer& broken = paced.broken;
  if (!context.caller.chance) {
    broken.begin(made.fault);
  } else {
    paced.request.keep_count(made.count);
  }
  lingers_ = lingers;
  if (made.exchange != nullptr) {
    paced.begin(*made.exchange, framing);
    count_answer(context);
    await_body(body, context);
    return Outcome::wants_bytes;
  }
  // What was answered before goes out first; a request that comes to here has been held.
  if ((broken.resets() || broken.is_slow()) && !out.empty()) return Outcome::output_full;
  if (broken.is_slow()) framing = broken.keep_framing(framing);
  const bool takes_body = made.echoes && !framing.head_only && body.kind != BodyKind::none;
  const uint64_t before = broken.is_cut() ? out.size() : 0;
  const char* start = out.tail();
  if (!broken.is_instead()) {
    const core::CachedClock* then = context.caller.clock;
    const core::CachedClock& clock = then != nullptr ? *then : context.responder.clock();
    const bool is_as_made = !made.echoes && !context.caller.chance;
    const bool is_queued =
        is_as_made
            ? serialize_made(made, framing, clock, out, &context.last_made_head)
            : serialize_made(adapted(made, body, takes_body, broken.fault()), framing, clock, out);
    if (!is_queued) return Outcome::output_full;
    if (broken.is_slow() && !broken.leave_next_of_head(out)) {
      paced.until = context.responder.clock().now() + broken.gap();
      return Outcome::wants_time;
    }
  }
  count_answer(context);
  if (!broken.is_instead()) context.counters.responses.count(made.status);
  expect_body(body);
  if (takes_body && !broken.is_instead() && !(broken.is_cut() && broken.cut(before, start, out))) {
    paced.framing = framing;
    phase_ = Phase::taking;
    echoes_ = true;
    return Outcome::wants_bytes;
  }
  if (!takes_body && broken.is_cut()) broken.cut(before, start, out);
  end_answer(framing, context);
  return Outcome::wants_bytes;
}

// All that goes out of an answer of the load-test target is queued. What comes behind it.
void Session::end_answer(const Framing& framing, SessionContext& context) {
  PacedAnswer& paced = *context.paced;
  if (paced.broken.is_broken()) ++context.counters.faults;
  if (paced.broken.stalls()) {
    phase_ = Phase::stalled;
    paced.until = context.responder.clock().now() + target::kHour;
  } else if (framing.close || paced.broken.ends_connection()) {
    resets_ = paced.broken.resets();
    finish(lingers_);
  } else {
    phase_ = body_kind_ == BodyKind::none ? Phase::idle : Phase::body;
    lingers_ = false;
  }
}

// Keeps a request whose answer is not due, and reads on behind it. One that is too long to be kept
// has to come again.
Session::Outcome Session::hold(core::Bytes text, const BodyFraming& body,
                               const target::MadeResponse& early, SessionContext& context) {
  DCHECK(context.paced != nullptr);
  PacedAnswer& answer = *context.paced;
  answer.broken.begin(early.fault);
  answer.delay = early.delay;
  answer.request.hold(text, early.chance, body.kind != BodyKind::none);
  await_body(body, context);
  scanned_ = 0;
  return answer.request.head().empty() ? Outcome::wants_time : Outcome::wants_bytes;
}

// Answers the request that was held, if it is due.
Session::Step Session::answer_held(core::Bytes bytes, SessionContext& context, OutputQueue& out) {
  HeldRequest& request = context.paced->request;
  if (context.responder.clock().now() < context.paced->until) return Step{0, Outcome::wants_time};
  const bool is_kept = !request.head().empty();
  const core::Bytes text = is_kept ? request.head() : bytes;
  const HeadResult result = parse_head(text, context.limits.head, context.head);
  CHECK(result.verdict == HeadVerdict::complete);  // it was before
  context.caller.chance = request.chance();
  context.caller.count = request.count();
  core::CachedClock then;
  if (context.paced->broken.is_slow()) {
    const core::CachedClock& clock = context.responder.clock();
    then.update({clock.now(), context.paced->broken.keep_time(clock.wall_seconds())});
    context.caller.clock = &then;
  }
  const Outcome outcome = answer(text.substr(0, result.consumed), context, out);
  context.caller.chance.reset();
  context.caller.count = 0;
  context.caller.clock = nullptr;
  if (outcome != Outcome::wants_bytes) return Step{0, outcome};
  // The routes have changed, and the beginning of a head that is no more has gone out.
  if (context.paced->broken.is_slow()) finish(lingers_);
  if (!out.empty()) out.count_response();
  return Step{is_kept ? 0 : result.consumed, outcome};
}

// An answer that takes time begins after the body, if it takes that.
void Session::await_body(const BodyFraming& body, SessionContext& context) {
  expect_body(body);
  echoes_ = false;
  if (context.paced->takes_body() && body.kind != BodyKind::none) {
    phase_ = Phase::taking;
  } else {
    phase_ = Phase::answer;
    context.paced->start(context.responder.clock().now());
  }
}

// Takes what is there of a request body, as far as the output has room for what becomes of it.
Session::Step Session::take_body(core::Bytes bytes, SessionContext& context, OutputQueue& out) {
  std::size_t at = 0;
  while (true) {
    if (at == bytes.size()) return Step{at, Outcome::wants_bytes};
    // The end of the body or a refusal has to fit too.
    if (out.free_segments() < 2 || out.room() < kLeastRoom) return Step{at, Outcome::output_full};
    core::Bytes rest = bytes.substr(at);
    if (echoes_) rest = rest.substr(0, out.room() - kLeastRoom / 2);
    core::Bytes data;
    std::size_t consumed = 0;
    bool is_whole = false;
    if (body_kind_ == BodyKind::length) {
      data = rest.substr(0, body_.left);
      consumed = data.size();
      body_.left -= consumed;
      is_whole = body_.left == 0;
    } else {
      const ChunkedDecoder::Verdict verdict = body_.chunked.next_data(rest, consumed, data);
      is_whole = verdict == ChunkedDecoder::Verdict::done;
      const bool is_bad = verdict == ChunkedDecoder::Verdict::bad;
      if (is_bad || body_.chunked.data_bytes() > context.limits.body_bytes) {
        return Step{bytes.size(), bad_body(is_bad ? Status::bad_request : Status::content_too_large,
                                           context, out)};
      }
    }
    at += consumed;
    if (echoes_) {
      if (put_echo(data, is_whole, context, out)) return Step{at, Outcome::wants_bytes};
    } else if (context.paced->counts_body()) {
      context.paced->exchange.take(data);
    }
    if (is_whole) return Step{at, end_of_body(context)};
  }
}

// Sends a piece of the body back, as it came: in a chunk if it came in chunks. Whether that was the
// end of what goes out, which the body may go on behind.
bool Session::put_echo(core::Bytes data, bool is_last, SessionContext& context, OutputQueue& out) {
  BrokenAnswer& broken = context.paced->broken;
  const bool is_chunked =
      body_kind_ == BodyKind::chunked || broken.fault().kind == target::FaultKind::bad_chunk;
  const uint64_t before = broken.is_cut() ? out.size() : 0;
  const char* start = out.tail();
  core::TextWriter writer(out.tail(), out.room());
  if (!is_chunked) {
    writer.put(data);
  } else {
    if (!data.empty()) {
      put_faulty_chunk_size(writer, data.size(), broken.take_chunk_fault());
      writer.put(data).put(kLineEnd);
    }
    if (is_last) {
      put_faulty_chunk_size(writer, 0, broken.take_chunk_fault());
      writer.put(kLineEnd);
    }
  }
  CHECK(writer.complete());
  if (writer.size() > 0) out.commit(static_cast<uint32_t>(writer.size()));
  if (!broken.is_cut() || !broken.cut(before, start, out)) return false;
  end_answer(context.paced->framing, context);
  return true;
}

// The body of the request has been taken. Its answer is complete, or comes now.
Session::Outcome Session::end_of_body(SessionContext& context) {
  body_kind_ = BodyKind::none;
  if (!echoes_) {
    phase_ = Phase::answer;
    context.paced->start(context.responder.clock().now());
  } else {
    end_answer(context.paced->framing, context);
  }
  return Outcome::wants_bytes;
}

// It will not come to its end. Where the head of the answer is out, all that is left to say is the
// end.
Session::Outcome Session::bad_body(Status status, SessionContext& context, OutputQueue& out) {
  if (!echoes_) return refuse(Responder::error(status), false, context, out);
  ++context.counters.bad_requests;
  finish(true);
  return Outcome::wants_bytes;
}

// Goes on with an answer that takes time. A request's body is passed over behind it.
Session::Step Session::go_on(core::Bytes bytes, SessionContext& context, OutputQueue& out) {
  PacedAnswer& answer = *context.paced;
  if (answer.request.is_held()) return answer_held(bytes, context, out);
  BrokenAnswer& broken = answer.broken;
  PacedAnswer::Progress progress = PacedAnswer::Progress::done;
  if (broken.is_instead()) {
    if (context.responder.clock().now() < answer.until) return Step{0, Outcome::wants_time};
    if (broken.resets() && !out.empty()) return Step{0, Outcome::output_full};
  } else {
    const uint64_t before = broken.is_cut() ? out.size() : 0;
    const char* start = out.tail();
    const bool had_head = answer.has_head;
    progress = answer.go_on(context.responder.clock(), context.draining, out);
    if (answer.has_head && !had_head) context.counters.responses.count(answer.exchange.status);
    if (broken.is_cut() && broken.cut(before, start, out)) progress = PacedAnswer::Progress::done;
  }
  if (progress == PacedAnswer::Progress::waits) return Step{0, Outcome::wants_time};
  if (progress == PacedAnswer::Progress::full) return Step{0, Outcome::output_full};
  if (!out.empty()) out.count_response();
  end_answer(answer.framing, context);
  return Step{0, Outcome::wants_bytes};
}

}  // namespace http::h1
