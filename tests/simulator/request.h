// A request as its meaning, which the model reads, and as its bytes, which the server reads. The
// model so needs no parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/content/listing.h"
#include "http/semantics/accept_encoding.h"
#include "http/status.h"
#include "tests/simulator/random.h"

namespace simulator {

// One element of a Range field: "first-last", "first-" or "-suffix".
struct AskedRange {
  enum class Kind : uint8_t { closed, open, suffix } kind;
  uint64_t first;  // suffix: how many bytes
  uint64_t last;
};

// A value of Accept-Encoding and what it means: the codings that it accepts, best first.
struct AskedCodings {
  const char* text;  // null: no such field
  std::vector<http::ContentCoding> accepted;
};

struct Request {
  enum class Kind : uint8_t { get, options, not_allowed, unknown, malformed };
  enum class Condition : uint8_t { none, match, none_match, modified_since, unmodified_since };
  enum class Body : uint8_t { none, length, chunked };
  enum class Expectation : uint8_t { none, go_on, unknown };

  Kind kind = Kind::get;
  bool head_only = false;
  bool old = false;          // HTTP/1.0
  bool closes = false;       // the client asks for the end
  bool keeps_alive = false;  // the client of HTTP/1.0 asks for the opposite
  bool wants_html = false;
  bool wants_json = false;
  http::ListingView view;     // that `query` and Accept ask for
  std::string path;           // of the file or directory, without the slash at its end
  bool is_directory = false;  // the target ends in a slash
  std::string query;
  std::vector<AskedRange> ranges;  // empty: no Range
  std::string if_range_tag;        // empty: none
  std::optional<int64_t> if_range_date;
  Condition condition = Condition::none;
  std::string tag;
  int64_t date = 0;
  const AskedCodings* codings = nullptr;
  Body body = Body::none;
  uint64_t body_size = 0;
  Expectation expectation = Expectation::none;
  http::Status refusal = http::Status::bad_request;  // malformed

  std::string head;
  std::string content;
};

// Draws a request for one of `paths`. `tag` and `date` are validators that the client has seen.
Request draw_request(Random& random, const std::vector<std::string>& paths, const std::string& tag,
                     int64_t date, uint64_t body_limit);

// Bytes that need not be requests: several with some bytes changed, or nothing but chance. None is
// a HEAD, so that the length of a response can be read from it.
std::string draw_garbage(Random& random, const std::vector<std::string>& paths);

}  // namespace simulator
