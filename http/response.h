// What to answer, the same for every protocol version. The session puts it on the wire.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "http/content/entry.h"
#include "http/semantics/range.h"
#include "http/status.h"

namespace http {

// Views live until the next request is answered; the entry until the next one is loaded, unless it
// is pinned.
struct Response {
  Status status = Status::ok;
  Entry* entry = nullptr;    // 200, 206, 304, 412 and 416: the selected representation
  ByteRange range;           // 206: the part of it
  core::Bytes body;          // without an entry: static storage, kErrorBodyType
  core::Bytes location;      // 301
  core::Bytes allow;         // 405
  bool retry_later = false;  // 503
};

}  // namespace http
