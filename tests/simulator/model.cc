#include "tests/simulator/model.h"

#include <algorithm>
#include <cerrno>

#include "http/content/content_hash.h"
#include "http/error_page.h"
#include "http/semantics/media_type.h"
#include "tests/support/expected_response.h"

namespace simulator {

namespace {

using http::ContentCoding;
using http::Status;

// A change is served within a second: an entry is believed for so long.
constexpr uint64_t kFreshness = 900 * kMillisecond;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr ContentCoding kCompressions[] = {ContentCoding::br, ContentCoding::zstd,
                                           ContentCoding::gzip};

Status status_of(int error) {
  if (error == EACCES) return Status::forbidden;
  return error == EIO ? Status::internal_server_error : Status::service_unavailable;
}

using Parts = std::vector<std::pair<uint64_t, uint64_t>>;

// The parts that a Range field selects; nothing if there is none. Ranges with a gap of less than 80
// bytes become one, which stands where the first of them stood.
Parts select_parts(const std::vector<AskedRange>& ranges, uint64_t size, bool& has_empty_suffix,
                   bool& are_several) {
  Parts parts;
  for (const AskedRange& range : ranges) {
    uint64_t first = range.first;
    uint64_t last = range.kind == AskedRange::Kind::closed ? range.last : size - 1;
    if (range.kind == AskedRange::Kind::suffix) {
      if (size == 0) has_empty_suffix = true;
      first = size - std::min(size, range.first);
    }
    if (first >= size) continue;
    parts.emplace_back(first, std::min(last, size - 1));
  }
  are_several = parts.size() > 1;
  for (bool merged = true; merged;) {
    merged = false;
    for (std::size_t i = 0; i < parts.size() && !merged; ++i) {
      for (std::size_t j = i + 1; j < parts.size() && !merged; ++j) {
        auto& a = parts[i];
        const auto& b = parts[j];
        if (b.first > a.second + 80 || a.first > b.second + 80) continue;
        a = {std::min(a.first, b.first), std::max(a.second, b.second)};
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(j));
        merged = true;
      }
    }
  }
  return parts;
}

// Not older than the original, as far as its time says: some tools leave the fraction out.
bool is_sibling(const core::FileStatus& file, const core::FileStatus& original) {
  if (file.modified % 1'000'000'000 != 0) return file.modified >= original.modified;
  return file.modified_seconds() >= original.modified_seconds();
}

std::string between(std::string_view text, std::string_view before, std::size_t length) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return "";
  return std::string(text.substr(at + before.size(), length));
}

}  // namespace

std::vector<int> Model::failures(const std::string& path, Window window) const {
  std::vector<int> numbers = files_.errors(path, window.from, window.to);
  if (disk_->most_in_use(window.from, window.to) >= rules_.file_jobs) numbers.push_back(EAGAIN);
  return numbers;
}

void Model::add_failures(const std::string& path, Window window, std::vector<Outcome>& out) const {
  for (const int error : failures(path, window)) {
    out.push_back({.status = status_of(error)});
    // If it was the look that makes sure that the file has not changed while it was read.
    out.push_back({.status = Status::service_unavailable});
  }
}

// An entry that was compared with its file so long ago may still be used, and the root may have
// been looked at before that; each as long after it as the disk took to answer.
uint64_t Model::earliest_look(Window window) const {
  uint64_t from = window.from - std::min(window.from, kFreshness);
  for (int i = 0; i < 2; ++i) {
    const uint64_t used = from - std::min(from, SimulatedFiles::kRootFreshness);
    from = std::min(from, disk_->oldest_job(used, window.to));
  }
  return from;
}

void Model::add_listings(const Request& request, Window window, std::vector<Outcome>& out) const {
  if (!rules_.listings) {
    out.push_back({.status = Status::forbidden});
    return;
  }
  for (const core::Directory& directory :
       files_.directories(request.path, window.from, window.to)) {
    Outcome outcome;
    outcome.content = http::render_listing(request.path, directory, request.view);
    outcome.content_type = http::listing_content_type(request.view.format);
    if (!request.wants_json) outcome.security_policy = http::kListingPolicy;
    outcome.has_modified = false;
    outcome.vary = "Accept";
    const http::EntityTagText tag(http::hash_content(outcome.content));
    outcome.tag = tag.view();
    if (std::find(request.codings->accepted.begin(), request.codings->accepted.end(),
                  ContentCoding::identity) == request.codings->accepted.end()) {
      out.push_back({.status = Status::not_acceptable});
    } else {
      add_selected(request, std::move(outcome), window, out);
    }
  }
}

