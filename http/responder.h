// The one door from protocols to content: a request head in, a response out.
//
// Knows methods, targets, conditions and ranges (RFC 9110), and nothing of connections or framing.
// One worker's, one thread. A hit in the content store costs no system call (a large file one) and
// no allocation.
#pragma once

#include <cstdint>

#include "core/clock.h"
#include "http/content/content_store.h"
#include "http/request.h"
#include "http/response.h"
#include "http/semantics/path.h"

namespace http {

class Responder {
 public:
  Responder(ContentStore& store, const core::CachedClock& clock) : store_(store), clock_(clock) {}

  // The response is valid until the next call.
  Response respond(const RequestHead& head);

  // A response without a representation: an error with its body.
  static Response error(Status status);

  ContentStore& store() { return store_; }
  const core::CachedClock& clock() const { return clock_; }

 private:
  Response respond_to_unusual_method(const RequestHead& head) const;
  Content load(const RequestHead& head, core::Bytes raw_path, Response& failure);
  Response redirect(const ResolvedTarget& target);
  Response select(const RequestHead& head, Entry& entry) const;

  ContentStore& store_;
  const core::CachedClock& clock_;
  PathBuffer path_buffer_;
  char location_[kEncodedPathCapacity + 2048];
};

}  // namespace http
