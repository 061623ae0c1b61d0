// Any bytes as a Range field: the parts are those that marking the wanted bytes one by one gives,
// and whatever the size is, they lie inside of it and far enough apart (RFC 9110 section 14).
//
// Choices: the size of the representation.
#include "http/semantics/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/ascii.h"
#include "tests/fuzz/fuzz_input.h"

using namespace http;

namespace {

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();

struct Expected {
  RangeVerdict verdict = RangeVerdict::whole;
  std::vector<ByteRange> parts;
};

std::vector<std::string> elements_of(const std::string& set) {
  std::vector<std::string> elements(1);
  for (const char c : set) {
    if (c == ',') {
      elements.emplace_back();
    } else {
      elements.back() += c;
    }
  }
  for (std::size_t i = 0; i < elements.size(); ++i) {
    std::string& element = elements[i];
    if (i > 0) element.erase(0, element.find_first_not_of(" \t"));
    if (i + 1 < elements.size()) element.erase(element.find_last_not_of(" \t") + 1);
  }
  return elements;
}

uint64_t number(const std::string& digits) {
  uint64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return result.ec == std::errc::result_out_of_range ? kHuge : value;
}

bool all_digits(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

std::vector<bool>::iterator position(std::vector<bool>& marks, uint64_t at) {
  return marks.begin() + static_cast<std::ptrdiff_t>(at);
}

// The parts that bytes marked so far make, each at the place of the first range in it.
std::vector<ByteRange> parts_of(std::vector<bool> wanted, const std::vector<ByteRange>& ranges) {
  for (std::size_t at = 0, end = 0; at < wanted.size(); ++at) {
    if (!wanted[at]) continue;
    if (end > 0 && at - end < kSmallestRangeGap) std::fill_n(position(wanted, end), at - end, true);
    end = at + 1;
  }
  std::vector<ByteRange> parts;
  for (const ByteRange& range : ranges) {
    ByteRange part = range;
    while (part.first > 0 && wanted[part.first - 1]) --part.first;
    while (part.last + 1 < wanted.size() && wanted[part.last + 1]) ++part.last;
    const auto is_it = [&](const ByteRange& other) { return other.first == part.first; };
    if (std::none_of(parts.begin(), parts.end(), is_it)) parts.push_back(part);
  }
  return parts;
}

// For a small representation.
Expected choose_plainly(const std::string& field, std::size_t size) {
  std::string unit = field.substr(0, 6);
  for (char& c : unit) c = core::to_lower(c);
  if (unit != "bytes=") return {};
  std::vector<bool> wanted(size);
  std::vector<ByteRange> ranges;
  bool unsatisfiable = false;
  for (const std::string& element : elements_of(field.substr(6))) {
    if (element.empty()) continue;
    const std::size_t dash = element.find('-');
    if (dash == std::string::npos) return {};
    const std::string first = element.substr(0, dash), last = element.substr(dash + 1);
    if (!all_digits(first) || !all_digits(last) || (first.empty() && last.empty())) return {};
    ByteRange range;
    if (first.empty()) {
      if (number(last) > 0 && size == 0) return {};
      range = {size - std::min<uint64_t>(size, number(last)), kHuge};
    } else {
      range = {number(first), last.empty() ? kHuge : number(last)};
      if (range.last < range.first) return {};
    }
    if (range.first >= size) {
      unsatisfiable = true;
      continue;
    }
    range.last = std::min<uint64_t>(range.last, size - 1);
    ranges.push_back(range);
    std::fill_n(position(wanted, range.first), range.length(), true);
    if (parts_of(wanted, ranges).size() > kMaxRangeParts) return {};
  }
  if (ranges.empty())
    return {unsatisfiable ? RangeVerdict::unsatisfiable : RangeVerdict::whole, {}};
  const std::vector<ByteRange> parts = parts_of(wanted, ranges);
  if (ranges.size() > 1 && parts[0].length() == size) return {};
  return {RangeVerdict::parts, parts};
}

void expect_apart(std::span<const ByteRange> parts, uint64_t size) {
  uint64_t sum = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ASSERT_LE(parts[i].first, parts[i].last);
    ASSERT_LT(parts[i].last, size);
    ASSERT_LE(parts[i].length(), size - sum);
    sum += parts[i].length();
    for (std::size_t k = 0; k < i; ++k) {
      const ByteRange& low = parts[i].first < parts[k].first ? parts[i] : parts[k];
      const ByteRange& high = parts[i].first < parts[k].first ? parts[k] : parts[i];
      ASSERT_LT(low.last, high.first);
      ASSERT_GE(high.first - low.last - 1, kSmallestRangeGap);
    }
    std::array<char, kContentRangeCapacity> text;
    EXPECT_EQ(format_content_range(parts[i], size, text),
              "bytes " + std::to_string(parts[i].first) + "-" + std::to_string(parts[i].last) +
                  "/" + std::to_string(size));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  const fuzz::ExactCopy field(input.text());
  const std::size_t small = input.choose() * std::size_t{16} + input.choose() % 16;
  for (const uint64_t length : {uint64_t{small}, uint64_t{1} << 33, kHuge}) {
    std::array<ByteRange, kMaxRangeParts> parts;
    const RangeChoice choice = choose_ranges(field.bytes(), length, parts);
    EXPECT_EQ(choice.count > 0, choice.verdict == RangeVerdict::parts);
    EXPECT_LE(choice.count, kMaxRangeParts);
    expect_apart({parts.data(), choice.count}, length);
    if (length != small || field.bytes().size() > 1000) continue;

    const Expected expected = choose_plainly(std::string(field.bytes()), small);
    EXPECT_EQ(choice.verdict, expected.verdict);
    EXPECT_EQ(choice.count, expected.parts.size());
    for (uint32_t i = 0; i < choice.count; ++i) {
      EXPECT_EQ(parts[i].first, expected.parts[i].first);
      EXPECT_EQ(parts[i].last, expected.parts[i].last);
    }
  }
  return 0;
}
