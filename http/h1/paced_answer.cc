#include "http/h1/paced_answer.h"

#include "core/check.h"
#include "http/h1/head_text.h"
#include "http/h1/made_serializer.h"

namespace http::h1 {

namespace {

// A size in hexadecimal and two line ends.
constexpr uint32_t kChunkFraming = 16 + 4;
// The head of a chunk, what is in it, and its end with whatever comes next.
constexpr uint32_t kSegments = 3;

}  // namespace

void PacedAnswer::begin(const target::Exchange& plan, const Framing& how) {
  exchange = plan;
  delay = plan.delay;
  request.forget();
  framing = how;
  has_head = false;
  // A client of HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
  const bool has_length = target::content_length_of(plan).has_value();
  const bool is_bad = broken.fault().kind == target::FaultKind::bad_chunk;
  is_chunked = is_bad || (!has_length && how.takes_chunks);
  if (!has_length && !how.takes_chunks) {
    framing.close = true;
    framing.keep_alive = false;
  }
}

void PacedAnswer::start(uint64_t now) {
  until = now + delay;
  exchange.start = until;
}

PacedAnswer::Progress PacedAnswer::go_on(const core::CachedClock& clock, bool is_last,
                                         OutputQueue& out) {
  if (!has_head) {
    if (clock.now() < until) return Progress::waits;
    if (is_last) {
      framing.close = true;
      framing.keep_alive = false;
    }
    if (broken.is_slow()) {
      if (!out.empty()) return Progress::full;
      if (!put_slow_head(clock, out)) return Progress::waits;
    } else if (!put_head(clock, out)) {
      return Progress::full;
    }
    has_head = true;
    if (framing.head_only || target::has_no_content(exchange.status)) return Progress::done;
  }
  while (true) {
    char scratch[target::kPieceCapacity];
    const target::Piece piece =
        target::next_piece(exchange, clock.now(), std::span<char, sizeof(scratch)>(scratch));
    if (piece.kind == target::Piece::Kind::wait) {
      until = piece.until;
      return Progress::waits;
    }
    if (!put_piece(piece, out)) return Progress::full;
    if (piece.kind == target::Piece::Kind::end) return Progress::done;
    exchange.done += piece.units;
  }
}

bool PacedAnswer::put_head(const core::CachedClock& clock, OutputQueue& out) {
  target::MadeResponse head;
  head.status = target::status_of(exchange);
  head.content_type = target::content_type_of(exchange);
  const auto length = target::content_length_of(exchange);
  head.has_length = length.has_value();
  head.length = length.value_or(0);
  head.is_chunked = is_chunked;
  head.fault = broken.fault();
  Framing as_head = framing;
  as_head.head_only = true;
  return serialize_made(head, as_head, clock, out);
}

// Appends the next byte of the head; with the last one the pieces begin. `out` is empty.
bool PacedAnswer::put_slow_head(const core::CachedClock& clock, OutputQueue& out) {
  framing = broken.keep_framing(framing);
  core::CachedClock then;
  then.update({clock.now(), broken.keep_time(clock.wall_seconds())});
  CHECK(put_head(then, out));
  exchange.start = clock.now();
  until = clock.now() + broken.gap();
  return broken.leave_next_of_head(out);
}

// Appends a piece as it is framed, or nothing.
bool PacedAnswer::put_piece(const target::Piece& piece, OutputQueue& out) {
  const bool is_end = piece.kind == target::Piece::Kind::end;
  if (is_end && !is_chunked) return true;
  const bool is_text = piece.kind == target::Piece::Kind::text;
  const uint64_t length = is_text ? piece.text.size() : piece.length;
  const bool is_copied = is_text || length <= kCopiedBody;
  if (out.free_segments() < kSegments || out.room() < kChunkFraming + (is_copied ? length : 0)) {
    return false;
  }
  core::TextWriter writer(out.tail(), out.room());
  if (is_chunked) {
    put_faulty_chunk_size(writer, length, broken.take_chunk_fault());
  }
  if (is_text) {
    writer.put(piece.text);
  } else if (is_copied) {
    put_repeated(writer, piece.block, length);
  }
  if (is_chunked && is_copied) writer.put(kLineEnd);
  if (writer.size() > 0) out.commit(static_cast<uint32_t>(writer.size()));
  if (is_copied) return true;
  out.append_repeated(piece.block, length);
  if (is_chunked) {
    core::TextWriter end(out.tail(), out.room());
    end.put(kLineEnd);
    out.commit(static_cast<uint32_t>(end.size()));
  }
  return true;
}

}  // namespace http::h1
