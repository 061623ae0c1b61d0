#include "http/target/target.h"

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "core/check.h"
#include "core/json_text.h"
#include "http/semantics/accept_encoding.h"
#include "http/semantics/conditional.h"
#include "http/target/arena.h"
#include "http/target/basic_credentials.h"
#include "http/target/trailers.h"

namespace http::target {

namespace {

constexpr core::Bytes kPlainText = "text/plain; charset=utf-8";
constexpr core::Bytes kJson = "application/json";
constexpr core::Bytes kTooLong = "the fields of the request are too long to be sent back\n";
constexpr core::Bytes kEncoded = "percent-encoded and shorter than 2048 bytes";

// As TechEmpower's Framework Benchmarks specify them.
constexpr Document kHelloText{"text/plain", "Hello, World!"};
constexpr Document kHelloJson{"application/json", "{\"message\":\"Hello, World!\"}"};

// As HttpArena does.
constexpr Document kOk{"text/plain", "ok"};

// Of the resource at /cache, which changes whenever it is asked for.
constexpr core::Bytes kCacheFields = "ETag: \"spate\"\r\nLast-Modified: ";

// The beginning of a member (RFC 1952): one block that is not compressed (RFC 1951 section 3.2.4)
// of 512 bytes, of which half are there, and no checksum.
constexpr auto kTruncatedGzip = [] {
  constexpr std::array<unsigned char, 15> kStart = {0x1f, 0x8b, 8,    0,    0,    0,    0,   0,
                                                    0,    255,  0x01, 0x00, 0x02, 0xff, 0xfd};
  constexpr core::Bytes kText = "This goes on for longer than it is. ";
  std::array<char, kStart.size() + 256> member{};
  for (std::size_t i = 0; i < member.size(); ++i) {
    member[i] = i < kStart.size() ? static_cast<char>(kStart[i])
                                  : kText[(i - kStart.size()) % kText.size()];
  }
  return member;
}();

MadeResponse with_text(uint16_t status, core::Bytes content_type, core::Bytes text) {
  MadeResponse response;
  response.status = status;
  response.content_type = content_type;
  response.text = text;
  response.length = text.size();
  return response;
}

// What RFC 9110 demands of a response with that status, and where a redirect leads to.
core::Bytes required_fields(uint16_t status) {
  switch (status) {
    case 401:
      return "WWW-Authenticate: Basic realm=\"spate\"\r\n";
    case 405:
      return "Allow: GET, HEAD, OPTIONS\r\n";
    case 407:
      return "Proxy-Authenticate: Basic realm=\"spate\"\r\n";
    case 426:
      return "Upgrade: HTTP/2.0\r\nConnection: Upgrade\r\n";
    default:
      return {};
  }
}

// What go-httpbin calls text in the coding that it is in.
core::Bytes participle_of(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return "gzipped";
    case Coding::deflate:
      return "deflated";
    case Coding::br:
      return "brotli";
    case Coding::zstd:
      return "zstd";
  }
  UNREACHABLE();
}

Coding coding_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::gzip:
      return Coding::gzip;
    case ContentCoding::br:
      return Coding::br;
    case ContentCoding::zstd:
      return Coding::zstd;
    case ContentCoding::identity:
      break;
  }
  UNREACHABLE();
}

bool is_redirect(uint16_t status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Whether two field names are the same (RFC 9110 section 5.1).
bool is_same_name(core::Bytes a, core::Bytes b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (core::to_lower(a[i]) != core::to_lower(b[i])) return false;
  }
  return true;
}

bool is_repetition(const RequestHead& head, uint32_t index) {
  for (uint32_t i = 0; i < index; ++i) {
    if (is_same_name(head.name_of(head.fields[i]), head.name_of(head.fields[index]))) return true;
  }
  return false;
}

// Whether bytes may stand between the quotes of an entity tag (RFC 9110 section 8.8.3).
bool is_entity_tag_text(core::Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != '"' && byte != 0x7f;
  });
}

}  // namespace

