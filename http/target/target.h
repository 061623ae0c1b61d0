// The load-test target: answers of a chosen size and kind, by name, for whoever measures a client,
// a proxy or a network. It knows endpoints and what they mean (RFC 9110), and nothing of
// connections or framing.
//
// Two kinds of endpoints: documents, which are always the same, become entries of the content store
// and are served as a file in memory is; the others are made for each request, in buffers that are
// here. One worker's, one thread; nothing allocates after construction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/text_writer.h"
#include "http/request.h"
#include "http/target/endpoint.h"
#include "http/target/made_response.h"
#include "http/target/parameters.h"
#include "http/target/pattern.h"
#include "http/target/router.h"

namespace http::target {

// Room for the text of an address without a port.
inline constexpr std::size_t kAddressCapacity = 46;

// Who asks, as far as an answer may depend on it.
struct Caller {
  uint32_t requests = 0;  // of the connection, before this one
  // Writes where the connection comes from; nothing if that is not known. A call of the system, so
  // only who wants to know asks. Null: nobody knows.
  core::Bytes (*address)(void* owner, uint64_t connection,
                         std::span<char, kAddressCapacity> out) = nullptr;
  void* owner = nullptr;
  uint64_t connection = 0;
};

// A body that is always the same. Static storage.
struct Document {
  core::Bytes content_type;
  core::Bytes body;
};

class Target {
 public:
  // Names lie beneath `prefix`, which begins and ends with a slash and outlives the target.
  // `secret` goes into what is to look random.
  Target(core::Bytes prefix, uint64_t secret) : prefix_(prefix), random_(secret) {}

  // The endpoint that a request target in origin-form names; nothing if it is none of ours. A
  // problem with its parameters is kept for refuse(). Valid as long as the request target.
  std::optional<Endpoint> find(core::Bytes target) {
    problem_ = Problem();
    return route(target, prefix_, problem_);
  }
  // The methods that an endpoint answers, for the Allow field.
  static core::Bytes allowed(Methods methods);
  bool has_problem() const { return problem_.any(); }
  // The answer to parameters with a problem: 400 with the text of it.
  MadeResponse refuse() const;

  // What is kept in the content store, of an endpoint that is a document.
  static std::optional<Document> document_of(const Endpoint& endpoint);

  // The answer of any other endpoint. Valid until the next call.
  MadeResponse answer(const Endpoint& endpoint, const RequestHead& head, const Caller& caller,
                      const core::CachedClock& clock);

 private:
  MadeResponse answer_bytes(const Endpoint& endpoint);
  MadeResponse answer_range(const Endpoint& endpoint, const RequestHead& head,
                            const core::CachedClock& clock);
  MadeResponse answer_in_time(const Endpoint& endpoint);
  MadeResponse answer_echo(const RequestHead& head);
  MadeResponse answer_status(const Endpoint& endpoint, const Caller& caller);
  MadeResponse answer_headers(const RequestHead& head);
  MadeResponse answer_ip(const Caller& caller);
  MadeResponse answer_redirect(const Endpoint& endpoint);
  MadeResponse answer_basic_auth(const Endpoint& endpoint, const RequestHead& head);
  MadeResponse answer_cache(const Endpoint& endpoint, const RequestHead& head,
                            const core::CachedClock& clock);
  MadeResponse answer_etag(const Endpoint& endpoint, const RequestHead& head,
                           const core::CachedClock& clock);
  MadeResponse answer_trailers(const Endpoint& endpoint);
  MadeResponse refuse(core::Bytes usage, core::Bytes name, core::Bytes expected, core::Bytes found);
  core::Bytes put_location(core::TextWriter& fields, uint64_t left) const;
  // Where a generated body begins.
  const char* start_of(const Endpoint& endpoint) {
    return pattern_.at(endpoint.is_seeded ? endpoint.seed : next_random(), 0);
  }
  uint64_t next_random() { return random_.next(); }
  core::TextWriter fields_writer() { return {fields_, sizeof(fields_)}; }
  core::TextWriter text_writer() { return {text_, sizeof(text_)}; }

  // Together with what else is in a head they fit into an empty chunk (core/chunk_pool.h).
  static constexpr std::size_t kFieldsCapacity = 4 * 1024;
  static constexpr std::size_t kTextCapacity = 16 * 1024;

  core::Bytes prefix_;
  core::Random random_;
  Pattern pattern_;
  Problem problem_;
  Exchange exchange_;
  char fields_[kFieldsCapacity];
  char text_[kTextCapacity];
  char decoded_[kFieldsCapacity];
};

}  // namespace http::target