void Model::add_targets(const Request& request, Window window, std::vector<Outcome>& out) const {
  std::string path = request.path;
  if (request.is_directory) path += path.empty() ? "index.html" : "/index.html";
  const auto states = files_.states(path, window.from, window.to);
  for (const auto& version : states) {
    if (version != nullptr) {
      add_representations(request, path, version, window, out);
    } else if (!files_.is_directory(request.path)) {
      out.push_back({.status = Status::not_found});
    } else if (request.is_directory) {
      add_listings(request, window, out);
    } else {
      out.push_back({.status = Status::moved_permanently,
                     .location = "/" + request.path + "/" + request.query});
    }
  }
  add_failures(path, window, out);
  if (request.is_directory) {
    add_failures(request.path, window, out);
    if (!failures(request.path, window).empty()) {
      out.push_back({.status = Status::not_found});
    }
  }
  // A listing needs memory of the cache, which one entry may have.
  const uint64_t least_held = request.is_directory ? 1 : rules_.least_held;
  if ((rules_.is_tight && window.held >= least_held) || states.size() > 1) {
    out.push_back({.status = Status::service_unavailable});
  }
}

void Model::add_representations(const Request& request, const std::string& path,
                                const std::shared_ptr<const Version>& original, Window window,
                                std::vector<Outcome>& out) const {
  Outcome outcome;
  outcome.content_type = http::media_type(path);
  bool may_vary = false;
  bool must_vary = false;  // without room nobody looks for siblings
  struct Sibling {
    std::vector<std::shared_ptr<const Version>> versions;
    bool may_lack = false;
  };
  Sibling siblings[http::kContentCodings];
  for (const ContentCoding coding : kCompressions) {
    Sibling& sibling = siblings[static_cast<std::size_t>(coding)];
    const std::string name = path + std::string(http::coding_extension(coding));
    bool may_be_there = false;
    for (const auto& version : files_.states(name, window.from, window.to)) {
      const bool is_usable = version != nullptr && is_sibling(version->status, original->status);
      if (is_usable) may_be_there = true;
      if (!is_usable) sibling.may_lack = true;
      if (version != nullptr) sibling.versions.push_back(version);
    }
    if (!may_be_there) sibling.versions.clear();
    const bool fails = !failures(name, window).empty();
    if (fails) sibling.may_lack = true;
    may_vary = may_vary || may_be_there;
    must_vary = must_vary || (may_be_there && !sibling.may_lack && !rules_.is_tight);
    if (rules_.is_tight || sibling.versions.size() > 1) sibling.may_lack = true;
  }
  for (const ContentCoding coding : request.codings->accepted) {
    if (coding == ContentCoding::identity) {
      outcome.version = original;
      outcome.coding = coding;
      if (may_vary) {
        outcome.vary = "Accept-Encoding";
        add_selected(request, outcome, window, out);
      }
      outcome.vary = "";
      if (!must_vary) add_selected(request, outcome, window, out);
      return;
    }
    const Sibling& sibling = siblings[static_cast<std::size_t>(coding)];
    for (const auto& version : sibling.versions) {
      outcome.version = version;
      outcome.coding = coding;
      outcome.vary = "Accept-Encoding";
      add_selected(request, outcome, window, out);
    }
    if (!sibling.versions.empty() && !sibling.may_lack) return;
  }
  out.push_back({.status = Status::not_acceptable});
}

template <class Condition>
bool Model::may_have_shown(Window window, Condition condition) const {
  const auto shown = timeline_.shown(window.from, window.to);
  return std::any_of(shown.begin(), shown.end(), [&condition](const auto& range) {
    return condition(range.first) || condition(range.second);
  });
}

bool Model::may_be_hashed(const core::FileStatus& status, Window window) const {
  return std::any_of(hashed_.begin(), hashed_.end(), [&](const Hashed& hashed) {
    return hashed.since <= window.to && hashed.status == status;
  });
}

// A file that has changed within two seconds is not asked for.
bool Model::may_lack_hash(const core::FileStatus& status, Window window) const {
  const int64_t changed = std::max(status.modified, status.changed) / 1'000'000'000;
  if (may_have_shown(window, [changed](int64_t now) { return changed >= now - 2; })) return true;
  return std::none_of(hashed_.begin(), hashed_.end(), [&](const Hashed& hashed) {
    return hashed.since < window.from && hashed.status == status;
  });
}

