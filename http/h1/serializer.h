// Responses as HTTP/1.1 puts them on the wire (RFC 9112 section 4 and RFC 9110 section 8).
//
// A whole file (200) is sent from its entry: the head is rendered once into the room in front of
// the body, and needs but a new date in each second. Small ones are copied one behind the other;
// one that is alone may be sent from where it lies (is_rendered). Everything else is put together
// field by field. Every response has a Date and a Content-Length or no body at all, so framing
// never depends on the end of the connection.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/clock.h"
#include "http/output_queue.h"
#include "http/response.h"

namespace http::h1 {

// How a response is framed, from the request and the state of the connection.
struct Framing {
  bool head_only = false;    // HEAD
  bool close = false;        // says Connection: close
  bool keep_alive = false;   // says Connection: keep-alive, for HTTP/1.0
  bool takes_chunks = true;  // the client knows them: HTTP/1.1
};

// Whether the rendered head of an entry is what it has to be now.
inline bool is_current(const RenderedHead& head, const core::CachedClock& clock) {
  return head.length > 0 && head.date_seconds == clock.wall_seconds();
}

// Whether the whole representation lies in memory behind the head of its response, as it has to be
// sent now on a connection that goes on.
inline bool is_rendered(const Entry& entry, const core::CachedClock& clock) {
  return entry.strategy == Entry::Strategy::memory && is_current(entry.head, clock);
}

// Bodies up to this size are copied into the chunk behind others: for them a copy is cheaper than
// another slice in the system call and a pin (bench/micro/response_benchmark.cc).
inline constexpr uint64_t kCopiedBody = 4096;

// Appends a copy of a response that is_rendered(), or nothing: false if its body is no small one or
// `out` has not enough room.
inline bool append_copy(const Entry& entry, OutputQueue& out) {
  const uint64_t size = entry.head.length + entry.body.size();
  if (entry.body.size() > kCopiedBody || size > out.room() || out.free_segments() == 0) {
    return false;
  }
  std::memcpy(out.tail(), entry.head.bytes, size);
  out.commit(static_cast<uint32_t>(size));
  return true;
}

// Appends a whole representation (200), or nothing: false as below.
bool serialize_whole(Entry& entry, const Framing& framing, const core::CachedClock& clock,
                     OutputQueue& out);

// Appends the response to `out`, or nothing: false if `out` has not enough room now. An empty queue
// always has.
bool serialize(const Response& response, const Framing& framing, const core::CachedClock& clock,
               OutputQueue& out);

// "HTTP/1.1 100 Continue"; `out` is empty.
void serialize_continue(OutputQueue& out);

// What a client that begins to speak HTTP/2 without asking understands: that it has to use HTTP/1.1
// (RFC 9113 section 7, HTTP_1_1_REQUIRED). False if `out` has not enough room now.
bool serialize_http2_refusal(OutputQueue& out);

}  // namespace http::h1
