#include "http/target/specification.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "core/check.h"
#include "core/text_writer.h"

namespace http::target {
namespace {

constexpr std::size_t kLongestQuote = 32;
// What stands between parts of a specification and is not in a number, a name or a parameter.
constexpr core::Bytes kSeparators = ",;*@";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

// A separator alone, or what stands before the next one.
core::Bytes part_at(core::Bytes text, std::size_t position) {
  const core::Bytes rest = text.substr(position);
  return rest.substr(0, std::max<std::size_t>(rest.find_first_of(kSeparators), 1));
}

void put_quoted(core::Bytes text, core::TextWriter& writer) {
  writer.put("\"");
  for (const char c : text.substr(0, kLongestQuote)) {
    const char shown = c >= ' ' && c <= '~' ? c : '?';
    writer.put(core::Bytes(&shown, 1));
  }
  writer.put(text.size() > kLongestQuote ? "...\"" : "\"");
}

}  // namespace

std::optional<unsigned> shift_of_unit(core::Bytes unit) {
  if (unit.empty() || unit == "B") return 0;
  const bool is_short = unit.size() == 1;
  if (!is_short && unit.substr(1) != "iB") return std::nullopt;
  switch (unit.front()) {
    case 'k':
      return is_short ? std::optional<unsigned>(10) : std::nullopt;
    case 'K':
      return 10;
    case 'M':
      return 20;
    case 'G':
      return 30;
    case 'T':
      return 40;
    default:
      return std::nullopt;
  }
}

SpecificationError::SpecificationError(core::Bytes expected, core::Bytes text,
                                       std::size_t position) {
  core::TextWriter writer(text_.data(), text_.size());
  writer.put("expected ").put(expected).put(", found ");
  if (position == text.size()) {
    writer.put("the end");
  } else {
    put_quoted(part_at(text, position), writer);
  }
  writer.put(" at character ").put(uint64_t{position} + 1);
  CHECK(writer.complete());
  size_ = writer.size();
}

bool SpecificationReader::at_number() const {
  return !at_end() && (is_digit(text_[position_]) || text_[position_] == '.');
}

bool SpecificationReader::has_before(char c, char end) const {
  return rest().substr(0, rest().find(end)).find(c) != core::Bytes::npos;
}

bool SpecificationReader::take(core::Bytes literal) {
  if (!rest().starts_with(literal)) return false;
  position_ += literal.size();
  return true;
}

core::Bytes SpecificationReader::take_word() {
  const std::size_t begin = position_;
  while (!at_end() && is_word(text_[position_])) ++position_;
  return text_.substr(begin, position_ - begin);
}

bool SpecificationReader::expect(core::Bytes literal) {
  if (take(literal)) return true;
  char quoted[kLongestQuote];
  core::TextWriter writer(quoted, sizeof(quoted));
  return fail(writer.put("\"").put(literal).put("\"").text(), position_);
}

bool SpecificationReader::expect_end(core::Bytes expected) {
  return at_end() || fail(expected, position_);
}

bool SpecificationReader::take_number(double& value) {
  // from_chars would take "-1", "inf" and "nan" too.
  if (!at_number()) return false;
  const char* begin = text_.data() + position_;
  const auto [end, error] =
      std::from_chars(begin, text_.data() + text_.size(), value, std::chars_format::fixed);
  if (error == std::errc::invalid_argument) return false;
  // Out of range is what is too large, or so small that it is nothing.
  if (error == std::errc::result_out_of_range) {
    const char* digit = std::find_if(begin, end, [](char c) { return c != '0'; });
    value = digit == end || *digit == '.' ? 0 : std::numeric_limits<double>::max();
  }
  position_ += static_cast<std::size_t>(end - begin);
  return true;
}

bool SpecificationReader::duration(double& nanoseconds, double longest, core::Bytes bound) {
  const std::size_t begin = position_;
  double value = 0;
  if (!take_number(value)) return fail("a duration such as 20ms, 1.5s or 2m", begin);
  const core::Bytes unit = take_word();
  double scale = 0;
  if (unit == "ns") scale = 1;
  if (unit == "us") scale = 1e3;
  if (unit == "ms") scale = 1e6;
  if (unit == "s" || unit.empty()) scale = kSecond;
  if (unit == "m") scale = 60 * kSecond;
  if (unit == "h") scale = 3600 * kSecond;
  if (scale == 0) return fail("a duration in ns, us, ms, s, m or h", begin);
  nanoseconds = value * scale;
  return nanoseconds <= longest || fail(bound, begin);
}

bool SpecificationReader::size(double& bytes) {
  constexpr core::Bytes kExpected = "a size up to 1TiB, such as 1000, 10KiB or 2MiB";
  const std::size_t begin = position_;
  uint64_t count = 0;
  if (!integer(kLargestSize, kExpected, count)) return false;
  // What follows may be a fraction, which is none.
  const std::optional<unsigned> shift = at_number() ? std::nullopt : shift_of_unit(take_word());
  if (!shift || count > kLargestSize >> *shift) return fail(kExpected, begin);
  bytes = static_cast<double>(count << *shift);
  return true;
}

bool SpecificationReader::number(double least, double most, core::Bytes expected, double& value) {
  const std::size_t begin = position_;
  return (take_number(value) && value >= least && value <= most) || fail(expected, begin);
}

bool SpecificationReader::integer(uint64_t most, core::Bytes expected, uint64_t& value) {
  const std::size_t begin = position_;
  while (!at_end() && is_digit(text_[position_])) ++position_;
  const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + position_, value);
  return (error == std::errc() && value <= most) || fail(expected, begin);
}

bool SpecificationReader::fail(core::Bytes expected, std::size_t position) {
  if (error_.text().empty()) error_ = SpecificationError(expected, text_, position);
  return false;
}

}  // namespace http::target