// The entity tag, or its absence.
void Model::add_selected(const Request& request, Outcome outcome, Window window,
                         std::vector<Outcome>& out) const {
  if (outcome.version == nullptr) return add_conditioned(request, std::move(outcome), window, out);
  const core::FileStatus& status = outcome.version->status;
  if (!rules_.tags_by_content) {
    outcome.tag = http::EntityTagText(status.modified, status.size, outcome.coding).view();
    return add_conditioned(request, std::move(outcome), window, out);
  }
  const bool is_small = status.size <= rules_.memory_body_bytes;
  if (is_small ? rules_.is_tight : may_lack_hash(status, window)) {
    // Without room a small file is served as a large one.
    add_conditioned(request, outcome, window, out);
  }
  if (is_small || may_be_hashed(status, window)) {
    outcome.tag = http::EntityTagText(http::hash_content(outcome.bytes()), outcome.coding).view();
    add_conditioned(request, std::move(outcome), window, out);
  }
}

// Conditions (RFC 9110 section 13.2.2).
void Model::add_conditioned(const Request& request, Outcome outcome, Window window,
                            std::vector<Outcome>& out) const {
  const int64_t modified =
      outcome.version != nullptr ? outcome.version->status.modified_seconds() : 0;
  const bool has_tag = !outcome.tag.empty();
  switch (request.condition) {
    case Request::Condition::none:
      break;
    case Request::Condition::match:
      if (!has_tag || request.tag != outcome.tag) outcome.status = Status::precondition_failed;
      break;
    case Request::Condition::none_match:
      if (has_tag && request.tag == outcome.tag) outcome.status = Status::not_modified;
      break;
    case Request::Condition::modified_since:
      if (outcome.has_modified && modified <= request.date) outcome.status = Status::not_modified;
      break;
    case Request::Condition::unmodified_since:
      if (outcome.has_modified && modified > request.date) {
        outcome.status = Status::precondition_failed;
      }
      break;
  }
  if (outcome.status != Status::ok || request.head_only || request.ranges.empty()) {
    out.push_back(std::move(outcome));
    return;
  }
  bool may_apply = true;
  bool may_not = false;
  if (request.if_range_date) {
    // As a strong validator a date has to be past (section 13.1.5).
    const int64_t date = *request.if_range_date;
    const bool is_same = outcome.has_modified && modified == date;
    may_apply = is_same && may_have_shown(window, [date](int64_t now) { return date < now; });
    may_not = !is_same || may_have_shown(window, [date](int64_t now) { return date >= now; });
  } else if (!request.if_range_tag.empty()) {
    may_apply = has_tag && request.if_range_tag == outcome.tag;
    may_not = !may_apply;
  }
  if (may_not) out.push_back(outcome);
  if (may_apply) add_ranged(request, std::move(outcome), out);
}

void Model::add_ranged(const Request& request, Outcome outcome, std::vector<Outcome>& out) const {
  const uint64_t size = outcome.bytes().size();
  bool has_empty_suffix = false;
  bool are_several = false;
  const Parts parts = select_parts(request.ranges, size, has_empty_suffix, are_several);
  const bool is_whole =
      parts.size() == 1 && are_several && parts[0].first == 0 && parts[0].second == size - 1;
  if (parts.empty() && !has_empty_suffix) {
    outcome.status = Status::range_not_satisfiable;
  } else if (!parts.empty() && !is_whole) {
    outcome.status = Status::partial_content;
    outcome.parts = parts;
  }
  out.push_back(std::move(outcome));
}

std::vector<Model::Outcome> Model::outcomes(const Request& request, Window window) const {
  std::vector<Outcome> out;
  if (request.body == Request::Body::length && request.body_size > rules_.body_bytes &&
      request.kind != Request::Kind::malformed) {
    return {{.status = Status::content_too_large}};
  }
  if (window.is_turned_away) {
    out.push_back({.status = Status::service_unavailable});
    // A target is not looked at.
    if (request.kind == Request::Kind::malformed) out.push_back({.status = request.refusal});
    return out;
  }
  if (request.expectation == Request::Expectation::unknown) {
    return {{.status = Status::expectation_failed}};
  }
  switch (request.kind) {
    case Request::Kind::get:
      window.from = earliest_look(window);
      add_targets(request, window, out);
      return out;
    case Request::Kind::options:
      return {{.status = Status::no_content}};
    case Request::Kind::not_allowed:
      return {{.status = Status::method_not_allowed}};
    case Request::Kind::unknown:
      return {{.status = Status::not_implemented}};
    case Request::Kind::malformed:
      return {{.status = request.refusal}};
  }
  return out;
}

