// What a request asks the load-test target for.
#pragma once

#include <cstdint>

#include "core/bytes.h"

namespace http::target {

enum class Kind : uint8_t {
  plaintext,
  json,
  bytes,
  range,
  delay,
  stream_bytes,
  stream,
  drip,
  sse,
  echo,
  upload,
  status,
  headers,
  ip,
  redirect,
  basic_auth,
  cache,
  etag,
  trailers,
};

// Which methods an endpoint answers; OPTIONS is answered by all.
enum class Methods : uint8_t { read, write, any };

// An endpoint with its parameters, those that it has. Views point into the request target.
struct Endpoint {
  Kind kind = Kind::plaintext;
  Methods methods = Methods::read;
  bool has_amount = true;  // cache: there is a number of seconds
  uint64_t amount = 0;     // bytes, lines, events, redirects, seconds
  uint64_t delay = 0;      // nanoseconds before the head
  uint64_t gap = 0;        // between pieces; drip: from the first byte to the last one
  uint32_t chunk = 0;      // stream-bytes: bytes in a piece
  uint16_t status = 200;   // drip
  uint64_t seed = 0;
  bool is_seeded = false;
  core::Bytes text;      // entity tag, user, list of statuses or query, percent-encoded
  core::Bytes password;  // percent-encoded
};

}  // namespace http::target
