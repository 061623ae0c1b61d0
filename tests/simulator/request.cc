#include "tests/simulator/request.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "tests/support/expected_response.h"

namespace simulator {

namespace {

using http::ContentCoding;

const AskedCodings kCodings[] = {
    {nullptr, {ContentCoding::identity}},
    {nullptr, {ContentCoding::identity}},
    {"gzip", {ContentCoding::gzip, ContentCoding::identity}},
    {"gzip, deflate, br, zstd",
     {ContentCoding::br, ContentCoding::zstd, ContentCoding::gzip, ContentCoding::identity}},
    {"br;q=0.5, gzip;q=0.9, identity;q=0.1",
     {ContentCoding::gzip, ContentCoding::br, ContentCoding::identity}},
    {"identity;q=0, zstd", {ContentCoding::zstd}},
    {"*;q=0", {}},
    {"", {ContentCoding::identity}},
};

struct Malformed {
  const char* text;
  http::Status status;
};

const Malformed kMalformed[] = {
    {"GET\r\n\r\n", http::Status::bad_request},
    {"GET / HTTP/1.1\r\n\r\n", http::Status::bad_request},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", http::Status::bad_request},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", http::Status::bad_request},
    {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", http::Status::http_version_not_supported},
    {"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", http::Status::bad_request},
    {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", http::Status::bad_request},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     http::Status::bad_request},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     http::Status::not_implemented},
    {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03", http::Status::bad_request},
};

struct AskedView {
  const char* query;
  http::ListingSort sort;
  bool descending;
};

const AskedView kViews[] = {
    {"?v=1", http::ListingSort::name, false},
    {"?sort=size&order=desc", http::ListingSort::size, true},
    {"?order=asc&sort=modified", http::ListingSort::modified, false},
    {"?sort=size&sort=name&order=desc&x", http::ListingSort::name, true},
};

void draw_ranges(Random& random, Request& request) {
  const uint64_t count = random.chance(600) ? 1 : random.between(2, 5);
  const uint64_t scale = random.chance(300) ? 30'000 : 3'000;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t first = random.below(scale);
    switch (random.below(3)) {
      case 0:
        request.ranges.push_back({AskedRange::Kind::closed, first, first + random.below(scale)});
        break;
      case 1:
        request.ranges.push_back({AskedRange::Kind::open, first, 0});
        break;
      default:
        request.ranges.push_back({AskedRange::Kind::suffix, 1 + random.below(scale), 0});
    }
  }
}

void draw_condition(Random& random, Request& request, const std::string& tag, int64_t date) {
  static constexpr Request::Condition kConditions[] = {
      Request::Condition::match, Request::Condition::none_match, Request::Condition::modified_since,
      Request::Condition::unmodified_since};
  request.condition = random.pick(kConditions);
  request.tag = tag.empty() || random.chance(100) ? "\"other\"" : tag;
  request.date = date;
}

std::string range_text(const Request& request) {
  std::string text;
  for (const AskedRange& range : request.ranges) {
    if (!text.empty()) text += ", ";
    if (range.kind == AskedRange::Kind::suffix) {
      text += "-" + std::to_string(range.first);
    } else {
      text += std::to_string(range.first) + "-";
      if (range.kind == AskedRange::Kind::closed) text += std::to_string(range.last);
    }
  }
  return text;
}

std::string condition_text(const Request& request) {
  switch (request.condition) {
    case Request::Condition::none:
      return "";
    case Request::Condition::match:
      return "If-Match: " + request.tag + "\r\n";
    case Request::Condition::none_match:
      return "If-None-Match: \"a\", W/" + request.tag + "\r\n";
    case Request::Condition::modified_since:
      return "If-Modified-Since: " + test_support::date_text(request.date) + "\r\n";
    case Request::Condition::unmodified_since:
      return "If-Unmodified-Since: " + test_support::date_text(request.date) + "\r\n";
  }
  return "";
}

std::string body_bytes(Random& random, const Request& request) {
  std::string bytes(request.body_size, '\0');
  // Content that would be a request if it were taken for one.
  static constexpr std::string_view kTrap = "GET /trap HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = kTrap[i % kTrap.size()];
  if (request.body != Request::Body::chunked) return bytes;
  std::string chunked;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min<std::size_t>(bytes.size() - at, 1 + random.below(900));
    char digits[24];
    std::snprintf(digits, sizeof(digits), "%zx", size);
    chunked += digits + std::string(random.chance(200) ? ";x=y" : "") + "\r\n" +
               bytes.substr(at, size) + "\r\n";
    at += size;
  }
  return chunked + "0\r\n" + (random.chance(300) ? "T: v\r\n" : "") + "\r\n";
}

void write_head(Random& random, Request& request) {
  static constexpr const char* kMethods[] = {"POST", "PUT", "DELETE", "PATCH"};
  std::string method = request.head_only ? "HEAD" : "GET";
  if (request.kind == Request::Kind::options) method = "OPTIONS";
  if (request.kind == Request::Kind::not_allowed) method = random.pick(kMethods);
  if (request.kind == Request::Kind::unknown) method = "BREW";
  std::string target = "/" + request.path;
  if (request.is_directory && !request.path.empty()) target += "/";
  target += request.query;
  std::string& text = request.head;
  text = method + " " + target + (request.old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  if (!request.old) text += "Host: example.org\r\n";
  if (request.wants_html) text += "Accept: text/html\r\n";
  if (!request.ranges.empty()) text += "Range: bytes=" + range_text(request) + "\r\n";
  if (request.wants_json) text += "Accept: application/json\r\n";
  if (request.if_range_date) {
    text += "If-Range: " + test_support::date_text(*request.if_range_date) + "\r\n";
  }
  if (!request.if_range_tag.empty()) text += "If-Range: " + request.if_range_tag + "\r\n";
  text += condition_text(request);
  if (request.codings->text != nullptr) {
    text += "Accept-Encoding: " + std::string(request.codings->text) + "\r\n";
  }
  if (request.closes) text += "Connection: close\r\n";
  if (request.keeps_alive) text += "Connection: keep-alive\r\n";
  if (request.expectation == Request::Expectation::go_on) text += "Expect: 100-continue\r\n";
  if (request.expectation == Request::Expectation::unknown) text += "Expect: tea\r\n";
  if (request.body == Request::Body::chunked) text += "Transfer-Encoding: chunked\r\n";
  if (request.body == Request::Body::length) {
    text += "Content-Length: " + std::to_string(request.body_size) + "\r\n";
  }
  if (random.chance(50)) text += "X-Padding: " + std::string(random.below(9'000), 'x') + "\r\n";
  text += "\r\n";
}

}  // namespace

Request draw_request(Random& random, const std::vector<std::string>& paths, const std::string& tag,
                     int64_t date, uint64_t body_limit) {
  Request request;
  request.codings = &kCodings[0];
  if (random.chance(15)) {
    const Malformed& malformed = random.pick(kMalformed);
    request.kind = Request::Kind::malformed;
    request.refusal = malformed.status;
    request.head = malformed.text;
    return request;
  }
  request.path = paths[random.below(paths.size())];
  if (request.path.ends_with('/')) {
    request.path.pop_back();
    request.is_directory = true;
  }
  if (request.path.empty()) request.is_directory = true;
  if (random.chance(request.is_directory ? 400 : 100)) {
    const AskedView& view = random.pick(kViews);
    request.query = view.query;
    request.view.sort = view.sort;
    request.view.descending = view.descending;
  }
  request.head_only = random.chance(80);
  if (random.chance(60)) {
    static constexpr Request::Kind kKinds[] = {Request::Kind::options, Request::Kind::not_allowed,
                                               Request::Kind::unknown};
    request.kind = random.pick(kKinds);
    request.head_only = false;
  }
  request.old = random.chance(60);
  request.keeps_alive = request.old && random.chance(600);
  request.closes = !request.old && random.chance(40);
  request.wants_html = random.chance(200);
  request.wants_json = !request.wants_html && random.chance(150);
  if (request.wants_json) request.view.format = http::ListingFormat::json;
  request.codings = &random.pick(kCodings);
  if (random.chance(250)) draw_ranges(random, request);
  if (!request.ranges.empty() && random.chance(300)) {
    if (random.chance(500)) {
      request.if_range_date = date;
    } else {
      request.if_range_tag = tag.empty() ? "\"other\"" : tag;
    }
  }
  if (random.chance(200)) draw_condition(random, request, tag, date);
  if (random.chance(100)) {
    request.body =
        request.old || random.chance(500) ? Request::Body::length : Request::Body::chunked;
    request.body_size = random.below(random.chance(100) ? 3 * body_limit : 600);
    if (request.body == Request::Body::chunked && request.body_size > body_limit) {
      request.body_size = body_limit;
    }
  }
  if (!request.old && random.chance(50)) {
    request.expectation =
        random.chance(800) ? Request::Expectation::go_on : Request::Expectation::unknown;
  }
  write_head(random, request);
  if (request.body != Request::Body::none) request.content = body_bytes(random, request);
  return request;
}

std::string draw_garbage(Random& random, const std::vector<std::string>& paths) {
  static constexpr std::string_view kSpecial("\r\n\0\t :;,=/%?\"-0\x7f\xff", 17);
  const auto draw_byte = [&random] {
    const auto any = static_cast<char>(random.below(256));
    return random.chance(600) ? kSpecial[random.below(kSpecial.size())] : any;
  };
  std::string bytes;
  if (random.chance(200)) {
    for (uint64_t left = random.below(3'000); left > 0; --left) bytes += draw_byte();
    return bytes;
  }
  for (uint64_t left = random.between(1, 5); left > 0; --left) {
    Request request = draw_request(random, paths, "\"t\"", 784'111'777, 4'000);
    while (request.head_only) request = draw_request(random, paths, "\"t\"", 784'111'777, 4'000);
    bytes += request.head + request.content;
  }
  for (uint64_t left = random.between(1, 6); left > 0 && !bytes.empty(); --left) {
    const std::size_t at = random.below(bytes.size());
    const std::size_t count = random.chance(800) ? 1 : random.below(40);
    if (random.chance(300)) {
      bytes.erase(at, count);
    } else if (random.chance(300)) {
      bytes.insert(at, bytes.substr(random.below(bytes.size()), count));
    } else {
      bytes[at] = draw_byte();
    }
  }
  return bytes;
}

}  // namespace simulator
