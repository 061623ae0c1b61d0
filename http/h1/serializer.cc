#include "http/h1/serializer.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "core/imf_fixdate.h"
#include "core/text_writer.h"
#include "http/error_page.h"
#include "http/h1/head_text.h"
#include "http/semantics/multipart.h"
#include "http/semantics/range.h"

namespace http::h1 {

namespace {

// A segment for the head and one for the body.
constexpr uint32_t kSegmentsPerResponse = 2;

// The status line, Server and Date; `date_offset` is where the date stands.
std::size_t put_start(core::TextWriter& writer, Status status, const core::CachedClock& clock) {
  writer.put("HTTP/1.1 ").put(status_text(status));
  return put_origin(writer, clock);
}

// What a cache compares and keys by: in 200 and 206, and in 304 as well (RFC 9110 section 15.4.5).
void put_validators(core::TextWriter& writer, const Entry& entry, const core::CachedClock& clock) {
  if (entry.has_modified) {
    // Never later than Date (section 8.8.2.1), whatever the file's time stamp says.
    char date[core::kImfFixdateLength];
    core::format_imf_fixdate(std::min(entry.status.modified_seconds(), clock.wall_seconds()), date);
    put_field(writer, "Last-Modified", core::Bytes(date, sizeof(date)));
  }
  if (!entry.entity_tag.empty()) put_field(writer, "ETag", entry.entity_tag);
  if (!entry.vary.empty()) put_field(writer, "Vary", entry.vary);
}

// Everything about the representation but its type.
void put_entry_fields(core::TextWriter& writer, const Entry& entry, uint64_t content_length,
                      const core::CachedClock& clock) {
  writer.put(kNoSniff);
  put_field(writer, "Content-Length", content_length);
  put_validators(writer, entry, clock);
  if (entry.coding != ContentCoding::identity) {
    put_field(writer, "Content-Encoding", coding_name(entry.coding));
  }
  if (!entry.security_policy.empty()) {
    put_field(writer, "Content-Security-Policy", entry.security_policy);
  }
  writer.put("Accept-Ranges: bytes\r\n");
}

// The head of a 200 response up to and including its empty line, right in front of the body.
[[gnu::cold]] void render_head(Entry& entry, const core::CachedClock& clock) {
  char text[kRenderedHeadCapacity];
  core::TextWriter writer(text, sizeof(text));
  const std::size_t date_offset = put_start(writer, Status::ok, clock);
  put_field(writer, "Content-Type", entry.content_type);
  put_entry_fields(writer, entry, entry.size(), clock);
  writer.put(kLineEnd);
  CHECK(writer.complete());
  RenderedHead& head = entry.head;
  head.length = static_cast<uint16_t>(writer.size());
  head.date_offset = static_cast<uint16_t>(date_offset);
  head.date_seconds = clock.wall_seconds();
  head.bytes = const_cast<char*>(entry.body.data()) - head.length;
  std::memcpy(head.bytes, text, head.length);
}

// Another second has begun, or the clock was set.
void refresh_head(Entry& entry, const core::CachedClock& clock) {
  RenderedHead& head = entry.head;
  const int64_t modified = entry.has_modified ? entry.status.modified_seconds() : INT64_MIN;
  // Last-Modified of a file from the future is the date.
  if (modified > std::min(head.date_seconds, clock.wall_seconds())) {
    return render_head(entry, clock);
  }
  std::memcpy(head.bytes + head.date_offset, clock.date().data(), core::kImfFixdateLength);
  head.date_seconds = clock.wall_seconds();
}

// Makes the rendered head what it has to be now. False if that would change what is being sent.
[[gnu::noinline]] bool renew_head(Entry& entry, const core::CachedClock& clock) {
  if (entry.head.lent > 0) return false;
  if (entry.head.length == 0) {
    render_head(entry, clock);
  } else {
    refresh_head(entry, clock);
  }
  return true;
}

// Appends bytes of the entry without copying them, behind the `head` bytes of their response.
void append_part(Entry& entry, ByteRange part, uint64_t head, OutputQueue& out) {
  if (entry.strategy == Entry::Strategy::memory) {
    out.append_memory(entry.body.substr(part.first, part.length()), &entry);
  } else {
    out.append_file(entry, part.first, part.length(), head);
  }
}

// The rendered head is being sent and not what it has to be now.
[[gnu::noinline]] bool serialize_whole_anew(Entry& entry, const Framing& framing,
                                            const core::CachedClock& clock, OutputQueue& out) {
  if (out.free_segments() < kSegmentsPerResponse || out.pins_other_than(entry)) return false;
  core::TextWriter writer(out.tail(), out.room());
  put_start(writer, Status::ok, clock);
  put_field(writer, "Content-Type", entry.content_type);
  put_entry_fields(writer, entry, entry.size(), clock);
  put_connection(writer, framing);
  if (!writer.complete()) return false;
  out.commit(static_cast<uint32_t>(writer.size()));
  if (!framing.head_only && entry.size() > 0) {
    append_part(entry, {0, entry.size() - 1}, writer.size(), out);
  }
  return true;
}

}  // namespace

bool serialize_whole(Entry& entry, const Framing& framing, const core::CachedClock& clock,
                     OutputQueue& out) {
  const RenderedHead& head = entry.head;
  if (!is_current(head, clock) && !renew_head(entry, clock)) [[unlikely]] {
    return serialize_whole_anew(entry, framing, clock, out);
  }
  const bool in_memory = entry.strategy == Entry::Strategy::memory;
  const uint64_t body = framing.head_only ? 0 : entry.size();
  const bool copied = in_memory && body <= kCopiedBody;
  const uint64_t copied_body = copied ? body : 0;
  if (out.free_segments() < kSegmentsPerResponse ||
      head.length + kKeepAlive.size() + copied_body > out.room() ||
      (body > copied_body && out.pins_other_than(entry))) {
    return false;
  }
  char* at = out.tail();
  if (!framing.close && !framing.keep_alive) [[likely]] {
    std::memcpy(at, head.bytes, head.length + copied_body);
    out.commit(static_cast<uint32_t>(head.length + copied_body));
  } else {
    const core::Bytes connection = framing.close ? kClose : kKeepAlive;
    const std::size_t fields = head.length - kLineEnd.size();
    std::memcpy(at, head.bytes, fields);
    std::memcpy(at + fields, connection.data(), connection.size());
    // The empty line and the body lie together.
    std::memcpy(at + fields + connection.size(), head.bytes + fields,
                kLineEnd.size() + copied_body);
    out.commit(static_cast<uint32_t>(head.length + connection.size() + copied_body));
  }
  if (body > copied_body) {
    if (in_memory) {
      out.append_memory(entry.body, &entry);
    } else {
      out.append_file(entry, 0, body, static_cast<uint64_t>(out.tail() - at));
    }
  }
  return true;
}

namespace {

bool serialize_part(const Response& response, const Framing& framing,
                    const core::CachedClock& clock, OutputQueue& out) {
  Entry& entry = *response.entry;
  const ByteRange part = response.parts.front();
  char range[kContentRangeCapacity];
  core::TextWriter writer(out.tail(), out.room());
  put_start(writer, response.status, clock);
  put_field(writer, "Content-Range", format_content_range(part, entry.size(), range));
  put_field(writer, "Content-Type", entry.content_type);
  put_entry_fields(writer, entry, part.length(), clock);
  put_connection(writer, framing);
  if (!writer.complete()) return false;
  out.commit(static_cast<uint32_t>(writer.size()));
  if (!framing.head_only) append_part(entry, part, writer.size(), out);
  return true;
}

// Several parts as multipart/byteranges (RFC 9110 section 14.6). Parts of a body in memory, which
// is small, are copied, so that they need no segments; a file's lie between their heads.
bool serialize_parts(const Response& response, const Framing& framing,
                     const core::CachedClock& clock, OutputQueue& out) {
  Entry& entry = *response.entry;
  const Boundary boundary(response.boundary);
  const bool in_memory = entry.strategy == Entry::Strategy::memory;
  const uint32_t segments = in_memory ? 1 : 2 * static_cast<uint32_t>(response.parts.size()) + 1;
  if (out.free_segments() < segments) return false;
  const uint64_t length = multipart_length(response.parts, entry.content_type, entry.size());

  core::TextWriter head(out.tail(), out.room());
  put_start(head, response.status, clock);
  head.put("Content-Type: ");
  put_multipart_type(head, boundary);
  head.put(kLineEnd);
  put_entry_fields(head, entry, length, clock);
  put_connection(head, framing);
  if (!head.complete()) return false;
  if (framing.head_only) {
    out.commit(static_cast<uint32_t>(head.size()));
    return true;
  }
  // Nothing is committed before it is known that all of it fits.
  uint64_t referred = 0;
  if (!in_memory) {
    for (const ByteRange& part : response.parts) referred += part.length();
  }
  if (head.size() + length - referred > out.room()) return false;
  out.commit(static_cast<uint32_t>(head.size()));
  std::size_t head_size = head.size();  // what has not been separated
  for (const ByteRange& part : response.parts) {
    core::TextWriter writer(out.tail(), out.room());
    put_part_head(writer, boundary, entry.content_type, part, entry.size());
    if (in_memory) writer.put(entry.body.substr(part.first, part.length()));
    out.commit(static_cast<uint32_t>(writer.size()));
    if (in_memory) continue;
    append_part(entry, part, head_size + writer.size(), out);
    head_size = 0;
  }
  core::TextWriter end(out.tail(), out.room());
  put_multipart_end(end, boundary);
  out.commit(static_cast<uint32_t>(end.size()));
  return true;
}

bool serialize_without_entry_body(const Response& response, const Framing& framing,
                                  const core::CachedClock& clock, OutputQueue& out) {
  core::TextWriter writer(out.tail(), out.room());
  put_start(writer, response.status, clock);
  core::Bytes body = response.body;
  char range[kContentRangeCapacity];
  if (response.status == Status::range_not_satisfiable) {
    put_field(writer, "Content-Range", format_unsatisfied_range(response.entry->size(), range));
  }
  if (!response.location.empty()) put_field(writer, "Location", response.location);
  if (!response.allow.empty()) put_field(writer, "Allow", response.allow);
  if (response.retry_later) writer.put("Retry-After: 1\r\n");
  if (response.status == Status::not_modified) {
    // No Content-Length, which would be that of a body that is not here.
    put_validators(writer, *response.entry, clock);
  } else if (response.status != Status::no_content) {
    put_field(writer, "Content-Type", error_body_type(response.body_format));
    writer.put(kNoSniff);
    put_field(writer, "Vary",
              response.status == Status::not_acceptable ? "Accept, Accept-Encoding" : "Accept");
    put_field(writer, "Content-Length", uint64_t{body.size()});
  }
  put_connection(writer, framing);
  if (!writer.complete()) return false;
  out.commit(static_cast<uint32_t>(writer.size()));
  if (!framing.head_only && !body.empty()) out.append_memory(body, nullptr);
  return true;
}

bool serialize_composed(const Response& response, const Framing& framing,
                        const core::CachedClock& clock, OutputQueue& out) {
  if (out.free_segments() < kSegmentsPerResponse) return false;
  if (response.status != Status::partial_content) {
    return serialize_without_entry_body(response, framing, clock, out);
  }
  if (out.pins_other_than(*response.entry)) return false;
  return response.parts.size() == 1 ? serialize_part(response, framing, clock, out)
                                    : serialize_parts(response, framing, clock, out);
}

}  // namespace

bool serialize(const Response& response, const Framing& framing, const core::CachedClock& clock,
               OutputQueue& out) {
  DCHECK(response.made == nullptr);
  if (response.status == Status::ok) [[likely]] {
    DCHECK(response.entry != nullptr);
    return serialize_whole(*response.entry, framing, clock, out);
  }
  const bool done = serialize_composed(response, framing, clock, out);
  // 12 KiB of Location and all fields fit into an empty chunk, and so do 16 part heads with 16 KiB.
  CHECK(done || !out.empty());
  return done;
}

void serialize_continue(OutputQueue& out) {
  constexpr core::Bytes kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(out.empty());
  std::memcpy(out.tail(), kContinue.data(), kContinue.size());
  out.commit(static_cast<uint32_t>(kContinue.size()));
}

bool serialize_http2_refusal(OutputQueue& out) {
  // Frames of RFC 9113 sections 6.5 and 6.8: length, type, flags, stream, payload. The last stream
  // is 1, as if the first request had been seen: a client that reads 0 may try it again by HTTP/2.
  constexpr char kFrames[] =
      "\0\0\0\4\0\0\0\0\0"                       // SETTINGS, empty
      "\0\0\x08\7\0\0\0\0\0\0\0\0\1\0\0\0\x0d";  // GOAWAY, last stream 1: HTTP_1_1_REQUIRED
  constexpr std::size_t kLength = sizeof(kFrames) - 1;
  if (out.free_segments() == 0 || out.room() < kLength) return false;
  std::memcpy(out.tail(), kFrames, kLength);
  out.commit(kLength);
  return true;
}

}  // namespace http::h1
