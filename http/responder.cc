#include "http/responder.h"

#include <array>
#include <cstring>

#include "http/error_page.h"
#include "http/semantics/conditional.h"

namespace http {

namespace {

constexpr core::Bytes kAllowed = "GET, HEAD";

constexpr uint32_t bit(FieldName name) {
  return 1U << static_cast<unsigned>(name);
}

// Fields that can make a 200 something else.
constexpr uint32_t kSelecting =
    bit(FieldName::if_match) | bit(FieldName::if_none_match) | bit(FieldName::if_modified_since) |
    bit(FieldName::if_unmodified_since) | bit(FieldName::if_range) | bit(FieldName::range);

// The path of a target as sent. Absolute-form is rare and takes its path from resolve_target().
core::Bytes raw_path_of(core::Bytes target) {
  const void* query = std::memchr(target.data(), '?', target.size());
  if (query == nullptr) return target;
  return target.substr(0,
                       static_cast<std::size_t>(static_cast<const char*>(query) - target.data()));
}

}  // namespace

Response Responder::error(Status status) {
  Response response;
  response.status = status;
  response.body = error_body(status);
  response.retry_later = status == Status::service_unavailable;
  return response;
}

Response Responder::respond(const RequestHead& head) {
  if (head.method != Method::get && head.method != Method::head) [[unlikely]] {
    return respond_to_unusual_method(head);
  }
  // A target of another form than "/..." finds nothing here and is told apart by load().
  const core::Bytes raw_path = raw_path_of(head.target);
  Entry* entry = store_.find(raw_path, clock_.now());
  if (entry != nullptr && entry->strategy == Entry::Strategy::file && !store_.unchanged(*entry)) {
    store_.expire(*entry);
    entry = nullptr;
  }
  if (entry == nullptr) [[unlikely]] {
    Response failure;
    entry = load(head, raw_path, failure).entry;
    if (entry == nullptr) return failure;
  }
  if ((head.present & kSelecting) != 0) return select(head, *entry);
  Response response;
  response.entry = entry;
  return response;
}

// RFC 9110 section 9.1: 501 for a method that is not known, 405 for one that is not allowed here.
Response Responder::respond_to_unusual_method(const RequestHead& head) const {
  if (head.method == Method::other) return error(Status::not_implemented);
  Response response = error(Status::method_not_allowed);
  response.allow = kAllowed;
  return response;
}

Content Responder::load(const RequestHead& head, core::Bytes raw_path, Response& failure) {
  const ResolvedTarget target = resolve_target(head.target, path_buffer_);
  switch (target.kind) {
    case TargetKind::path:
      break;
    case TargetKind::not_found:
      failure = error(Status::not_found);
      return {};
    case TargetKind::asterisk:   // OPTIONS only
    case TargetKind::authority:  // CONNECT only
    case TargetKind::bad:
      failure = error(Status::bad_request);
      return {};
  }
  // The scheme and host of an absolute-form target stay in the key: one more spelling of the path.
  const Content content =
      store_.load(raw_path, target, path_buffer_, clock_.now(), clock_.wall_seconds());
  if (content.entry == nullptr) {
    failure =
        content.status == Status::moved_permanently ? redirect(target) : error(content.status);
  }
  return content;
}

// To the same place with a slash behind it; the query stays (RFC 9110 section 15.4.2).
Response Responder::redirect(const ResolvedTarget& target) {
  const core::Bytes path = encode_path(target.path, true, {location_, kEncodedPathCapacity});
  const std::size_t query = target.has_query ? 1 + target.query.size() : 0;
  if (path.empty() || path.size() + query > sizeof(location_)) return error(Status::uri_too_long);
  char* at = location_ + path.size();
  if (target.has_query) {
    *at++ = '?';
    std::memcpy(at, target.query.data(), target.query.size());
  }
  Response response = error(Status::moved_permanently);
  response.location = {location_, path.size() + query};
  return response;
}

// Conditions and a range (RFC 9110 sections 13 and 14).
Response Responder::select(const RequestHead& head, Entry& entry) const {
  Response response;
  response.entry = &entry;
  const Validators validators{EntityTag{entry.entity_tag, false}, entry.status.modified_seconds()};
  const ConditionalResult result = evaluate_conditions(head, validators, clock_.wall_seconds());
  switch (result.outcome) {
    case Precondition::not_modified:
      response.status = Status::not_modified;
      return response;
    case Precondition::precondition_failed:
      return error(Status::precondition_failed);
    case Precondition::proceed:
      break;
  }
  if (!result.range_applies) return response;
  std::array<ByteRange, kMaxRangeParts> parts;
  const RangeChoice choice = choose_ranges(head.value(FieldName::range), entry.size(), parts);
  if (choice.verdict == RangeVerdict::parts && choice.count == 1) {
    response.status = Status::partial_content;
    response.range = parts[0];
  } else if (choice.verdict == RangeVerdict::unsatisfiable) {
    response = error(Status::range_not_satisfiable);
    response.entry = &entry;
  }
  return response;
}

}  // namespace http