const Endpoint* Target::find(core::Bytes target) {
  problem_.clear();
  if (prefix_.empty()) return nullptr;
  if (core::equal(target, {known_text_, known_length_}) && known_length_ > 0) return &*found_;
  found_ = route(target, prefix_, storage_, problem_);
  if (!found_) {
    known_length_ = 0;
    return nullptr;
  }
  // Views point into this request target.
  const bool stays = found_->text.empty() && found_->password.empty() && !problem_.any() &&
                     target.size() <= sizeof(known_text_);
  known_length_ = stays ? target.copy(known_text_, sizeof(known_text_)) : 0;
  return &*found_;
}

MadeResponse Target::refusal() const {
  return with_text(400, kPlainText, problem_.text());
}

// What the router can not see: an encoding that is none, or more than there is room for.
MadeResponse Target::refuse(core::Bytes usage, core::Bytes name, core::Bytes expected,
                            core::Bytes found) {
  problem_.clear();
  problem_.report(usage, name, expected, found);
  return refusal();
}

core::Bytes Target::allowed(Methods methods) {
  return methods == Methods::write ? "POST, PUT, PATCH, OPTIONS" : "GET, HEAD, OPTIONS";
}

std::optional<Document> Target::document_of(const Endpoint& endpoint) const {
  if (fault_.kind != FaultKind::none) return std::nullopt;
  if (endpoint.kind == Kind::plaintext) return kHelloText;
  if (endpoint.kind == Kind::json) return kHelloJson;
  if (endpoint.kind == Kind::pipeline) return kOk;
  return std::nullopt;
}

namespace {

// Fields are in ISO 8859-1 if nothing else is said.
void put_latin1(core::TextWriter& writer, core::Bytes text) {
  core::escape_json(text, core::TextEncoding::latin1,
                    [&writer](core::Bytes piece) { writer.put(piece); });
}

// Answers that take time anyway wait by themselves.
bool takes_time(Kind kind) {
  switch (kind) {
    case Kind::delay:
    case Kind::stream_bytes:
    case Kind::stream:
    case Kind::drip:
    case Kind::sse:
    case Kind::upload:
    case Kind::baseline:
      return true;
    default:
      return false;
  }
}

// Another answer is given than the one that was asked for.
bool is_instead_of_content(const Fault& fault) {
  return fault.kind == FaultKind::status || fault.kind == FaultKind::truncated_gzip;
}

// The request is looked at more than once, and has to draw the same each time: when its answer is
// made anew for each byte of a head, or waits until what was answered before it is out.
bool takes_several_looks(const Fault& fault) {
  return fault.kind == FaultKind::slow_head || fault.kind == FaultKind::reset ||
         fault.kind == FaultKind::refuse;
}

}  // namespace

const MadeResponse* Target::postpone(const Endpoint& endpoint, const Caller& caller) {
  const uint64_t chance = caller.chance ? *caller.chance : random_.next();
  chance_ = core::Random(chance);
  delay_ = endpoint.delay;
  fault_ = Fault();
  if (endpoint.own_delay == nullptr && endpoint.disturbance == nullptr) return nullptr;
  core::Random random = chance_.derive(kForDelay);
  if (endpoint.disturbance != nullptr) {
    random = endpoint.disturbance->delay_chance(caller.requests, random);
    core::Random faults =
        endpoint.disturbance->fault_chance(caller.requests, chance_.derive(kForFault));
    fault_ = endpoint.disturbance->faults.decide(faults);
  }
  if (endpoint.own_delay != nullptr) delay_ += endpoint.own_delay->sample(random);
  if (endpoint.disturbance != nullptr) delay_ += endpoint.disturbance->delay.sample(random);
  if (caller.chance || (takes_time(endpoint.kind) && !is_instead_of_content(fault_))) {
    return nullptr;
  }
  if (delay_ == 0 && !takes_several_looks(fault_)) return nullptr;
  early_ = MadeResponse();
  early_.fault = fault_;
  early_.echoes = endpoint.kind == Kind::echo;
  early_.is_early = true;
  early_.delay = delay_;
  early_.chance = chance;
  return &early_;
}

