#include "http/target/trailers.h"

#include <algorithm>
#include <span>

#include "core/ascii.h"
#include "http/semantics/token.h"
#include "http/target/disturbance.h"

namespace http::target {

namespace {

// What has to be known before the body (RFC 9110 section 6.5.1): framing, routing, authentication,
// and how to read the content.
constexpr core::Bytes kNotBehind[] = {"age",
                                      "authorization",
                                      "cache-control",
                                      "connection",
                                      "content-encoding",
                                      "content-length",
                                      "content-range",
                                      "content-type",
                                      "date",
                                      "expect",
                                      "expires",
                                      "host",
                                      "keep-alive",
                                      "location",
                                      "max-forwards",
                                      "pragma",
                                      "range",
                                      "retry-after",
                                      "set-cookie",
                                      "te",
                                      "trailer",
                                      "transfer-encoding",
                                      "upgrade",
                                      "vary",
                                      "warning",
                                      "www-authenticate"};

bool may_be_trailer(core::Bytes name) {
  return !name.empty() && token_length(name) == name.size() &&
         std::none_of(std::begin(kNotBehind), std::end(kNotBehind), [name](core::Bytes other) {
           return core::equals_ignoring_case(name, other);
         });
}

bool is_value(core::Bytes text) {
  return text == without_blanks(text) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_value_byte(static_cast<unsigned char>(c));
         });
}

}  // namespace

void put_trailers(core::Bytes query, core::TextWriter& names, core::TextWriter& lines,
                  Problem& problem) {
  constexpr core::Bytes kUsage = "/trailers?NAME=VALUE";
  constexpr std::size_t kLongest = 1024;
  QueryParameters parameters(query);
  for (core::Bytes name, value; parameters.next(name, value);) {
    if (is_disturbance(name)) continue;
    if (!may_be_trailer(name)) {
      return problem.report(kUsage, "NAME", "that of a field that may stand in a trailer", name);
    }
    char decoded[kLongest];
    const auto text = percent_decode(value, decoded);
    if (!text || !is_value(*text)) {
      return problem.report(kUsage, "VALUE", "percent-encoded, a field value and not too long",
                            value);
    }
    names.put(names.size() > 0 ? ", " : "").put(name);
    lines.put(name).put(": ").put(*text).put("\r\n");
  }
  if (!names.complete() || !lines.complete()) {
    problem.report(kUsage, "the query", "shorter", query);
  }
}

}  // namespace http::target
