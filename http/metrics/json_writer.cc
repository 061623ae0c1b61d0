#include "http/metrics/json_writer.h"

#include <charconv>
#include <cmath>

#include "core/check.h"
#include "core/json_text.h"

namespace http::metrics {
namespace {

template <class Number>
void put_number(std::string& out, Number number) {
  char text[32];  // the longest is a negative double: "-2.2250738585072014e-308"
  const auto result = std::to_chars(text, text + sizeof(text), number);
  out.append(text, static_cast<std::size_t>(result.ptr - text));
}

}  // namespace

void JsonWriter::value(core::Bytes name, uint64_t number) {
  put_name(name);
  put_number(out_, number);
}

void JsonWriter::value(core::Bytes name, double number) {
  CHECK(std::isfinite(number));
  put_name(name);
  put_number(out_, number);
}

void JsonWriter::value(core::Bytes name, core::Bytes text) {
  put_name(name);
  put_text(text);
}

void JsonWriter::null(core::Bytes name) {
  put_name(name);
  out_.append("null");
}

void JsonWriter::begin(core::Bytes name, char bracket) {
  put_name(name);
  out_.push_back(bracket);
  follows_value_ = false;
}

void JsonWriter::end(char bracket) {
  out_.push_back(bracket);
  follows_value_ = true;
}

void JsonWriter::put_name(core::Bytes name) {
  if (follows_value_) out_.push_back(',');
  follows_value_ = true;
  if (name.empty()) return;
  put_text(name);
  out_.push_back(':');
}

void JsonWriter::put_text(core::Bytes text) {
  out_.push_back('"');
  core::escape_json(text, core::TextEncoding::utf8,
                    [this](core::Bytes piece) { out_.append(piece); });
  out_.push_back('"');
}

}  // namespace http::metrics
