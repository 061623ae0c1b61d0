#include "http/responder.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "http/error_page.h"
#include "http/semantics/accept.h"
#include "http/semantics/conditional.h"

namespace http {

namespace {

constexpr core::Bytes kAllowed = "GET, HEAD, OPTIONS";
// When what is queued has been sent.
constexpr target::MadeResponse kLater = [] {
  target::MadeResponse later;
  later.wants_room = true;
  return later;
}();

Response whole(Entry& entry) {
  Response response;
  response.entry = &entry;
  return response;
}

// The path of an origin-form target as sent.
core::Bytes raw_path_of(core::Bytes target) {
  const void* query = std::memchr(target.data(), '?', target.size());
  if (query == nullptr) return target;
  return target.substr(0,
                       static_cast<std::size_t>(static_cast<const char*>(query) - target.data()));
}

// The origin-form of an absolute-form target, which resolve_target() found valid: what is behind
// its authority, so that no host can make another key of the same file.
core::Bytes origin_form_of(core::Bytes target) {
  const std::size_t path = target.find_first_of("/?", target.find("//") + 2);
  if (path == core::Bytes::npos || target[path] == '?') return "/";
  return target.substr(path);
}

bool answers(target::Methods methods, Method method) {
  switch (methods) {
    case target::Methods::read:
      return method == Method::get || method == Method::head;
    case target::Methods::write:
      return method == Method::post || method == Method::put || method == Method::patch;
    case target::Methods::any:
      return true;
  }
  UNREACHABLE();
}

// A query chooses the order, Accept the format.
ListingView listing_view(const RequestHead& head) {
  const std::size_t query = std::min(head.target.find('?'), head.target.size() - 1) + 1;
  const ListingFormat format =
      prefers(head, "application/json", "text/html") ? ListingFormat::json : ListingFormat::html;
  return parse_listing_query(head.target.substr(query), format);
}

}  // namespace

Response Responder::error(Status status, ErrorFormat format) {
  Response response;
  response.status = status;
  response.body = error_body(status, format);
  response.body_format = format;
  response.retry_later = status == Status::service_unavailable;
  return response;
}

Response Responder::error(Status status, const RequestHead& head) {
  return error(status,
               prefers(head, "text/html", "text/plain") ? ErrorFormat::html : ErrorFormat::text);
}

Response Responder::respond(const RequestHead& head, const target::Caller& caller) {
  if (load_target_ != nullptr) [[unlikely]] {
    if (const auto response = respond_by_target(head, caller)) return *response;
  }
  if (head.method != Method::get && head.method != Method::head) [[unlikely]] {
    return respond_to_unusual_method(head);
  }
  // A target that has a query or another form is no key of the store and is not found at first.
  Entry* entry = find(head.target, kOriginal);
  if (entry == nullptr) [[unlikely]] {
    Response failure;
    entry = find_or_load(head, failure);
    if (entry == nullptr) return failure;
  }
  // Without siblings there is a choice too: not to want the original.
  if (!entry->siblings.empty() || head.has(FieldName::accept_encoding)) {
    Response failure;
    entry = negotiate(head, *entry, failure);
    if (entry == nullptr) return failure;
  }
  if (head.has_any(kSelecting)) return select(head, *entry);
  return whole(*entry);
}

// What the load-test target has to say. Nothing: the file of that name is asked for, or one of the
// target's documents, which can be found as a file is.
std::optional<Response> Responder::respond_by_target(const RequestHead& head,
                                                     const target::Caller& caller) {
  if (head.method == Method::connect) return std::nullopt;
  core::Bytes form = head.target;
  if (form.front() != '/') {
    Response failure;
    if (!resolve(head, failure) || target_.kind != TargetKind::path) return std::nullopt;
    form = origin_form_of(form);
  }
  const core::Bytes path = raw_path_of(form);
  if (load_target_->has_routes()) {
    core::Bytes route_path = path;
    if (const scenario::RoutedPath* routed = find_route(route_path)) {
      return respond_by_route(*routed, route_path, head, caller);
    }
  }
  const target::Endpoint* endpoint = load_target_->find(form);
  if (endpoint == nullptr) return std::nullopt;
  if (head.method == Method::other) return error(Status::not_implemented, head);
  if (!answers(endpoint->methods, head.method)) {
    Response response;
    response.status = Status::no_content;
    if (head.method != Method::options) response = error(Status::method_not_allowed, head);
    response.allow = target::Target::allowed(endpoint->methods);
    return response;
  }
  if (load_target_->has_problem()) return made(load_target_->refuse());
  if (const auto* early = load_target_->postpone(*endpoint, caller)) return made(*early);
  const auto document = load_target_->document_of(*endpoint);
  if (!document) return made(load_target_->answer(*endpoint, head, caller, clock_for(caller)));
  if (store_.find(path, clock_.now()) != nullptr) return std::nullopt;
  if (store_.add(path, document->content_type, document->body)) return std::nullopt;
  return error(Status::service_unavailable, head);
}

// The routes of a path. Another spelling of it is that path too, which it becomes, and no file of
// that name: its entry in the store would answer from then on.
const scenario::RoutedPath* Responder::find_route(core::Bytes& path) {
  if (const scenario::RoutedPath* routed = load_target_->find_route(path)) return routed;
  const ResolvedTarget resolved = resolve_target(path, path_buffer_);
  if (resolved.kind != TargetKind::path) return nullptr;
  path = encode_path(resolved.path, resolved.directory, {location_, kEncodedPathCapacity});
  return load_target_->find_route(path);
}

Response Responder::respond_by_route(const scenario::RoutedPath& routed, core::Bytes path,
                                     const RequestHead& head, const target::Caller& caller) {
  if (const scenario::Route* route = routed.route_for(head.method)) {
    if (route->counts() && caller.room < route->most_copied() && !caller.chance) {
      return made(kLater);
    }
    if (const auto* refusal = load_target_->refuse_for_rate(*route, caller, clock_)) {
      return made(*refusal);
    }
    const target::Endpoint endpoint = target::Target::endpoint_of(*route, path);
    if (const auto* early = load_target_->postpone(endpoint, caller)) return made(*early);
    return made(load_target_->answer(endpoint, head, caller, clock_for(caller)));
  }
  if (head.method == Method::other) return error(Status::not_implemented, head);
  Response response;
  response.status = Status::no_content;
  if (head.method != Method::options) response = error(Status::method_not_allowed, head);
  response.allow = routed.allow;
  return response;
}

Response Responder::made(const target::MadeResponse& made) {
  Response response;
  response.status = static_cast<Status>(made.status);
  response.made = &made;
  return response;
}

// The entry of a target that is not a key, or not now. Null: `failure` is the answer.
Entry* Responder::find_or_load(const RequestHead& head, Response& failure) {
  core::Bytes raw_path = raw_path_of(head.target);
  if (head.target.front() != '/') {
    if (!resolve(head, failure)) return nullptr;
    raw_path = raw_path_of(origin_form_of(head.target));
  }
  if (raw_path.size() != head.target.size()) {
    if (Entry* entry = find(raw_path, kOriginal)) return entry;
  }
  if (store_.makes_listings()) {
    if (Entry* entry = find_listing(head, raw_path)) return entry;
  }
  return load(head, raw_path, failure);
}

// RFC 9110 section 9.1: 501 for a method that is not known, 405 for one that is not allowed here.
// Section 9.3.7: OPTIONS tells what is allowed, of a resource (which need not exist) and of "*".
Response Responder::respond_to_unusual_method(const RequestHead& head) {
  if (head.method == Method::other) return error(Status::not_implemented, head);
  Response response;
  if (!resolve(head, response)) return response;
  if (head.method == Method::options) {
    response.status = Status::no_content;
  } else {
    response = error(Status::method_not_allowed, head);
  }
  response.allow = kAllowed;
  return response;
}

// Whether the target is one that the method may have (RFC 9112 section 3.2); its path is then in
// target_. Otherwise `failure` is the answer.
bool Responder::resolve(const RequestHead& head, Response& failure) {
  target_ = resolve_target(head.target, path_buffer_);
  switch (target_.kind) {
    case TargetKind::path:
      if (head.method != Method::connect) return true;
      break;
    case TargetKind::not_found:
      failure = error(Status::not_found, head);
      return false;
    case TargetKind::asterisk:
      if (head.method == Method::options) return true;
      break;
    case TargetKind::authority:
      if (head.method == Method::connect) return true;
      break;
    case TargetKind::bad:
      break;
  }
  failure = error(Status::bad_request, head);
  return false;
}

// What is in the store and as it was: the bytes of a large file come from its descriptor.
Entry* Responder::find(core::Bytes raw_path, Variant variant) {
  Entry* entry = store_.find(raw_path, clock_.now(), variant);
  const bool is_file = entry != nullptr && entry->strategy == Entry::Strategy::file;
  return is_file ? if_unchanged(*entry) : entry;
}

Entry* Responder::if_unchanged(Entry& entry) {
  if (store_.unchanged(entry)) return &entry;
  store_.expire(entry);
  return nullptr;
}

// The representation that the client likes best, if it is in the store.
Entry* Responder::find_accepted(const RequestHead& head, Entry& original) {
  const auto coding = choose_coding(accepted_codings(head),
                                    CodingSet(original.siblings).add(ContentCoding::identity));
  if (!coding) return nullptr;
  if (*coding == ContentCoding::identity) return &original;
  return store_.find(original.key, clock_.now(), variant_of(*coding));
}

Entry* Responder::load(const RequestHead& head, core::Bytes raw_path, Response& failure) {
  if (!resolve(head, failure)) return nullptr;
  // One spelling of a path is the key of its entry: the others must not each hold a descriptor.
  const core::Bytes key =
      encode_path(target_.path, target_.directory, {location_, kEncodedPathCapacity});
  if (key != raw_path) {
    if (Entry* entry = find(key, kOriginal)) return entry;
  }
  Content content = store_.load(key, target_, path_buffer_, time());
  if (content.is_directory && store_.makes_listings()) {
    content = store_.load_listing(target_.path, listing_view(head), time());
  }
  if (content.entry != nullptr) return content.entry;
  if (content.status == Status::not_ready) {
    failure.status = Status::not_ready;
  } else {
    failure =
        content.status == Status::moved_permanently ? redirect(head) : error(content.status, head);
  }
  return nullptr;
}

// A directory without an index is looked for there on every miss, and not on a hit of its listing.
Entry* Responder::find_listing(const RequestHead& head, core::Bytes raw_path) {
  if (!raw_path.ends_with('/')) return nullptr;
  const ResolvedTarget target = resolve_target(raw_path, path_buffer_);
  if (target.kind != TargetKind::path) return nullptr;
  return store_.find(target.path, clock_.now(), variant_of(listing_view(head)));
}

// The representation in the coding that the client likes best (RFC 9110 section 12.5.3); null if it
// accepts none that there is, or the disk has to be waited for.
Entry* Responder::negotiate(const RequestHead& head, Entry& original, Response& failure) {
  const AcceptedCodings& accepted = accepted_codings(head);
  while (true) {
    const auto coding =
        choose_coding(accepted, CodingSet(original.siblings).add(ContentCoding::identity));
    if (!coding) {
      failure = error(Status::not_acceptable, head);
      return nullptr;
    }
    if (*coding == ContentCoding::identity) return &original;
    if (Entry* sibling = find(original.key, variant_of(*coding))) return sibling;
    const Content loaded = store_.load_sibling(original, *coding, time());
    if (loaded.entry != nullptr) return loaded.entry;
    if (loaded.status == Status::not_ready) {
      failure.status = Status::not_ready;
      return nullptr;
    }
    // It has just gone, and is none of the original's siblings any more.
    DCHECK(!original.siblings.has(*coding));
  }
}

const AcceptedCodings& Responder::accepted_codings(const RequestHead& head) {
  const core::Bytes text = head.value(FieldName::accept_encoding);
  const bool is_one_text = !text.empty() && !head.has_many(FieldName::accept_encoding);
  if (is_one_text && text == core::Bytes(known_text_, known_length_)) return known_codings_;
  known_codings_ = parse_accept_encoding(head);
  const bool is_kept = is_one_text && text.size() <= sizeof(known_text_);
  known_length_ = is_kept ? text.copy(known_text_, text.size()) : 0;
  return known_codings_;
}

// To the same place with a slash behind it; the query stays (RFC 9110 section 15.4.2).
Response Responder::redirect(const RequestHead& head) {
  const core::Bytes path = encode_path(target_.path, true, {location_, kEncodedPathCapacity});
  const std::size_t query = target_.has_query ? 1 + target_.query.size() : 0;
  if (path.empty() || path.size() + query > sizeof(location_)) {
    return error(Status::uri_too_long, head);
  }
  char* at = location_ + path.size();
  if (target_.has_query) {
    *at++ = '?';
    std::memcpy(at, target_.query.data(), target_.query.size());
  }
  Response response = error(Status::moved_permanently, head);
  response.location = {location_, path.size() + query};
  return response;
}

uint64_t Responder::next_boundary() {
  ++boundaries_;
  return hash_bytes({reinterpret_cast<const char*>(&boundaries_), sizeof(boundaries_)}, secret_);
}

// Conditions and ranges (RFC 9110 sections 13 and 14).
Response Responder::select(const RequestHead& head, Entry& entry) {
  const Validators validators{EntityTag{entry.entity_tag, false}, entry.modified_seconds()};
  const ConditionalResult result = evaluate_conditions(head, validators, clock_.wall_seconds());
  if (result.outcome == Precondition::precondition_failed) {
    return error(Status::precondition_failed, head);
  }
  Response response;
  response.entry = &entry;
  if (result.outcome == Precondition::not_modified) response.status = Status::not_modified;
  if (!result.range_applies) return response;
  const RangeChoice choice = choose_ranges(head.value(FieldName::range), entry.size(), parts_);
  switch (choice.verdict) {
    case RangeVerdict::whole:
      return response;
    case RangeVerdict::parts:
      response.status = Status::partial_content;
      response.parts = {parts_.data(), choice.count};
      if (choice.count > 1) response.boundary = next_boundary();
      return response;
    case RangeVerdict::unsatisfiable:
      response = error(Status::range_not_satisfiable, head);
      response.entry = &entry;
      return response;
  }
  UNREACHABLE();
}

}  // namespace http
