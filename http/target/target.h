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
#include "http/scenario/scenario.h"
#include "http/target/coded_text.h"
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
  // Of a request that has waited until it is due: MadeResponse::chance of then.
  std::optional<uint64_t> chance;
  // Of one that has been answered before, and is again: MadeResponse::count of then; 0: there was
  // none.
  uint64_t count = 0;
  // Bytes of the output that an answer can take now: one that counts something and may take more
  // has to be asked for again, and must not count before. An empty output has room for all.
  uint32_t room = UINT32_MAX;
  // What it is now, if that is not now, but when the answer began. Outlives the answer.
  const core::CachedClock* clock = nullptr;
};

// A body that is always the same. Static storage.
struct Document {
  core::Bytes content_type;
  core::Bytes body;
};

class Target {
 public:
  // Names lie beneath `prefix`, which begins and ends with a slash and outlives the target. Empty:
  // there are none.
  // `secret` goes into what is to look random.
  Target(core::Bytes prefix, uint64_t secret) : prefix_(prefix), random_(secret) {}

  // The endpoint that a request target in origin-form names; null if it is none of ours. A problem
  // with its parameters is kept for refuse(). Valid until the next call, and as long as the request
  // target.
  const Endpoint* find(core::Bytes target);
  // The methods that an endpoint answers, for the Allow field.
  static core::Bytes allowed(Methods methods);
  bool has_problem() const { return problem_.any(); }
  // The answer to parameters with a problem: 400 with the text of it. Valid until the next answer.
  const MadeResponse& refuse() { return made_ = refusal(); }

  // Whether an answer has to wait, and then the MadeResponse that says so; null: answer() has it
  // now. Called once for each request that has an answer, and again when it is due.
  const MadeResponse* postpone(const Endpoint& endpoint, const Caller& caller);

  // Has the routes of a configuration file answer before the endpoints; null: none. Answers refer
  // to the bodies of a scenario until they are sent.
  void set_scenario(const scenario::Scenario* scenario) { scenario_ = scenario; }
  // The path of a scenario that a request's path is, without its query; null if there is none.
  const scenario::RoutedPath* find_route(core::Bytes path) const {
    return scenario_ != nullptr ? scenario_->find(path) : nullptr;
  }
  bool has_routes() const { return scenario_ != nullptr; }
  // What a request for that path asks for, which a route answers.
  static Endpoint endpoint_of(const scenario::Route& route, core::Bytes path);
  // The answer to a request that is beyond the rate of its route; null: it counts, and is not.
  // Called before postpone().
  const MadeResponse* refuse_for_rate(const scenario::Route& route, const Caller& caller,
                                      const core::CachedClock& clock);

  // What is kept in the content store, of an endpoint that is a document, after postpone().
  // Nothing, if something goes wrong with it.
  std::optional<Document> document_of(const Endpoint& endpoint) const;

  // The answer of any other endpoint, after postpone(). Valid until the next one.
  const MadeResponse& answer(const Endpoint& endpoint, const RequestHead& head,
                             const Caller& caller, const core::CachedClock& clock);

 private:
  MadeResponse refusal() const;
  MadeResponse answer_rightly(const Endpoint& endpoint, const RequestHead& head,
                              const Caller& caller, const core::CachedClock& clock);
  MadeResponse answer_bytes(const Endpoint& endpoint);
  MadeResponse answer_coded(const Endpoint& endpoint, const RequestHead& head,
                            const Caller& caller);
  MadeResponse answer_items(const Endpoint& endpoint, const RequestHead& head);
  MadeResponse answer_baseline(const Endpoint& endpoint, const RequestHead& head);
  MadeResponse coded(Coding coding, core::Bytes content_type, const CodedBody& body,
                     core::Bytes more_fields = {});
  MadeResponse answer_range(const Endpoint& endpoint, const RequestHead& head,
                            const core::CachedClock& clock);
  MadeResponse answer_in_time(const Endpoint& endpoint);
  MadeResponse answer_echo(const RequestHead& head);
  MadeResponse answer_status(const Endpoint& endpoint, const Caller& caller);
  MadeResponse answer_headers(const RequestHead& head);
  MadeResponse answer_ip(const Caller& caller);
  static void put_headers(core::TextWriter& text, const RequestHead& head);
  static void put_origin(core::TextWriter& text, const Caller& caller);
  MadeResponse answer_redirect(const Endpoint& endpoint);
  MadeResponse answer_basic_auth(const Endpoint& endpoint, const RequestHead& head);
  MadeResponse answer_cache(const Endpoint& endpoint, const RequestHead& head,
                            const core::CachedClock& clock);
  MadeResponse answer_etag(const Endpoint& endpoint, const RequestHead& head,
                           const core::CachedClock& clock);
  MadeResponse answer_trailers(const Endpoint& endpoint);
  MadeResponse answer_route(const Endpoint& endpoint, const RequestHead& head, const Caller& caller,
                            const core::CachedClock& clock);
  MadeResponse refuse(core::Bytes usage, core::Bytes name, core::Bytes expected, core::Bytes found);
  core::Bytes put_location(core::TextWriter& fields, uint64_t left) const;
  // Where a generated body begins.
  const char* start_of(const Endpoint& endpoint) const {
    return pattern_.at(endpoint.is_seeded ? endpoint.seed : chance_.derive(kForContent).next(), 0);
  }
  core::TextWriter fields_writer() { return {fields_, sizeof(fields_)}; }
  core::TextWriter text_writer() { return {text_, sizeof(text_)}; }

  // Together with what else is in a head they fit into an empty chunk (core/chunk_pool.h).
  static constexpr std::size_t kFieldsCapacity = 4 * 1024;
  static constexpr std::size_t kTextCapacity = 16 * 1024;

  // What is drawn from the chance of a request, each for itself.
  static constexpr uint64_t kForDelay = 0;
  static constexpr uint64_t kForContent = 1;
  static constexpr uint64_t kForFault = 2;
  static constexpr uint64_t kForBoundary = 3;

  core::Bytes prefix_;
  const scenario::Scenario* scenario_ = nullptr;
  core::Random random_;
  core::Random chance_{0};  // of the request that is being answered
  uint64_t delay_ = 0;      // drawn for it
  Fault fault_;             // as well
  Pattern pattern_;
  TextCoder coder_;
  Problem problem_;
  RouteStorage storage_;
  // What was found last, and by which request target, if it can be found again without being read:
  // nearly every request of a load test has the same one. To read it costs 0.2 us.
  std::optional<Endpoint> found_;
  std::size_t known_length_ = 0;  // 0: it can not
  char known_text_[128];
  MadeResponse early_;
  MadeResponse made_;
  Exchange exchange_;
  MadeParts parts_;
  char fields_[kFieldsCapacity];
  char text_[kTextCapacity];
  char decoded_[kFieldsCapacity];
};

}  // namespace http::target