std::string Model::text(const Request& request, const Outcome& outcome, bool closes, bool asked_on,
                        const Free& free) const {
  const std::string nosniff = "X-Content-Type-Options: nosniff\r\n";
  std::string head = "HTTP/1.1 " + std::string(http::status_text(outcome.status)) +
                     "\r\nServer: spate\r\nDate: " + free.date + "\r\n";
  std::string validators;
  if (outcome.version != nullptr && outcome.has_modified) {
    // Never later than Date, which the clock may have been set back to.
    const int64_t modified =
        std::min(outcome.version->status.modified_seconds(), free.date_seconds);
    validators += "Last-Modified: " + test_support::date_text(modified) + "\r\n";
  }
  if (!outcome.tag.empty()) validators += "ETag: " + outcome.tag + "\r\n";
  if (!outcome.vary.empty()) validators += "Vary: " + outcome.vary + "\r\n";
  std::string body;
  const auto entry_fields = [&](std::size_t length) {
    std::string fields =
        nosniff + "Content-Length: " + std::to_string(length) + "\r\n" + validators;
    if (outcome.coding != ContentCoding::identity) {
      fields += "Content-Encoding: " + std::string(http::coding_name(outcome.coding)) + "\r\n";
    }
    if (!outcome.security_policy.empty()) {
      fields += "Content-Security-Policy: " + outcome.security_policy + "\r\n";
    }
    return fields + "Accept-Ranges: bytes\r\n";
  };
  const auto part_range = [&](std::size_t part) {
    return "bytes " + std::to_string(outcome.parts[part].first) + "-" +
           std::to_string(outcome.parts[part].second) + "/" +
           std::to_string(outcome.bytes().size());
  };
  const auto part_bytes = [&](std::size_t part) {
    const auto [first, last] = outcome.parts[part];
    return outcome.bytes().substr(first, last - first + 1);
  };
  if (outcome.status == Status::ok) {
    body = outcome.bytes();
    head += "Content-Type: " + outcome.content_type + "\r\n" + entry_fields(body.size());
  } else if (outcome.status == Status::partial_content && outcome.parts.size() == 1) {
    body = part_bytes(0);
    head += "Content-Range: " + part_range(0) + "\r\nContent-Type: " + outcome.content_type +
            "\r\n" + entry_fields(body.size());
  } else if (outcome.status == Status::partial_content) {
    for (std::size_t part = 0; part < outcome.parts.size(); ++part) {
      body += "\r\n--" + free.boundary + "\r\nContent-Type: " + outcome.content_type +
              "\r\nContent-Range: " + part_range(part) + "\r\n\r\n" + part_bytes(part);
    }
    body += "\r\n--" + free.boundary + "--\r\n";
    head += "Content-Type: multipart/byteranges; boundary=" + free.boundary + "\r\n" +
            entry_fields(body.size());
  } else {
    if (outcome.status == Status::range_not_satisfiable) {
      head += "Content-Range: bytes */" + std::to_string(outcome.bytes().size()) + "\r\n";
    }
    if (!outcome.location.empty()) head += "Location: " + outcome.location + "\r\n";
    if (outcome.status == Status::no_content || outcome.status == Status::method_not_allowed) {
      head += "Allow: GET, HEAD, OPTIONS\r\n";
    }
    if (outcome.status == Status::service_unavailable) head += "Retry-After: 1\r\n";
    if (outcome.status == Status::not_modified) {
      head += validators;
    } else if (outcome.status != Status::no_content) {
      const bool is_read = request.kind != Request::Kind::malformed;
      const auto format =
          is_read && request.wants_html ? http::ErrorFormat::html : http::ErrorFormat::text;
      body = http::error_body(outcome.status, format);
      const bool depends = outcome.status == Status::not_acceptable;
      head += "Content-Type: " + std::string(http::error_body_type(format)) + "\r\n" + nosniff +
              "Vary: " + (depends ? "Accept, Accept-Encoding" : "Accept") +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    }
  }
  if (closes) head += "Connection: close\r\n";
  if (!closes && request.keeps_alive) head += "Connection: keep-alive\r\n";
  return (asked_on ? std::string(kContinue) : "") + head + "\r\n" + (request.head_only ? "" : body);
}

std::vector<std::string> Model::texts(const Request& request, uint32_t ordinal, Window window,
                                      const Free& free) const {
  std::vector<std::string> all;
  const bool has_body = request.body == Request::Body::chunked || request.body_size > 0;
  for (const Outcome& outcome : outcomes(request, window)) {
    bool closes =
        window.is_turned_away || request.closes || (request.old && !request.keeps_alive) ||
        request.kind == Request::Kind::malformed || outcome.status == Status::content_too_large ||
        (rules_.requests != 0 && ordinal >= rules_.requests);
    bool asked_on = false;
    if (request.expectation == Request::Expectation::unknown && has_body) closes = true;
    if (request.expectation == Request::Expectation::go_on && has_body) {
      if (static_cast<unsigned>(outcome.status) >= 400) {
        closes = true;
      } else {
        asked_on = true;
      }
    }
    all.push_back(text(request, outcome, closes, asked_on, free));
    if (!closes && drained_at_ <= window.to) {
      all.push_back(text(request, outcome, true, asked_on, free));
    }
  }
  return all;
}