const MadeResponse& Target::answer(const Endpoint& endpoint, const RequestHead& head,
                                   const Caller& caller, const core::CachedClock& clock) {
  if (fault_.kind == FaultKind::status) {
    made_ = with_status(static_cast<uint16_t>(fault_.amount));
    made_.fields = required_fields(made_.status);
  } else if (fault_.kind == FaultKind::truncated_gzip) {
    made_ = with_text(200, kPlainText, {kTruncatedGzip.data(), kTruncatedGzip.size()});
    made_.fields = "Content-Encoding: gzip\r\n";
  } else {
    made_ = answer_rightly(endpoint, head, caller, clock);
  }
  made_.fault = fault_;
  return made_;
}

MadeResponse Target::answer_rightly(const Endpoint& endpoint, const RequestHead& head,
                                    const Caller& caller, const core::CachedClock& clock) {
  switch (endpoint.kind) {
    case Kind::bytes:
      if (!endpoint.is_seeded) return answer_bytes(endpoint);
      return answer_range(endpoint, head, clock);
    case Kind::range:
      return answer_range(endpoint, head, clock);
    case Kind::coded:
      return answer_coded(endpoint, head, caller);
    case Kind::json_items:
      return answer_items(endpoint, head);
    case Kind::baseline:
      return answer_baseline(endpoint, head);
    case Kind::delay:
    case Kind::stream_bytes:
    case Kind::stream:
    case Kind::drip:
    case Kind::sse:
    case Kind::upload:
      return answer_in_time(endpoint);
    case Kind::echo:
      return answer_echo(head);
    case Kind::status:
      return answer_status(endpoint, caller);
    case Kind::headers:
      return answer_headers(head);
    case Kind::ip:
      return answer_ip(caller);
    case Kind::redirect:
      return answer_redirect(endpoint);
    case Kind::basic_auth:
      return answer_basic_auth(endpoint, head);
    case Kind::cache:
      return answer_cache(endpoint, head, clock);
    case Kind::etag:
      return answer_etag(endpoint, head, clock);
    case Kind::trailers:
      return answer_trailers(endpoint);
    case Kind::plaintext:
      return with_text(200, kHelloText.content_type, kHelloText.body);
    case Kind::json:
      return with_text(200, kHelloJson.content_type, kHelloJson.body);
    case Kind::pipeline:
      return with_text(200, kOk.content_type, kOk.body);
    case Kind::route:
      return answer_route(endpoint, head, caller, clock);
  }
  UNREACHABLE();
}

// Whatever the request accepts, as go-httpbin does it: who asks for that name wants that coding.
MadeResponse Target::answer_coded(const Endpoint& endpoint, const RequestHead& head,
                                  const Caller& caller) {
  const Coding coding = endpoint.coding;
  if (endpoint.has_amount) {
    return coded(coding, kPlainText, coder_.code_sample(coding, endpoint.seed, endpoint.amount));
  }
  core::TextWriter text = text_writer();
  text.put("{\"").put(participle_of(coding)).put("\":true,\"method\":\"").put(head.method_text);
  text.put("\",");
  put_origin(text, caller);
  text.put(",");
  put_headers(text, head);
  text.put("}\n");
  if (!text.complete()) return with_text(431, kPlainText, kTooLong);
  return coded(coding, kJson, coder_.code(coding, text.text()));
}

MadeResponse Target::coded(Coding coding, core::Bytes content_type, const CodedBody& body,
                           core::Bytes more_fields) {
  MadeResponse response = with_text(200, content_type, body.text);
  response.block = body.block;
  response.tail = body.tail;
  response.length = body.size();
  core::TextWriter fields = fields_writer();
  fields.put("Content-Encoding: ").put(name_of(coding)).put("\r\n").put(more_fields);
  response.fields = fields.text();
  return response;
}

// Compressed for who accepts that, anew each time, as HttpArena wants it.
MadeResponse Target::answer_items(const Endpoint& endpoint, const RequestHead& head) {
  core::TextWriter text = text_writer();
  put_items(text, endpoint.amount, endpoint.multiplier);
  CHECK(text.complete());
  const auto accepted = choose_coding(parse_accept_encoding(head), CodingSet()
                                                                       .add(ContentCoding::identity)
                                                                       .add(ContentCoding::gzip)
                                                                       .add(ContentCoding::br)
                                                                       .add(ContentCoding::zstd));
  constexpr core::Bytes kVary = "Vary: Accept-Encoding\r\n";
  if (accepted && *accepted != ContentCoding::identity) {
    const Coding coding = coding_of(*accepted);
    return coded(coding, kJson, coder_.code(coding, text.text()), kVary);
  }
  MadeResponse response = accepted ? with_text(200, kJson, text.text()) : with_status(406);
  response.fields = kVary;
  return response;
}

