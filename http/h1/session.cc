#include "http/h1/session.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/ascii.h"
#include "core/check.h"
#include "http/h1/serializer.h"
#include "http/semantics/token.h"

namespace http::h1 {

namespace {

// Whether the list has the token, in any case of letters.
bool list_has(core::Bytes list, core::Bytes token) {
  ListMembers members(list);
  for (core::Bytes member; members.next(member);) {
    if (core::equals_ignoring_case(member, token)) return true;
  }
  return false;
}

bool connection_has(const RequestHead& head, core::Bytes token) {
  for (uint32_t i = 0; i < head.field_count; ++i) {
    if (head.fields[i].name == FieldName::connection &&
        list_has(head.value_of(head.fields[i]), token)) {
      return true;
    }
  }
  return false;
}

enum class Expectation : uint8_t { none, go_on, unknown };

// What all members of Expect come to: 100-continue is the only one that can be met (RFC 9110
// section 10.1.1).
Expectation expectation_of(const RequestHead& head) {
  Expectation expectation = Expectation::none;
  for (uint32_t i = 0; i < head.field_count; ++i) {
    if (head.fields[i].name != FieldName::expect) continue;
    ListMembers members(head.value_of(head.fields[i]));
    for (core::Bytes member; members.next(member);) {
      if (member.empty()) continue;
      if (!core::equals_ignoring_case(member, "100-continue")) return Expectation::unknown;
      expectation = Expectation::go_on;
    }
  }
  return expectation;
}

// RFC 9112 section 3.2: exactly one Host, required in HTTP/1.1, empty or host[:port].
bool host_is_valid(const RequestHead& head, KnownHost& known) {
  if (!head.has(FieldName::host)) return head.minor_version == 0;
  if (head.has_many(FieldName::host)) return false;
  const core::Bytes host = head.value(FieldName::host);
  if (known.is(host)) return true;
  if (!host.empty() && !is_authority(host)) return false;
  known.remember(host);
  return true;
}

// Bytes of the output that an answer can take (Caller::room).
uint32_t room_for_one(const RequestHead& head, const OutputQueue& out) {
  constexpr uint32_t kSegments = 3;
  if (out.empty()) return UINT32_MAX;
  // An interim response goes out alone.
  return head.has(FieldName::expect) || out.free_segments() < kSegments ? 0 : out.room();
}

}  // namespace

// Whether nothing about the request or the connection calls for more than the representation.
[[gnu::always_inline]] inline bool Session::is_plain(const SessionContext& context) const {
  // Fields that can make an end of the connection, a body, or an interim response.
  constexpr uint32_t kFraming = bit(FieldName::connection) | bit(FieldName::content_length) |
                                bit(FieldName::transfer_encoding) | bit(FieldName::expect);
  const RequestHead& head = context.head;
  const uint32_t telling = head.present & (kFraming | Responder::kSelecting | bit(FieldName::host));
  return telling == bit(FieldName::host) && !head.has_many(FieldName::host) &&
         head.method <= Method::head && head.minor_version == 1 &&
         context.known_host.is(head.value_of(head.first(FieldName::host))) && !turned_away_ &&
         (context.limits.requests | uint32_t{context.draining}) == 0;
}

// A request was answered with a whole representation, and nothing of it is left.
[[gnu::always_inline]] inline void Session::count_whole(SessionContext& context) {
  ++context.counters.requests;
  context.counters.responses.count(static_cast<uint32_t>(Status::ok));
  ++requests_;
  phase_ = Phase::idle;
}

Session::Ready Session::ready_answer(core::Bytes bytes, SessionContext& context) {
  // Of no bytes none are parsed, and the head that stands in the context would be answered again.
  DCHECK(is_between_requests() && !bytes.empty());
  const uint32_t parsed = accept_head(bytes, context.limits.head, context.head);
  const bool is_get = context.head.method == Method::get;
  if (parsed != bytes.size() || !is_get || !is_plain(context)) return {nullptr, parsed};
  Entry* entry = context.responder.find_whole<Responder::Among::in_memory>(context.head);
  if (entry == nullptr || !is_rendered(*entry, context.responder.clock())) {
    return {nullptr, parsed};
  }
  count_whole(context);
  return {entry, 0};
}

Session::Step Session::on_bytes(core::Bytes bytes, SessionContext& context, OutputQueue& out,
                                uint32_t parsed) {
  std::size_t at = 0;
  while (true) {
    const core::Bytes rest(bytes.data() + at, bytes.size() - at);
    if (phase_ <= Phase::head) [[likely]] {
      if (rest.empty()) return Step{at, Outcome::wants_bytes};
      const Step step = on_head(rest, std::exchange(parsed, 0), context, out);
      at += step.consumed;
      // An incomplete head consumes nothing; a complete one is followed by the next.
      if (step.outcome >= Outcome::output_full) return Step{at, step.outcome};
      if (step.consumed == 0) return Step{at, Outcome::wants_bytes};
    } else if (phase_ == Phase::body) {
      at += on_body(rest, context);
      if (phase_ == Phase::body) return Step{at, Outcome::wants_bytes};
    } else if (phase_ == Phase::taking) {
      const Step step = take_body(rest, context, out);
      at += step.consumed;
      if (step.outcome == Outcome::output_full || phase_ == Phase::taking) {
        return Step{at, step.outcome};
      }
    } else if (phase_ == Phase::answer) {
      const Step step = go_on(rest, context, out);
      at += step.consumed;
      if (phase_ == Phase::answer) return Step{at, step.outcome};
    } else if (phase_ == Phase::stalled) {
      const bool is_over = context.responder.clock().now() >= context.paced->until;
      if (!is_over) return Step{bytes.size(), Outcome::wants_time};
      finish(false);
    } else {
      // Unread requests behind the last one would turn the close into a reset.
      if (!rest.empty()) lingers_ = true;
      return Step{bytes.size(), Outcome::finished};
    }
  }
}

inline Session::Step Session::on_head(core::Bytes bytes, uint32_t parsed, SessionContext& context,
                                      OutputQueue& out) {
  if (parsed == 0 && scanned_ == 0) {
    parsed = accept_head(bytes, context.limits.head, context.head);
  }
  if (parsed == 0) [[unlikely]]
    return on_doubtful_head(bytes, context, out);
  return on_whole_head(bytes, parsed, context, out);
}

// A head that is not whole, or not valid, or rare.
Session::Step Session::on_doubtful_head(core::Bytes bytes, SessionContext& context,
                                        OutputQueue& out) {
  // A head that was incomplete before is parsed again only when one more of its lines has come, so
  // that a client that sends single bytes costs a look at each and not a parse of all.
  if (scanned_ > 0 && bytes.size() < context.limits.head.head_bytes &&
      bytes.find('\n', scanned_) == core::Bytes::npos) {
    scanned_ = static_cast<uint16_t>(bytes.size());  // at most kMaxHeadBytes
    return Step{0, Outcome::wants_bytes};
  }
  const HeadResult result = parse_head(bytes, context.limits.head, context.head);
  switch (result.verdict) {
    case HeadVerdict::incomplete:
      scanned_ = static_cast<uint16_t>(bytes.size());  // at most kMaxHeadBytes
      phase_ = Phase::head;
      return Step{0, Outcome::wants_bytes};
    case HeadVerdict::bad:
      if (refuse_head(bytes, result, context, out) == Outcome::output_full) {
        return Step{0, Outcome::output_full};
      }
      return Step{bytes.size(), Outcome::finished};
    case HeadVerdict::complete:
      return on_whole_head(bytes, result.consumed, context, out);
  }
  UNREACHABLE();
}

inline Session::Step Session::on_whole_head(core::Bytes bytes, uint32_t consumed,
                                            SessionContext& context, OutputQueue& out) {
  if (!out.takes_response()) return Step{0, Outcome::output_full};
  Entry* whole = nullptr;
  if (is_plain(context)) whole = context.responder.find_whole<Responder::Among::all>(context.head);
  if (whole != nullptr) [[likely]] {
    const Framing framing{.head_only = context.head.method == Method::head};
    const core::CachedClock& clock = context.responder.clock();
    const bool is_copied =
        !framing.head_only && is_rendered(*whole, clock) && append_copy(*whole, out);
    if (!is_copied && !serialize_whole(*whole, framing, clock, out)) {
      return Step{0, Outcome::output_full};
    }
    count_whole(context);
  } else {
    const Outcome outcome = answer(bytes.substr(0, consumed), context, out);
    if (outcome != Outcome::wants_bytes) return Step{0, outcome};
    if (out.empty()) {  // the answer begins later
      scanned_ = 0;
      return Step{consumed, Outcome::wants_bytes};
    }
  }
  out.count_response();
  scanned_ = 0;
  return Step{consumed, Outcome::wants_bytes};
}

// Queues the response to the head that has been read from `text` and enters the next phase
// (wants_bytes), unless the output is full or the disk has to be waited for: then nothing has
// changed but that a head has begun.
Session::Outcome Session::answer(core::Bytes text, SessionContext& context, OutputQueue& out) {
  const RequestHead& head = context.head;
  Framing framing;
  framing.head_only = head.method == Method::head;
  if (!host_is_valid(head, context.known_host)) {
    return refuse(Responder::error(Status::bad_request, head), framing.head_only, context, out);
  }
  BodyFraming body = body_framing(head);
  if (body.kind == BodyKind::bad) {
    return refuse(Responder::error(body.status, head), framing.head_only, context, out);
  }
  if (body.kind == BodyKind::length && body.length > context.limits.body_bytes) {
    return refuse(Responder::error(Status::content_too_large, head), framing.head_only, context,
                  out);
  }
  const bool is_due = context.caller.chance.has_value();  // after it was held
  if (is_due && context.paced->request.takes_body()) body = BodyFraming();
  const bool old_client = head.minor_version == 0;
  // RFC 9112 section 9.3: "close" counts before "keep-alive", which counts in HTTP/1.0 only.
  bool persistent = !old_client;
  if (head.has(FieldName::connection)) {
    persistent =
        !connection_has(head, "close") && (!old_client || connection_has(head, "keep-alive"));
  }
  // The last one that the limit allows; and what a client sends after CONNECT is not meant to be
  // requests (RFC 9110 section 9.3.6).
  const bool last = (context.limits.requests != 0 && requests_ + 1U >= context.limits.requests) ||
                    head.method == Method::connect;
  framing.close = !persistent || last || context.draining;
  framing.keep_alive = !framing.close && old_client;
  framing.takes_chunks = !old_client;

  context.caller.requests = requests_;
  context.caller.room = room_for_one(head, out);
  Response response = turned_away_ ? Responder::error(Status::service_unavailable, head)
                                   : context.responder.respond(head, context.caller);
  if (response.status != Status::ok) [[unlikely]] {
    if (response.status == Status::not_ready) {
      phase_ = Phase::head;
      return Outcome::wants_disk;
    }
    // Where a target is no target, nothing behind it is trusted to be a request (RFC 9112 section
    // 3). One with a bad parameter is a target.
    const bool is_none = response.status == Status::bad_request && response.made == nullptr;
    framing.close = framing.close || turned_away_ || is_none;
  }
  if (response.made != nullptr && response.made->wants_room) return Outcome::output_full;
  const auto is_early = [&response] { return response.made != nullptr && response.made->is_early; };
  const bool is_made_wrong =
      response.made != nullptr && response.made->fault.kind != target::FaultKind::none;
  // The request is whole with its head where the body waits for its answer.
  const bool body_waits =
      is_early() && (response.made->echoes || text.size() > HeldRequest::kLongest);
  if (body_waits) return hold(text, BodyFraming(), *response.made, context);
  if (head.has(FieldName::expect) && !old_client && !turned_away_) [[unlikely]] {
    // RFC 9110 section 10.1.1. A final status that needs no body is sent at once, and what the
    // client does with its body is then unknown: the connection ends.
    const Expectation expectation = expectation_of(head);
    if (expectation == Expectation::unknown) {
      response = Responder::error(Status::expectation_failed, head);
      framing.close = framing.close || body.kind != BodyKind::none;
    } else if (expectation == Expectation::go_on && body.kind != BodyKind::none) {
      if (static_cast<unsigned>(response.status) >= 400) {
        framing.close = true;
      } else if (is_made_wrong && response.made->echoes) {
        // Its answer is not the one that the client waits for with its body.
      } else if (!out.empty()) {
        return Outcome::output_full;  // an empty queue has room for both, so that neither is queued
                                      // twice
      } else {
        serialize_continue(out);
      }
    }
  }
  if (is_early()) return hold(text, body, *response.made, context);
  if (framing.close) framing.keep_alive = false;

  // A client that did not ask for the end may have sent more, or be about to.
  const bool lingers = persistent || body.kind != BodyKind::none;
  if (response.made != nullptr) [[unlikely]] {
    return answer_made(*response.made, body, framing, lingers, context, out);
  }
  if (!serialize(response, framing, context.responder.clock(), out)) return Outcome::output_full;
  count_answer(context);
  context.counters.responses.count(static_cast<uint32_t>(response.status));
  if (framing.close) {
    finish(lingers);
  } else {
    expect_body(body);
  }
  return Outcome::wants_bytes;
}

void Session::count_answer(SessionContext& context) {
  ++context.counters.requests;
  ++requests_;
}

// Enters the phase that comes behind a head, or its answer.
void Session::expect_body(const BodyFraming& body) {
  phase_ = body.kind == BodyKind::none ? Phase::idle : Phase::body;
  body_kind_ = body.kind;
  if (body.kind == BodyKind::length) {
    body_.left = body.length;
  } else if (body.kind == BodyKind::chunked) {
    std::construct_at(&body_.chunked);
  }
}

// Passes over the request body, as far as it goes. Returns how many of the bytes belong to it.
std::size_t Session::on_body(core::Bytes bytes, SessionContext& context) {
  std::size_t consumed = 0;
  if (body_kind_ == BodyKind::length) {
    consumed = std::min<uint64_t>(body_.left, bytes.size());
    body_.left -= consumed;
    if (body_.left == 0) phase_ = Phase::idle;
    return consumed;
  }
  const ChunkedDecoder::Verdict verdict = body_.chunked.consume(bytes, consumed);
  if (verdict == ChunkedDecoder::Verdict::bad ||
      body_.chunked.data_bytes() > context.limits.body_bytes) {
    // The response has been queued already; all that is left to say is the end.
    ++context.counters.bad_requests;
    finish(true);
  } else if (verdict == ChunkedDecoder::Verdict::done) {
    phase_ = Phase::idle;
  }
  return consumed;
}

// Of a head that could not be read nothing is known but its first bytes.
Session::Outcome Session::refuse_head(core::Bytes bytes, const HeadResult& result,
                                      SessionContext& context, OutputQueue& out) {
  // The request line of the HTTP/2 connection preface (RFC 9113 section 3.4).
  if (result.status != Status::http_version_not_supported ||
      !bytes.starts_with("PRI * HTTP/2.0\r\n")) {
    const bool head_only = bytes.starts_with("HEAD ");  // RFC 9110 section 9.3.2
    return refuse(Responder::error(result.status), head_only, context, out);
  }
  if (!serialize_http2_refusal(out)) return Outcome::output_full;
  ++context.counters.bad_requests;
  finish(true);
  return Outcome::wants_bytes;
}

Session::Outcome Session::refuse(const Response& response, bool head_only, SessionContext& context,
                                 OutputQueue& out) {
  Framing framing;
  framing.head_only = head_only;
  framing.close = true;
  if (!serialize(response, framing, context.responder.clock(), out)) return Outcome::output_full;
  ++context.counters.bad_requests;
  context.counters.responses.count(static_cast<uint32_t>(response.status));
  finish(true);
  return Outcome::wants_bytes;
}

void Session::on_head_timeout(core::Bytes bytes, const SessionContext& context, OutputQueue& out) {
  // An empty line before the request line is nothing of a request (RFC 9112 section 2.2).
  const bool begun = bytes.find_first_not_of("\r\n") != core::Bytes::npos;
  if (begun) return give_up(Status::request_timeout, bytes, context, out);
  finish(false);
}

void Session::on_disk_timeout(core::Bytes bytes, const SessionContext& context, OutputQueue& out) {
  give_up(Status::service_unavailable, bytes, context, out);
}

void Session::give_up(Status status, core::Bytes bytes, const SessionContext& context,
                      OutputQueue& out) {
  Framing framing;
  framing.head_only = bytes.starts_with("HEAD ");  // RFC 9110 section 9.3.2
  framing.close = true;
  if (serialize(Responder::error(status), framing, context.responder.clock(), out)) {
    context.counters.responses.count(static_cast<uint32_t>(status));
  }
  finish(true);
}

void Session::finish(bool lingers) {
  phase_ = Phase::finished;
  lingers_ = lingers;
}

}  // namespace http::h1
