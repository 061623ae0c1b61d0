// Small specifications that people write into a query, such as "lognormal:p50=20ms,p99=250ms" or
// "reset@1%": a reader with what they are made of, and the error that says what is wrong with one.
//
// The text is what percent-decoding gives; the grammars use no character that would have to be
// encoded, but for '%'. No allocation, so that a specification may come with every request.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"

namespace http::target {

inline constexpr double kSecond = 1e9;  // nanoseconds
inline constexpr double kLongestDuration = 3600 * kSecond;
inline constexpr core::Bytes kUpToAnHour = "a duration of at most 1h";
inline constexpr uint64_t kLargestSize = uint64_t{1} << 40;  // bytes

// 2 to which power a unit of bytes is: none, B, k, K, KiB, M, MiB, G, GiB, T or TiB. Nothing if it
// is none of these.
std::optional<unsigned> shift_of_unit(core::Bytes unit);

// Why a specification can not be used, in one line for whoever wrote it:
//   expected a duration such as 20ms, found "fast" at character 8
// Of what it quotes it keeps 32 characters, and shows '?' for those that are not printable ASCII.
class SpecificationError {
 public:
  SpecificationError() = default;
  // `expected` is a text of ours, of at most kCapacity - 88 characters. What was found begins at
  // `position` of `text` and goes to the next separator.
  SpecificationError(core::Bytes expected, core::Bytes text, std::size_t position);

  core::Bytes text() const { return {text_.data(), size_}; }

 private:
  static constexpr std::size_t kCapacity = 224;

  std::array<char, kCapacity> text_;
  std::size_t size_ = 0;
};

// Reads a text from its start to its end. Whatever returns false has found something else than it
// expected; the first such finding is the error.
class SpecificationReader {
 public:
  explicit SpecificationReader(core::Bytes text) : text_(text) {}

  bool at_end() const { return position_ == text_.size(); }
  // A digit comes next, or the point of a fraction.
  bool at_number() const;
  std::size_t position() const { return position_; }
  // Whether there is a `c` before the next `end`, or before the end of the text.
  bool has_before(char c, char end) const;

  // Takes `literal` if it comes next, which is no error if it does not.
  bool take(core::Bytes literal);
  // Letters, digits and hyphens, perhaps none.
  core::Bytes take_word();

  bool expect(core::Bytes literal);
  bool expect_end(core::Bytes expected);
  // "20ms", "1.5s", "2m": nanoseconds, at most `longest`, which `bound` names for people. Units are
  // ns, us, ms, s, m and h; a number without a unit is seconds.
  bool duration(double& nanoseconds, double longest, core::Bytes bound);
  // The same, at most an hour.
  bool duration(double& nanoseconds) {
    return duration(nanoseconds, kLongestDuration, kUpToAnHour);
  }
  // "1000", "10KiB", "2M": a whole number of bytes, at most kLargestSize.
  bool size(double& bytes);
  // Digits that may have a fraction, `least` to `most`. `expected` names that for people.
  bool number(double least, double most, core::Bytes expected, double& value);
  // Digits.
  bool integer(uint64_t most, core::Bytes expected, uint64_t& value);

  // What was read is not what was `expected`, from `position` on. Always false.
  bool fail(core::Bytes expected, std::size_t position);
  const SpecificationError& error() const { return error_; }

 private:
  core::Bytes rest() const { return text_.substr(position_); }
  // A number without a sign or an exponent; false is no error yet.
  bool take_number(double& value);

  core::Bytes text_;
  std::size_t position_ = 0;
  SpecificationError error_;
};

}  // namespace http::target
