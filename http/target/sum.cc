#include "http/target/sum.h"

namespace http::target {

namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

void Sum::add(core::Bytes piece) {
  for (const char c : piece) add(c);
}

void Sum::add(char c) {
  if (is_blank(c)) {
    if (part_ == Part::digits) part_ = Part::after;
    if (part_ == Part::sign) part_ = Part::wrong;
  } else if (c == '-' && part_ == Part::before) {
    is_negative_ = true;
    part_ = Part::sign;
  } else if (c >= '0' && c <= '9' && part_ <= Part::digits) {
    part_ = Part::digits;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (__builtin_mul_overflow(number_, uint64_t{10}, &number_) ||
        __builtin_add_overflow(number_, digit, &number_)) {
      part_ = Part::wrong;
    }
  } else {
    part_ = Part::wrong;
  }
}

std::optional<int64_t> Sum::total() const {
  if (part_ == Part::sign || part_ == Part::wrong) return std::nullopt;
  int64_t total = 0;
  const bool overflows = is_negative_ ? __builtin_sub_overflow(total_, number_, &total)
                                      : __builtin_add_overflow(total_, number_, &total);
  if (overflows) return std::nullopt;
  return total;
}

}  // namespace http::target
