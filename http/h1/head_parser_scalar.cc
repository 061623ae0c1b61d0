// The reference parser. It reads the head from left to right, one byte at a time, and decides at
// the first byte that allows a decision; so a verdict never changes when more bytes arrive, except
// from incomplete to another one. Where the text says what a head is, this file says it in code.
#include <algorithm>
#include <array>

#include "http/field_name.h"
#include "http/h1/head_parser.h"
#include "http/h1/scan_classes.h"
#include "http/method.h"

namespace http::h1 {

namespace {

constexpr unsigned char kTokenBit = 1, kTargetBit = 2, kValueBit = 4, kBlankBit = 8;

constexpr auto kByteClasses = [] {
  std::array<unsigned char, 256> classes{};
  for (unsigned i = 0; i < classes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(i);
    classes[i] = static_cast<unsigned char>(
        (is_token_byte(byte) ? kTokenBit : 0) | (is_target_byte(byte) ? kTargetBit : 0) |
        (is_value_byte(byte) ? kValueBit : 0) | (is_blank(byte) ? kBlankBit : 0));
  }
  return classes;
}();

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

class ScalarParser {
 public:
  ScalarParser(core::Bytes input, const HeadLimits& limits, RequestHead& head)
      : text_(input.substr(0, std::min(limits.head_bytes, kMaxHeadBytes))),
        is_cut_(text_.size() == std::min(limits.head_bytes, kMaxHeadBytes)),
        max_target_bytes_(limits.target_bytes),
        max_fields_(std::min(limits.fields, kMaxFields)),
        head_(head) {}

  HeadResult parse() {
    head_.present = 0;
    head_.repeated = 0;
    head_.field_count = 0;
    if (skip_empty_line() && read_method() && read_target() && read_version() && read_fields()) {
      result_ = {.verdict = HeadVerdict::complete, .consumed = static_cast<uint32_t>(next_)};
    }
    return result_;
  }

 private:
  // Every function below returns true when it has read what its name says, and false when that ends
  // the parsing; result_ is then set.

  bool refuse(const char* reason, Status status = Status::bad_request) {
    result_ = {.verdict = HeadVerdict::bad, .status = status, .reason = reason};
    return false;
  }

  // All bytes are read and acceptable: wait for more, unless no more are allowed.
  bool run_out() {
    if (!is_cut_) {
      result_ = {.verdict = HeadVerdict::incomplete};
      return false;
    }
    return in_request_line_
               ? refuse("request line too long", Status::uri_too_long)
               : refuse("request head too long", Status::request_header_fields_too_large);
  }

  bool at_end() const { return next_ == text_.size(); }
  char peek() const { return text_[next_]; }
  bool peek_is(unsigned char byte_class) const {
    return (kByteClasses[static_cast<unsigned char>(peek())] & byte_class) != 0;
  }
  void skip_while(unsigned char byte_class) {
    while (!at_end() && peek_is(byte_class)) ++next_;
  }

  bool read_byte(char expected, const char* reason) {
    if (at_end()) return run_out();
    if (peek() != expected) return refuse(reason);
    ++next_;
    return true;
  }

  bool read_line_end(const char* reason) {
    return read_byte('\r', reason) && read_byte('\n', "CR without LF");
  }

  // RFC 9112 section 2.2: a server should ignore at least one empty line before the request line.
  bool skip_empty_line() {
    if (!at_end() && peek() == '\r' && !read_line_end("")) return false;
    start_ = next_;
    head_.base = text_.data() + start_;
    return true;
  }

  bool read_method() {
    skip_while(kTokenBit);
    if (at_end()) return run_out();
    if (next_ == start_) return refuse("a request begins with a method");
    head_.method_text = text_.substr(start_, next_ - start_);
    head_.method = method_of(head_.method_text);
    return read_byte(' ', "the method is a token, followed by one space");
  }

