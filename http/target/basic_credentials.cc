#include "http/target/basic_credentials.h"

#include <cstdint>

#include "core/ascii.h"
#include "http/semantics/token.h"

namespace http::target {

namespace {

// Compares a text with base64 that is made on the way (RFC 4648 section 4).
class Base64Comparison {
 public:
  explicit Base64Comparison(core::Bytes text) : rest_(text) {}

  void add(core::Bytes bytes) {
    for (const char c : bytes) {
      bits_ = bits_ << 8 | static_cast<unsigned char>(c);
      if (++held_ == 3) flush();
    }
  }

  // Whether the text was the base64 of all that was added.
  bool finish() {
    if (held_ > 0) flush();
    return matches_ && rest_.empty();
  }

 private:
  void flush() {
    constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned missing = 3 - held_;
    bits_ <<= 8 * missing;
    for (unsigned i = 0; i < 4; ++i) {
      expect(i < 4 - missing ? kAlphabet[bits_ >> (18 - 6 * i) & 63] : '=');
    }
    bits_ = 0;
    held_ = 0;
  }
  void expect(char c) {
    matches_ = matches_ && rest_.starts_with(c);
    if (matches_) rest_.remove_prefix(1);
  }

  core::Bytes rest_;
  uint32_t bits_ = 0;
  unsigned held_ = 0;  // bytes in it
  bool matches_ = true;
};

}  // namespace

bool has_basic_credentials(const RequestHead& head, core::Bytes user, core::Bytes password) {
  core::Bytes value;
  bool found = false;
  for (uint32_t i = 0; i < head.field_count; ++i) {
    const Field& field = head.fields[i];
    if (!core::equals_ignoring_case(head.name_of(field), "authorization")) continue;
    if (found) return false;
    found = true;
    value = head.value_of(field);
  }
  const std::size_t scheme = token_length(value);
  if (!core::equals_ignoring_case(value.substr(0, scheme), "basic")) return false;
  Base64Comparison comparison(without_blanks(value.substr(scheme)));
  comparison.add(user);
  comparison.add(":");
  comparison.add(password);
  return comparison.finish();
}

}  // namespace http::target