// Without a body there is nothing to wait for.
MadeResponse Target::answer_baseline(const Endpoint& endpoint, const RequestHead& head) {
  const bool has_body =
      head.has_any(bit(FieldName::content_length) | bit(FieldName::transfer_encoding));
  if (has_body || delay_ > 0) return answer_in_time(endpoint);
  core::TextWriter text = text_writer();
  put_number(text, endpoint.sum);
  return with_text(200, "text/plain", text.text());
}

MadeResponse Target::answer_in_time(const Endpoint& endpoint) {
  exchange_ = Exchange();
  exchange_.kind = endpoint.kind;
  exchange_.status = endpoint.status;
  exchange_.chunk = endpoint.chunk;
  exchange_.delay = delay_;
  exchange_.gap = endpoint.gap;
  const bool is_one_piece = endpoint.kind == Kind::delay || exchange_.takes_body();
  exchange_.total = is_one_piece ? 1 : endpoint.amount;
  if (endpoint.kind == Kind::baseline) exchange_.taken = Sum(endpoint.sum);
  if (endpoint.is_hashed) exchange_.taken.emplace<UploadDigest>().reset();
  exchange_.block = start_of(endpoint);
  MadeResponse response;
  response.status = endpoint.status;
  response.exchange = &exchange_;
  return response;
}

// Of the type that the request says it is.
MadeResponse Target::answer_echo(const RequestHead& head) {
  MadeResponse response = with_status(200);
  response.content_type = kBinary;
  response.echoes = true;
  for (uint32_t i = 0; i < head.field_count; ++i) {
    const core::Bytes value = head.value_of(head.fields[i]);
    if (is_same_name(head.name_of(head.fields[i]), "content-type") &&
        value.size() <= kFieldsCapacity) {
      response.content_type = value;
    }
  }
  return response;
}

MadeResponse Target::answer_trailers(const Endpoint& endpoint) {
  core::TextWriter names = fields_writer();
  core::TextWriter lines(text_, kFieldsCapacity);
  problem_ = Problem();
  put_trailers(endpoint.text, names, lines, problem_);
  if (problem_.any()) return refusal();
  MadeResponse response = with_text(200, kHelloJson.content_type, kHelloJson.body);
  response.trailer_names = names.text();
  response.trailers = lines.text();
  return response;
}

// With a seed, the n-th request of a connection gets what the n-th request of every other one gets.
MadeResponse Target::answer_status(const Endpoint& endpoint, const Caller& caller) {
  core::Random random = endpoint.is_seeded ? core::Random(endpoint.seed).derive(caller.requests)
                                           : chance_.derive(kForContent);
  const auto status = choose_status(endpoint.text, random.uniform());
  CHECK(status.has_value());  // the router has read the list
  MadeResponse response = with_status(*status);
  response.fields = required_fields(*status);
  if (is_redirect(*status)) {
    core::TextWriter fields = fields_writer();
    response.fields = put_location(fields, 1);
  }
  return response;
}

void Target::put_headers(core::TextWriter& text, const RequestHead& head) {
  text.put("\"headers\":{");
  core::Bytes separator;
  for (uint32_t i = 0; i < head.field_count; ++i) {
    if (is_repetition(head, i)) continue;
    text.put(separator).put("\"");
    separator = ",";
    put_latin1(text, head.name_of(head.fields[i]));
    text.put("\":\"");
    // Several field lines of a name are one list (RFC 9110 section 5.3).
    core::Bytes comma;
    for (uint32_t k = i; k < head.field_count; ++k) {
      if (!is_same_name(head.name_of(head.fields[k]), head.name_of(head.fields[i]))) continue;
      text.put(comma);
      comma = ", ";
      put_latin1(text, head.value_of(head.fields[k]));
    }
    text.put("\"");
  }
  text.put("}");
}