std::optional<Model::Free> Model::free_parts(std::string_view actual, Window window) const {
  if (actual.starts_with(kContinue)) actual.remove_prefix(kContinue.size());
  const std::string_view head = actual.substr(0, actual.find("\r\n\r\n"));
  Free free;
  free.date = between(head, "\r\nDate: ", core::kImfFixdateLength);
  if (free.date.size() < core::kImfFixdateLength) return std::nullopt;
  free.boundary = between(head, "; boundary=", 16);
  const auto shown = timeline_.shown(window.from, window.to);
  for (const auto& [first, last] : shown) {
    for (int64_t seconds = first; seconds <= last; ++seconds) {
      free.date_seconds = seconds;
      if (test_support::date_text(seconds) == free.date) return free;
    }
  }
  free.date = "a date of the time of the answer";
  return free;
}

bool Model::accepts(const Request& request, uint32_t ordinal, Window window,
                    std::string_view actual, bool is_whole) const {
  const std::optional<Free> free = free_parts(actual, window);
  // Too short to have a date.
  if (!free) return !is_whole && (actual.starts_with("HTTP/1.1 ") || actual.size() < 9);
  for (const std::string& text : texts(request, ordinal, window, *free)) {
    if (is_whole ? actual == text : text.starts_with(actual)) return true;
  }
  // A head of which not all is there yet: what is free of it is not known.
  return !is_whole && actual.find("\r\n\r\n") == std::string_view::npos;
}

std::string Model::example(const Request& request, uint32_t ordinal, Window window,
                           std::string_view actual) const {
  std::string all;
  std::size_t more = 0;
  for (const std::string& text :
       texts(request, ordinal, window, free_parts(actual, window).value_or(Free{}))) {
    // Those that are most like it.
    if (text.compare(0, 12, actual, 0, 12) == 0 || more < 3) {
      all += "\n    " + Trace::quoted(text);
    }
    ++more;
  }
  return all;
}

bool Model::is_plausible(Window window, std::string_view response) const {
  const std::optional<Free> free = free_parts(response, window);
  if (!free || test_support::date_text(free->date_seconds) != free->date) return false;
  if (response.starts_with(kContinue)) response.remove_prefix(kContinue.size());
  const std::size_t end = response.find("\r\n\r\n");
  const std::string_view head = response.substr(0, end + 2);
  const std::string_view body = response.substr(end + 4);
  const std::string_view status = response.substr(std::string_view("HTTP/1.1 ").size(), 3);
  window.from = earliest_look(window);
  const auto contents = files_.contents(window.from, window.to);
  const auto is_content = [&contents](auto condition) {
    return std::any_of(contents.begin(), contents.end(),
                       [&](const auto& content) { return condition(*content); });
  };
  if (status == "200") {
    const http::EntityTagText tag(http::hash_content(body));
    if (rules_.listings && head.find(tag.view()) != std::string_view::npos) return true;
    return is_content([body](const std::string& content) { return content == body; });
  }
  if (status == "206") {
    // Of several parts, and of one of a listing, the length has been checked.
    const auto has = [head](std::string_view text) { return head.find(text) != text.npos; };
    const bool is_listing = rules_.listings && has("\r\nVary: Accept\r\n");
    return is_listing || has("\r\nContent-Type: multipart/") ||
           is_content([body](const std::string& content) {
             return content.find(body) != std::string::npos;
           });
  }
  if (status == "304" || status == "204") return body.empty();
  for (const Status error :
       {Status::moved_permanently, Status::bad_request, Status::forbidden, Status::not_found,
        Status::method_not_allowed, Status::not_acceptable, Status::request_timeout,
        Status::precondition_failed, Status::content_too_large, Status::uri_too_long,
        Status::range_not_satisfiable, Status::expectation_failed,
        Status::request_header_fields_too_large, Status::internal_server_error,
        Status::not_implemented, Status::service_unavailable, Status::http_version_not_supported}) {
    if (http::status_text(error).substr(0, 3) != status) continue;
    return body == http::error_body(error, http::ErrorFormat::text) ||
           body == http::error_body(error, http::ErrorFormat::html);
  }
  return false;
}

}  // namespace simulator