  bool read_target() {
    const size_t begin = next_;
    while (!at_end() && peek_is(kTargetBit)) {
      if (next_ - begin == max_target_bytes_) {
        return refuse("request target too long", Status::uri_too_long);
      }
      ++next_;
    }
    if (at_end()) return run_out();
    if (next_ == begin) return refuse("one space and a request target follow the method");
    head_.target = text_.substr(begin, next_ - begin);
    if (peek() == '\r' || peek() == '\n') return refuse("request line without an HTTP version");
    if (peek() == '#') return refuse("fragment in the request target");
    return read_byte(' ', "illegal byte in the request target");
  }

  bool read_digit(char& digit) {
    if (at_end()) return run_out();
    if (!is_digit(peek())) return refuse(kMalformedVersion);
    digit = peek();
    ++next_;
    return true;
  }

  // RFC 9112 section 2.3. A higher minor version than 1 is answered as 1.1 (RFC 9110 section 2.5).
  bool read_version() {
    for (char expected : std::string_view("HTTP/")) {
      if (!read_byte(expected, kMalformedVersion)) return false;
    }
    char major = 0, minor = 0;
    if (!read_digit(major) || !read_byte('.', kMalformedVersion) || !read_digit(minor) ||
        !read_line_end("CR and LF end the request line, right after the HTTP version")) {
      return false;
    }
    if (major != '1') {
      return refuse("HTTP version not supported", Status::http_version_not_supported);
    }
    head_.minor_version = minor == '0' ? 0 : 1;
    in_request_line_ = false;
    return true;
  }

  // Field lines and the empty line that ends the head.
  bool read_fields() {
    for (;;) {
      if (at_end()) return run_out();
      if (peek() == '\r') return read_line_end("");
      if (!read_field()) return false;
    }
  }

  bool read_field() {
    if (peek_is(kBlankBit)) return refuse("folded field line, or white space before the first one");
    if (peek() == ':') return refuse("empty field name");
    if (!peek_is(kTokenBit)) return refuse(peek() == '\n' ? kBareLf : kIllegalInName);
    if (head_.field_count == max_fields_) {
      return refuse("too many field lines", Status::request_header_fields_too_large);
    }
    const size_t name = next_;
    skip_while(kTokenBit);
    if (at_end()) return run_out();
    const size_t name_end = next_;
    if (peek_is(kBlankBit)) return refuse("white space before the colon");
    if (peek() == '\r' || peek() == '\n') return refuse("field line without a colon");
    if (!read_byte(':', kIllegalInName)) return false;

    skip_while(kBlankBit);
    const size_t value = next_;
    skip_while(kValueBit);
    if (at_end()) return run_out();
    size_t value_end = next_;
    while (value_end > value && is_blank(static_cast<unsigned char>(text_[value_end - 1]))) {
      --value_end;
    }
    if (!read_line_end(peek() == '\n' ? kBareLf : "control byte in a field value")) return false;
    add_field(name, name_end, value, value_end);
    return true;
  }

  void add_field(size_t name, size_t name_end, size_t value, size_t value_end) {
    Field& field = head_.fields[head_.field_count++];
    field.name_offset = static_cast<uint16_t>(name - start_);
    field.name_length = static_cast<uint16_t>(name_end - name);
    field.value_offset = static_cast<uint16_t>(value - start_);
    field.value_length = static_cast<uint16_t>(value_end - value);
    field.name = field_name_of(text_.substr(name, name_end - name));
    const uint32_t bit = uint32_t{1} << static_cast<unsigned>(field.name);
    head_.repeated |= head_.present & bit;
    head_.present |= bit;
  }

  static constexpr const char* kMalformedVersion = "malformed HTTP version";
  static constexpr const char* kIllegalInName = "illegal byte in a field name";
  static constexpr const char* kBareLf = "LF without CR";

  const core::Bytes text_;  // the input up to the limit
  const bool is_cut_;       // the limit allows nothing behind text_
  const uint32_t max_target_bytes_;
  const uint32_t max_fields_;
  RequestHead& head_;
  HeadResult result_{};
  size_t next_ = 0;   // offset in text_ of the first byte not read yet
  size_t start_ = 0;  // of the request line
  bool in_request_line_ = true;
};

}  // namespace

HeadResult parse_head_scalar(core::Bytes input, const HeadLimits& limits, RequestHead& head) {
  return ScalarParser(input, limits, head).parse();
}

}  // namespace http::h1
