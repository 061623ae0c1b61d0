#include "http/h1/made_serializer.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "http/h1/head_text.h"
#include "http/target/reason.h"

namespace http::h1 {

namespace {

using target::MadeResponse;

bool has_trailers(const MadeResponse& made, const Framing& framing) {
  return !made.trailer_names.empty() && framing.takes_chunks;
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
  if (has_trailers(made, framing)) {
    put_field(writer, "Trailer", made.trailer_names);
    writer.put("Transfer-Encoding: chunked\r\n");
  } else if (made.has_length && !target::has_no_content(made.status)) {
    put_field(writer, "Content-Length", made.length);
  }
  put_connection(writer, framing);
}

}  // namespace

void put_repeated(core::TextWriter& writer, const char* first, uint64_t length) {
  const uint64_t until_end = std::min(length, left_in_block(first));
  writer.put(core::Bytes(first, until_end));
  writer.put(core::Bytes(later_in_block(first, until_end), length - until_end));
}

bool serialize_made(const MadeResponse& made, const Framing& framing,
                    const core::CachedClock& clock, OutputQueue& out) {
  constexpr uint32_t kSegments = 2;  // the head, with the body if that is short, and the body
  if (out.free_segments() < kSegments) return false;
  core::TextWriter writer(out.tail(), out.room());
  put_head(writer, made, framing, clock);
  const bool is_copied = made.block == nullptr || made.length <= kCopiedBody;
  if (!framing.head_only && is_copied) {
    if (has_trailers(made, framing)) {
      put_chunk(writer, made.text);
      put_chunk_size(writer, 0);
      writer.put(made.trailers).put(kLineEnd);
    } else if (made.block == nullptr) {
      writer.put(made.text);
    } else {
      put_repeated(writer, made.block, made.length);
    }
  }
  // The target's buffers are small enough.
  CHECK(writer.complete() || !out.empty());
  if (!writer.complete()) return false;
  out.commit(static_cast<uint32_t>(writer.size()));
  if (!framing.head_only && !is_copied) out.append_repeated(made.block, made.length);
  return true;
}

}  // namespace http::h1
