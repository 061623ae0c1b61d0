#include "http/scenario/escaped_text.h"

#include "core/ascii.h"
#include "core/json_text.h"
#include "http/semantics/token.h"

namespace http::scenario {

namespace {

// "json" of "application/vnd.api+json; charset=utf-8": the subtype, or its suffix (RFC 6838 section
// 4.2.8).
core::Bytes format_of(core::Bytes content_type) {
  const core::Bytes type = without_blanks(content_type.substr(0, content_type.find(';')));
  return type.substr(type.find_last_of("/+") + 1);  // npos + 1 is 0
}

core::Bytes html_escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

Escaping escaping_of(core::Bytes content_type) {
  const core::Bytes format = format_of(content_type);
  if (core::equals_ignoring_case(format, "json")) return Escaping::json;
  const bool is_markup =
      core::equals_ignoring_case(format, "html") || core::equals_ignoring_case(format, "xml");
  return is_markup ? Escaping::html : Escaping::none;
}

void put_escaped(core::Bytes text, Escaping escaping, core::TextWriter& out) {
  if (escaping == Escaping::json) {
    core::escape_json(text, core::TextEncoding::utf8, [&](core::Bytes piece) { out.put(piece); });
    return;
  }
  for (const char& c : text) {
    const core::Bytes escape = escaping == Escaping::html ? html_escape(c) : core::Bytes();
    out.put(escape.empty() ? core::Bytes(&c, 1) : escape);
  }
}

}  // namespace http::scenario