void Target::put_origin(core::TextWriter& text, const Caller& caller) {
  text.put("\"origin\":\"");
  if (caller.address != nullptr) {
    std::array<char, kAddressCapacity> address;
    put_latin1(text, caller.address(caller.owner, caller.connection, address));
  }
  text.put("\"");
}

MadeResponse Target::answer_headers(const RequestHead& head) {
  core::TextWriter text = text_writer();
  text.put("{");
  put_headers(text, head);
  text.put("}\n");
  if (!text.complete()) return with_text(431, kPlainText, kTooLong);
  return with_text(200, kJson, text.text());
}

MadeResponse Target::answer_ip(const Caller& caller) {
  core::TextWriter text = text_writer();
  text.put("{");
  put_origin(text, caller);
  text.put("}\n");
  return with_text(200, kJson, text.text());
}

// Location: where `left` redirects are left.
core::Bytes Target::put_location(core::TextWriter& fields, uint64_t left) const {
  fields.put("Location: ").put(prefix_);
  if (left > 1) {
    fields.put("redirect/").put(left - 1);
  } else {
    fields.put("json");
  }
  fields.put("\r\n");
  return fields.text();
}

MadeResponse Target::answer_redirect(const Endpoint& endpoint) {
  core::TextWriter fields = fields_writer();
  MadeResponse response = with_status(302);
  response.fields = put_location(fields, endpoint.amount);
  return response;
}

MadeResponse Target::answer_basic_auth(const Endpoint& endpoint, const RequestHead& head) {
  constexpr std::size_t kHalf = sizeof(decoded_) / 2;
  constexpr core::Bytes kUsage = "/basic-auth/USER/PASSWORD";
  const auto user = percent_decode(endpoint.text, std::span(decoded_).first(kHalf));
  const auto password = percent_decode(endpoint.password, std::span(decoded_).last(kHalf));
  if (!user) return refuse(kUsage, "USER", kEncoded, endpoint.text);
  if (!password) return refuse(kUsage, "PASSWORD", kEncoded, endpoint.password);
  const bool is_right = has_basic_credentials(head, *user, *password);
  core::TextWriter text = text_writer();
  text.put("{\"authenticated\":").put(is_right ? "true" : "false").put(",\"user\":\"");
  put_latin1(text, *user);
  text.put("\"}\n");
  MadeResponse response = with_text(is_right ? 200 : 401, kJson, text.text());
  response.fields = required_fields(response.status);
  return response;
}

MadeResponse Target::answer_cache(const Endpoint& endpoint, const RequestHead& head,
                                  const core::CachedClock& clock) {
  core::TextWriter fields = fields_writer();
  if (endpoint.has_amount) {
    fields.put("Cache-Control: public, max-age=").put(endpoint.amount).put("\r\n");
  } else {
    fields.put(kCacheFields).put(clock.date()).put("\r\n");
  }
  const bool is_conditional =
      head.has_any(bit(FieldName::if_modified_since) | bit(FieldName::if_none_match));
  MadeResponse response = !endpoint.has_amount && is_conditional
                              ? with_status(304)
                              : with_text(200, kHelloJson.content_type, kHelloJson.body);
  response.fields = fields.text();
  return response;
}

MadeResponse Target::answer_etag(const Endpoint& endpoint, const RequestHead& head,
                                 const core::CachedClock& clock) {
  const auto tag = percent_decode(endpoint.text, decoded_);
  core::TextWriter fields = fields_writer();
  fields.put("ETag: ");
  const std::size_t start = fields.size();
  fields.put("\"").put(tag.value_or(core::Bytes())).put("\"");
  const EntityTag selected{fields.text().substr(start), false};
  fields.put("\r\n");
  if (!tag || !is_entity_tag_text(*tag) || !fields.complete()) {
    return refuse("/etag/ETAG", "ETAG", "percent-encoded visible bytes but quotes", endpoint.text);
  }
  const ConditionalResult result =
      evaluate_conditions(head, Validators{selected, std::nullopt}, clock.wall_seconds());
  if (result.outcome == Precondition::precondition_failed) return with_status(412);
  MadeResponse response = result.outcome == Precondition::not_modified
                              ? with_status(304)
                              : with_text(200, kHelloJson.content_type, kHelloJson.body);
  response.fields = fields.text();
  return response;
}

}  // namespace http::target
