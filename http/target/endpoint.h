// What a request asks the load-test target for.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "http/target/coding.h"
#include "http/target/delay_distribution.h"
#include "http/target/disturbance.h"

namespace http::scenario {
struct Route;
}  // namespace http::scenario

namespace http::target {

enum class Kind : uint8_t {
  plaintext,
  json,
  json_items,
  pipeline,
  baseline,
  bytes,
  coded,
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
  route,
};

// Which methods an endpoint answers; OPTIONS is answered by all.
enum class Methods : uint8_t { read, write, any };

// An endpoint with its parameters, those that it has. Views point into the request target.
struct Endpoint {
  Kind kind = Kind::plaintext;
  Methods methods = Methods::read;
  bool has_amount = true;  // cache: there is a number of seconds; coded: of bytes
  uint64_t amount = 0;     // bytes, lines, events, redirects, seconds, items
  uint64_t delay = 0;      // nanoseconds before the answer begins, besides what is below
  uint64_t gap = 0;        // between pieces; drip: from the first byte to the last one
  uint32_t chunk = 0;      // stream-bytes: bytes in a piece
  uint16_t status = 200;   // drip
  uint64_t seed = 0;
  bool is_seeded = false;
  Coding coding = Coding::gzip;
  bool is_hashed = false;   // upload
  uint64_t multiplier = 0;  // json_items
  int64_t sum = 0;          // baseline: of the query
  // Entity tag, user, list of statuses or query, percent-encoded; route: the path.
  core::Bytes text;
  core::Bytes password;  // percent-encoded
  // The delay that the endpoint is there for, and what is done to its answer besides, if anything.
  // They are whoever's who made the endpoint.
  const DelayDistribution* own_delay = nullptr;
  const Disturbance* disturbance = nullptr;
  const scenario::Route* route = nullptr;
};

}  // namespace http::target
