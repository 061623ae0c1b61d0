#include "http/semantics/range.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "core/ascii.h"
#include "core/text_writer.h"
#include "http/semantics/token.h"

namespace http {
namespace {

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();

// Takes the digits at the start of `text` off it; none: nothing. What exceeds 64 bits is kHuge,
// which lies behind every file.
std::optional<uint64_t> take_number(core::Bytes& text) {
  std::size_t length = 0;
  uint64_t value = 0;
  for (; length < text.size() && text[length] >= '0' && text[length] <= '9'; ++length) {
    const auto digit = static_cast<uint64_t>(text[length] - '0');
    value = value > (kHuge - digit) / 10 ? kHuge : value * 10 + digit;
  }
  if (length == 0) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

// Takes "bytes=" off, in any case: names of range units are case-insensitive (section 14.1).
bool take_bytes_unit(core::Bytes& text) {
  constexpr core::Bytes kUnit = "bytes=";
  if (!core::equals_ignoring_case(text.substr(0, kUnit.size()), kUnit)) return false;
  text.remove_prefix(kUnit.size());
  return true;
}

// Walks the elements of a range-set, with the white space that the list rule allows around commas
// (section 5.6.1.2) taken off. Space at either end of the set is not beside a comma: it stays and
// makes the element malformed.
class RangeSet {
 public:
  explicit RangeSet(core::Bytes text) : rest_(text) {}

  // Whether there was one more element, empty or not.
  bool next(core::Bytes& element) {
    if (done_) return false;
    const std::size_t comma = rest_.find(',');
    element = rest_.substr(0, comma);
    const bool follows_comma = !first_;
    first_ = false;
    done_ = comma == core::Bytes::npos;
    if (!done_) rest_.remove_prefix(comma + 1);
    if (follows_comma) element = without_leading_blanks(element);
    if (!done_) element = without_trailing_blanks(element);
    return true;
  }

 private:
  core::Bytes rest_;
  bool first_ = true;
  bool done_ = false;
};

// A range-spec as it is for one size.
enum class Kind : uint8_t { satisfiable, unsatisfiable, inexpressible, malformed };

Kind resolve_suffix(uint64_t length, uint64_t size, ByteRange& range) {
  if (length == 0) return Kind::unsatisfiable;
  if (size == 0) return Kind::inexpressible;
  range = {size - std::min(length, size), size - 1};
  return Kind::satisfiable;
}

Kind resolve(core::Bytes spec, uint64_t size, ByteRange& range) {
  const std::optional<uint64_t> first = take_number(spec);
  if (!spec.starts_with('-')) return Kind::malformed;
  spec.remove_prefix(1);
  const std::optional<uint64_t> last = take_number(spec);
  if (!spec.empty()) return Kind::malformed;
  if (!first) return last ? resolve_suffix(*last, size, range) : Kind::malformed;
  if (last && *last < *first) return Kind::malformed;
  if (*first >= size) return Kind::unsatisfiable;
  range = {*first, std::min(last.value_or(kHuge), size - 1)};
  return Kind::satisfiable;
}

// Whether the gap between the two is smaller than a part head, if there is one.
bool belong_together(ByteRange a, ByteRange b) {
  if (b.first < a.first) std::swap(a, b);
  return b.first <= a.last || b.first - a.last <= kSmallestRangeGap;
}

// Adds `range` to the first `count` of `parts`, which do not belong together in any pair. False if
// there is no room. One pass is enough: what lies near the merged part lies near `range`, for it
// neither lies near another part nor fits into a gap that was small.
bool add(ByteRange range, std::span<ByteRange, kMaxRangeParts> parts, uint32_t& count) {
  uint32_t kept = 0;
  std::optional<uint32_t> place;
  for (uint32_t i = 0; i < count; ++i) {
    const ByteRange part = parts[i];
    if (!belong_together(part, range)) {
      parts[kept++] = part;
      continue;
    }
    range = {std::min(part.first, range.first), std::max(part.last, range.last)};
    if (!place) place = kept++;
  }
  if (!place) {
    if (kept == kMaxRangeParts) return false;
    place = kept++;
  }
  parts[*place] = range;
  count = kept;
  return true;
}

}  // namespace

RangeChoice choose_ranges(core::Bytes field_value, uint64_t size,
                          std::span<ByteRange, kMaxRangeParts> out) {
  core::Bytes rest = field_value;
  if (!take_bytes_unit(rest)) return {};

  uint32_t satisfiable = 0;
  uint32_t unsatisfiable = 0;
  uint32_t count = 0;
  RangeSet set(rest);
  for (core::Bytes spec; set.next(spec);) {
    if (spec.empty()) continue;
    ByteRange range;
    switch (resolve(spec, size, range)) {
      case Kind::satisfiable:
        ++satisfiable;
        if (!add(range, out, count)) return {};
        break;
      case Kind::unsatisfiable:
        ++unsatisfiable;
        break;
      case Kind::inexpressible:
      case Kind::malformed:
        return {};
    }
  }
  if (satisfiable == 0) {
    return {unsatisfiable == 0 ? RangeVerdict::whole : RangeVerdict::unsatisfiable, 0};
  }
  // Parts lie apart, so only a single one can be as long as the file.
  if (satisfiable > 1 && out[0].length() == size) return {};
  return {RangeVerdict::parts, count};
}

core::Bytes format_content_range(ByteRange part, uint64_t size,
                                 std::span<char, kContentRangeCapacity> out) {
  core::TextWriter writer(out.data(), out.size());
  writer.put("bytes ").put(part.first).put("-").put(part.last).put("/").put(size);
  return writer.text();
}

core::Bytes format_unsatisfied_range(uint64_t size, std::span<char, kContentRangeCapacity> out) {
  core::TextWriter writer(out.data(), out.size());
  writer.put("bytes */").put(size);
  return writer.text();
}

}  // namespace http
