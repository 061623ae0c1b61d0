#include "http/h1/made_serializer.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "http/h1/broken_answer.h"
#include "http/h1/head_text.h"
#include "http/target/reason.h"

namespace http::h1 {

namespace {

using target::MadeResponse;

bool has_trailers(const MadeResponse& made, const Framing& framing) {
  return !made.trailer_names.empty() && framing.takes_chunks;
}

// Whether its body is framed in chunks here: because of what comes behind it, or of what is to be
// wrong with them.
bool makes_chunks(const MadeResponse& made, const Framing& framing) {
  return has_trailers(made, framing) || made.fault.kind == target::FaultKind::bad_chunk;
}

void put_head(core::TextWriter& writer, const MadeResponse& made, const Framing& framing,
              const core::CachedClock& clock) {
  writer.put("HTTP/1.1 ").put(uint64_t{made.status}).put(" ");
  writer.put(target::reason_phrase(made.status));
  put_origin(writer, clock);
  if (!made.content_type.empty()) {
    put_field(writer, "Content-Type", made.content_type);
    writer.put(kNoSniff);
  }
  writer.put(made.fields);
  if (has_trailers(made, framing)) put_field(writer, "Trailer", made.trailer_names);
  if (target::has_no_content(made.status)) {
    // No body, and nothing to say of its length.
  } else if (made.is_chunked || makes_chunks(made, framing)) {
    writer.put("Transfer-Encoding: chunked\r\n");
  } else if (made.has_length) {
    put_field(writer, "Content-Length", faulty_length(made.length, made.fault));
  }
  put_connection(writer, framing);
}

// Behind the data of the only chunk.
void put_end_of_chunks(core::TextWriter& writer, const MadeResponse& made) {
  writer.put(kLineEnd);
  put_chunk_size(writer, 0);
  writer.put(made.trailers).put(kLineEnd);
}

}  // namespace

void put_repeated(core::TextWriter& writer, const char* first, uint64_t length) {
  const uint64_t until_end = std::min(length, left_in_block(first));
  writer.put(core::Bytes(first, until_end));
  writer.put(core::Bytes(later_in_block(first, until_end), length - until_end));
}

bool serialize_made(const MadeResponse& made, const Framing& framing,
                    const core::CachedClock& clock, OutputQueue& out) {
  constexpr uint32_t kSegments = 3;  // the head, with the body if that is short, the body, its end
  if (out.free_segments() < kSegments) return false;
  core::TextWriter writer(out.tail(), out.room());
  put_head(writer, made, framing, clock);
  const bool is_copied = made.block == nullptr || made.length <= kCopiedBody;
  const bool has_body = !framing.head_only && !target::has_no_content(made.status);
  const bool is_framed = has_body && makes_chunks(made, framing);
  if (is_framed) put_faulty_chunk_size(writer, made.length, made.fault);
  if (has_body && is_copied) {
    if (made.block == nullptr) {
      writer.put(made.text);
    } else {
      put_repeated(writer, made.block, made.length);
    }
    if (is_framed) put_end_of_chunks(writer, made);
  }
  // The target's buffers are small enough.
  CHECK(writer.complete() || !out.empty());
  if (!writer.complete()) return false;
  out.commit(static_cast<uint32_t>(writer.size()));
  if (has_body && !is_copied) {
    out.append_repeated(made.block, made.length);
    if (is_framed) {
      core::TextWriter end(out.tail(), out.room());
      put_end_of_chunks(end, made);
      out.commit(static_cast<uint32_t>(end.size()));
    }
  }
  return true;
}

}  // namespace http::h1
