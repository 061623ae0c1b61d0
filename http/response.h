// What to answer, the same for every protocol version. The session puts it on the wire.
#pragma once

#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "http/content/entry.h"
#include "http/error_page.h"
#include "http/semantics/range.h"
#include "http/status.h"
#include "http/target/made_response.h"

namespace http {

// Views live until the next request is answered; the entry until the next one is loaded, unless it
// is pinned.
struct Response {
  Status status = Status::ok;
  Entry* entry = nullptr;            // 200, 206, 304 and 416: the selected representation
  std::span<const ByteRange> parts;  // 206: what is sent of it, in this order
  uint64_t boundary = 0;             // 206 with several parts: goes between them
  ErrorFormat body_format = ErrorFormat::text;
  core::Bytes body;          // without a representation: static storage, an error_body()
  core::Bytes location;      // 301
  core::Bytes allow;         // 204 and 405
  bool retry_later = false;  // 503
  // What the load-test target answers: all of it but `status`, which is the same there. Null: a
  // response of the kinds above.
  const target::MadeResponse* made = nullptr;
};

}  // namespace http
