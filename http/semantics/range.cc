#include "http/semantics/range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/ascii.h"
#include "core/text_writer.h"

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

// A list may hold empty elements (section 5.6.1.2): drops them and the space around their commas.
// Space that is not beside a comma stays and makes the range malformed.
core::Bytes without_empty_elements(core::Bytes list) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  const auto is_skipped = [&](char c) { return c == ',' || is_space(c); };
  std::size_t begin = 0;
  while (begin < list.size() && is_skipped(list[begin])) ++begin;
  std::size_t end = list.size();
  while (end > begin && is_skipped(list[end - 1])) --end;
  const core::Bytes before = list.substr(0, begin);
  const core::Bytes behind = list.substr(end);
  if (!before.empty() && before.find(',') == core::Bytes::npos) return {};
  if (!behind.empty() && behind.find(',') == core::Bytes::npos) return {};
  return list.substr(begin, end - begin);
}

RangeChoice choose_suffix(uint64_t length, uint64_t size) {
  if (length == 0) return {RangeVerdict::unsatisfiable, {}};
  if (size == 0) return {};
  return {RangeVerdict::part, {size - std::min(length, size), size - 1}};
}

RangeChoice choose_from(uint64_t first, uint64_t last, uint64_t size) {
  if (last < first) return {};
  if (first >= size) return {RangeVerdict::unsatisfiable, {}};
  return {RangeVerdict::part, {first, std::min(last, size - 1)}};
}

}  // namespace

RangeChoice choose_range(core::Bytes field_value, uint64_t size) {
  core::Bytes rest = field_value;
  if (!take_bytes_unit(rest)) return {};
  rest = without_empty_elements(rest);

  const std::optional<uint64_t> first = take_number(rest);
  if (!rest.starts_with('-')) return {};
  rest.remove_prefix(1);
  const std::optional<uint64_t> last = take_number(rest);
  if (!rest.empty()) return {};  // several ranges, or not a range

  if (first) return choose_from(*first, last.value_or(kHuge), size);
  if (last) return choose_suffix(*last, size);
  return {};
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
