// The answers of routes, which a configuration file defines (http/scenario).
#include "http/target/target.h"

namespace http::target {

namespace {

constexpr uint64_t kWholeSecond = 1'000'000'000;

core::Bytes query_of(core::Bytes target) {
  const std::size_t question = target.find('?');
  return question == core::Bytes::npos ? core::Bytes() : target.substr(question + 1);
}

}  // namespace

Endpoint Target::endpoint_of(const scenario::Route& route, core::Bytes path) {
  Endpoint endpoint;
  endpoint.kind = Kind::route;
  endpoint.text = path;
  endpoint.disturbance = route.disturbance.has_value() ? &*route.disturbance : nullptr;
  endpoint.route = &route;
  return endpoint;
}

// RFC 6585 section 4. What counts is when a request comes, and not when a late answer is due.
const MadeResponse* Target::refuse_for_rate(const scenario::Route& route, const Caller& caller,
                                            const core::CachedClock& clock) {
  if (!route.shared->rate.has_value() || caller.chance) return nullptr;
  const uint64_t wait = route.shared->rate->take(clock.now());
  if (wait == 0) return nullptr;
  core::TextWriter fields = fields_writer();
  fields.put("Retry-After: ").put((wait + kWholeSecond - 1) / kWholeSecond).put("\r\n");
  early_ = MadeResponse();
  early_.status = 429;
  early_.fields = fields.text();
  return &early_;
}

MadeResponse Target::answer_route(const Endpoint& endpoint, const RequestHead& head,
                                  const Caller& caller, const core::CachedClock& clock) {
  const scenario::Route& route = *endpoint.route;
  MadeResponse response;
  response.status = route.status;
  response.fields = route.fields;
  core::Random random = chance_.derive(kForContent);
  if (route.size.has_value()) {
    response.block = pattern_.at(random.next(), 0);
    response.length = route.size->sample(random);
    return response;
  }
  if (route.body_template.has_value()) {
    if (route.body_template->counts()) {
      response.count = caller.count != 0
                           ? caller.count
                           : 1 + route.shared->answers.fetch_add(1, std::memory_order_relaxed);
    }
    core::TextWriter text = text_writer();
    scenario::TemplateInput input{head,           endpoint.text, query_of(head.target),
                                  response.count, clock,         random};
    route.body_template->fill_in(input, route.escaping, text);
    CHECK(text.complete());  // the reader of the file has seen to it
    response.text = text.text();
  } else {
    response.text = route.body;
    response.is_lasting = true;
  }
  response.length = response.text.size();
  return response;
}

}  // namespace http::target
