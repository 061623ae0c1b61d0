#include "http/h1/made_serializer.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "http/h1/broken_answer.h"
#include "http/h1/head_text.h"
#include "http/semantics/multipart.h"
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
  if (made.parts != nullptr) {
    writer.put("Content-Type: ");
    put_multipart_type(writer, Boundary(made.parts->boundary));
    writer.put(kLineEnd).put(kNoSniff);
  } else if (!made.content_type.empty()) {
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

// Behind the data of the only chunk, without the trailers at most kEndOfChunksCapacity bytes.
constexpr std::size_t kEndOfChunksCapacity = 16;
void put_end_of_chunks(core::TextWriter& writer, const MadeResponse& made) {
  writer.put(kLineEnd);
  put_chunk_size(writer, 0);
  writer.put(made.trailers).put(kLineEnd);
}

// Whether the head says nothing but what LastMadeHead compares.
bool is_short_head(const MadeResponse& made) {
  return made.fields.empty() && made.trailer_names.empty() && made.has_length && !made.is_chunked &&
         made.fault.kind == target::FaultKind::none;
}

// Several parts of a generated body (RFC 9110 section 14.6). Short ones are copied together, so
// that they need no segments; others lie between their heads.
[[gnu::noinline]] bool serialize_parts(const MadeResponse& made, const Framing& framing,
                                       const core::CachedClock& clock, OutputQueue& out) {
  DCHECK(!framing.head_only);
  const target::MadeParts& parts = *made.parts;
  const Boundary boundary(parts.boundary);
  const bool is_copied = made.length <= kCopiedBody;
  const bool is_framed = makes_chunks(made, framing);
  if (out.free_segments() < (is_copied ? 1 : 2 * parts.count + 1)) return false;
  core::TextWriter head(out.tail(), out.room());
  put_head(head, made, framing, clock);
  if (is_framed) put_faulty_chunk_size(head, made.length, made.fault);
  // Nothing is committed before it is known that all of it fits.
  uint64_t referred = 0;
  for (const ByteRange& part : parts.all()) referred += is_copied ? 0 : part.length();
  const uint64_t written = head.size() + made.length - referred + kEndOfChunksCapacity;
  const bool is_complete = head.complete() && written <= out.room();
  CHECK(is_complete || !out.empty());
  if (!is_complete) return false;
  out.commit(static_cast<uint32_t>(head.size()));
  for (const ByteRange& part : parts.all()) {
    core::TextWriter writer(out.tail(), out.room());
    put_part_head(writer, boundary, made.content_type, part, parts.size);
    const char* first = later_in_block(made.block, part.first);
    if (is_copied) put_repeated(writer, first, part.length());
    out.commit(static_cast<uint32_t>(writer.size()));
    if (!is_copied) out.append_repeated(first, part.length());
  }
  core::TextWriter end(out.tail(), out.room());
  put_multipart_end(end, boundary);
  if (is_framed) put_end_of_chunks(end, made);
  out.commit(static_cast<uint32_t>(end.size()));
  return true;
}

}  // namespace

bool LastMadeHead::is_of(const MadeResponse& made, const Framing& framing,
                         const core::CachedClock& clock) const {
  return size_ > 0 && length_ == made.length && date_seconds_ == clock.wall_seconds() &&
         status_ == made.status && framing_.close == framing.close &&
         framing_.keep_alive == framing.keep_alive &&
         core::equal(made.content_type, {type_, type_length_});
}

void LastMadeHead::put(core::TextWriter& writer, const MadeResponse& made, const Framing& framing,
                       const core::CachedClock& clock) {
  if (!is_short_head(made) || made.content_type.size() > sizeof(type_)) {
    return put_head(writer, made, framing, clock);
  }
  if (!is_of(made, framing, clock)) {
    core::TextWriter text(text_, sizeof(text_));
    put_head(text, made, framing, clock);
    CHECK(text.complete());
    size_ = static_cast<uint32_t>(text.size());
    length_ = made.length;
    date_seconds_ = clock.wall_seconds();
    status_ = made.status;
    framing_ = framing;
    type_length_ = static_cast<uint32_t>(made.content_type.copy(type_, sizeof(type_)));
  }
  writer.put({text_, size_});
}

void put_repeated(core::TextWriter& writer, const char* first, uint64_t length) {
  const uint64_t until_end = std::min(length, left_in_block(first));
  writer.put(core::Bytes(first, until_end));
  writer.put(core::Bytes(later_in_block(first, until_end), length - until_end));
}

bool serialize_made(const MadeResponse& made, const Framing& framing,
                    const core::CachedClock& clock, OutputQueue& out, LastMadeHead* last_head) {
  if (made.parts != nullptr) [[unlikely]]
    return serialize_parts(made, framing, clock, out);
  constexpr uint32_t kSegments = 3;  // the head, with the body if that is short; a block; its end
  if (out.free_segments() < kSegments) return false;
  core::TextWriter writer(out.tail(), out.room());
  if (last_head != nullptr) {
    last_head->put(writer, made, framing, clock);
  } else {
    put_head(writer, made, framing, clock);
  }
  const bool has_body = !framing.head_only && !target::has_no_content(made.status);
  const bool is_framed = has_body && makes_chunks(made, framing);
  const uint64_t block_length = has_body ? made.block_length() : 0;
  const bool is_lent = has_body && made.is_lasting && made.text.size() > kCopiedBody;
  const bool is_copied = !is_lent && block_length <= kCopiedBody;
  const auto put_end = [&made, is_framed](core::TextWriter& end) {
    end.put(made.tail);
    if (is_framed) put_end_of_chunks(end, made);
  };
  if (is_framed) put_faulty_chunk_size(writer, made.length, made.fault);
  if (has_body) {
    if (!is_lent) writer.put(made.text);
    if (is_copied && made.block != nullptr) put_repeated(writer, made.block, block_length);
    if (is_copied) put_end(writer);
  }
  // The target's buffers are small enough.
  const std::size_t behind =
      is_copied ? 0 : made.tail.size() + made.trailers.size() + kEndOfChunksCapacity;
  const bool is_complete = writer.complete() && writer.size() + behind <= out.room();
  CHECK(is_complete || !out.empty());
  if (!is_complete) return false;
  out.commit(static_cast<uint32_t>(writer.size()));
  if (is_copied) return true;
  if (is_lent) {
    out.append_lasting(made.text);
  } else {
    out.append_repeated(made.block, block_length);
  }
  core::TextWriter end(out.tail(), out.room());
  put_end(end);
  if (end.size() > 0) out.commit(static_cast<uint32_t>(end.size()));
  return true;
}

}  // namespace http::h1
