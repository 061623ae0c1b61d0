#include "http/h1/serializer.h"

#include <algorithm>
#include <cstring>

#include "core/imf_fixdate.h"
#include "core/text_writer.h"
#include "http/error_page.h"
#include "http/semantics/range.h"

namespace http::h1 {

namespace {

constexpr core::Bytes kLineEnd = "\r\n";
constexpr core::Bytes kClose = "Connection: close\r\n";
constexpr core::Bytes kKeepAlive = "Connection: keep-alive\r\n";
constexpr core::Bytes kStart = "HTTP/1.1 ";
constexpr core::Bytes kServerAndDate = "\r\nServer: spate\r\nDate: ";

// Bodies up to this size are copied into the chunk: for them a copy is cheaper than a second slice
// in the system call and a pin (bench/micro/response_benchmark.cc).
constexpr uint64_t kCopiedBody = 4096;

// A segment for the head and one for the body.
constexpr uint32_t kSegmentsPerResponse = 2;

// Never later than Date (RFC 9110 section 8.8.2.1), whatever the file's time stamp says.
void put_last_modified(core::TextWriter& writer, const Entry& entry,
                       const core::CachedClock& clock) {
  char date[core::kImfFixdateLength];
  core::format_imf_fixdate(std::min(entry.status.modified_seconds(), clock.wall_seconds()), date);
  writer.put("\r\nLast-Modified: ").put(core::Bytes(date, sizeof(date)));
}

void put_entry_fields(core::TextWriter& writer, const Entry& entry, uint64_t content_length,
                      const core::CachedClock& clock) {
  writer.put("\r\nContent-Type: ").put(entry.content_type);
  writer.put("\r\nContent-Length: ").put(content_length);
  put_last_modified(writer, entry, clock);
  writer.put("\r\nETag: ").put(entry.entity_tag);
  writer.put("\r\nAccept-Ranges: bytes\r\n");
}

// The head of a 200 response up to and including its empty line, right in front of the body.
[[gnu::cold]] void render_head(Entry& entry, const core::CachedClock& clock) {
  char text[kRenderedHeadCapacity];
  core::TextWriter writer(text, sizeof(text));
  writer.put(kStart).put(status_text(Status::ok)).put(kServerAndDate);
  const std::size_t date_offset = writer.size();
  writer.put(clock.date());
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

bool serialize_entry(Entry& entry, const Framing& framing, const core::CachedClock& clock,
                     OutputQueue& out) {
  RenderedHead& head = entry.head;
  if (head.length == 0) render_head(entry, clock);
  if (head.date_seconds != clock.wall_seconds()) {
    // The head is always copied from here, so no send can see the date change.
    std::memcpy(head.bytes + head.date_offset, clock.date().data(), core::kImfFixdateLength);
    head.date_seconds = clock.wall_seconds();
  }

  const bool in_memory = entry.strategy == Entry::Strategy::memory;
  const uint64_t body = framing.head_only ? 0 : entry.size();
  const bool copied = in_memory && body <= kCopiedBody;
  const uint64_t copied_body = copied ? body : 0;
  if (out.free_segments() < kSegmentsPerResponse ||
      head.length + kKeepAlive.size() + copied_body > out.room()) {
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
      out.append_file(entry, 0, body);
    }
  }
  return true;
}

bool serialize_composed(const Response& response, const Framing& framing,
                        const core::CachedClock& clock, OutputQueue& out) {
  if (out.free_segments() < kSegmentsPerResponse) return false;
  Entry* entry = response.entry;
  core::TextWriter writer(out.tail(), out.room());
  writer.put(kStart).put(status_text(response.status)).put(kServerAndDate).put(clock.date());

  char range[kContentRangeCapacity];
  core::Bytes body = response.body;
  switch (response.status) {
    case Status::partial_content:
      writer.put("\r\nContent-Range: ")
          .put(format_content_range(response.range, entry->size(), range));
      put_entry_fields(writer, *entry, response.range.length(), clock);
      break;
    case Status::not_modified:
      // What a 200 response would say to a cache (RFC 9110 section 15.4.5); no Content-Length,
      // which would be that of a body that is not here.
      put_last_modified(writer, *entry, clock);
      writer.put("\r\nETag: ").put(entry->entity_tag).put(kLineEnd);
      body = {};
      break;
    default:
      if (response.status == Status::range_not_satisfiable) {
        writer.put("\r\nContent-Range: ").put(format_unsatisfied_range(entry->size(), range));
      }
      if (!response.location.empty()) writer.put("\r\nLocation: ").put(response.location);
      if (!response.allow.empty()) writer.put("\r\nAllow: ").put(response.allow);
      if (response.retry_later) writer.put("\r\nRetry-After: 1");
      if (!body.empty()) writer.put("\r\nContent-Type: ").put(kErrorBodyType);
      writer.put("\r\nContent-Length: ").put(uint64_t{body.size()}).put(kLineEnd);
  }
  if (framing.close) writer.put(kClose);
  if (framing.keep_alive) writer.put(kKeepAlive);
  writer.put(kLineEnd);
  if (!writer.complete()) return false;
  out.commit(static_cast<uint32_t>(writer.size()));

  if (framing.head_only) return true;
  if (response.status == Status::partial_content) {
    const ByteRange part = response.range;
    if (entry->strategy == Entry::Strategy::memory) {
      out.append_memory(entry->body.substr(part.first, part.length()), entry);
    } else {
      out.append_file(*entry, part.first, part.length());
    }
  } else if (!body.empty()) {
    out.append_memory(body, nullptr);
  }
  return true;
}

}  // namespace

bool serialize(const Response& response, const Framing& framing, const core::CachedClock& clock,
               OutputQueue& out) {
  if (response.status == Status::ok && response.entry != nullptr) [[likely]] {
    return serialize_entry(*response.entry, framing, clock, out);
  }
  const bool done = serialize_composed(response, framing, clock, out);
  CHECK(done || !out.empty());  // 12 KiB of Location and all fields fit into an empty chunk
  return done;
}

void serialize_continue(OutputQueue& out) {
  constexpr core::Bytes kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(out.empty());
  std::memcpy(out.tail(), kContinue.data(), kContinue.size());
  out.commit(static_cast<uint32_t>(kContinue.size()));
}

}  // namespace http::h1
