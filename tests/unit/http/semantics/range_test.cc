#include "http/semantics/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

namespace http {
namespace {

constexpr uint64_t kMax = UINT64_MAX;

struct Chosen {
  RangeVerdict verdict;
  std::vector<ByteRange> parts;
};

// The choice, after a check of what holds for every one.
Chosen choose_parts(core::Bytes value, uint64_t size) {
  std::array<ByteRange, kMaxRangeParts> out;
  const RangeChoice choice = choose_ranges(value, size, out);
  EXPECT_EQ(choice.verdict == RangeVerdict::parts, choice.count > 0) << value;
  EXPECT_LE(choice.count, kMaxRangeParts) << value;
  const std::vector<ByteRange> parts(out.begin(), out.begin() + choice.count);
  std::vector<ByteRange> sorted = parts;
  std::ranges::sort(sorted, {}, &ByteRange::first);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_LE(sorted[i].first, sorted[i].last) << value;
    EXPECT_LT(sorted[i].last, size) << value;
    if (i == 0) continue;
    EXPECT_LT(sorted[i - 1].last, sorted[i].first) << value;
    EXPECT_GE(sorted[i].first - sorted[i - 1].last - 1, kSmallestRangeGap) << value;
  }
  return {choice.verdict, parts};
}

// "whole", "unsatisfiable" or "first-last,first-last".
std::string choose(core::Bytes value, uint64_t size) {
  const Chosen chosen = choose_parts(value, size);
  if (chosen.verdict == RangeVerdict::whole) return "whole";
  if (chosen.verdict == RangeVerdict::unsatisfiable) return "unsatisfiable";
  std::string text;
  for (const ByteRange& part : chosen.parts) {
    if (!text.empty()) text += ',';
    text += std::to_string(part.first) + '-' + std::to_string(part.last);
  }
  return text;
}

struct Case {
  const char* value;
  uint64_t size;
  const char* expected;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(choose(c.value, c.size), c.expected) << c.value << " of " << c.size;
  }
}

// RFC 9110 section 14.1.2, for its representation of 10,000 bytes.
TEST(ChooseRanges, ExamplesOfTheRfc) {
  expect_all({
      {"bytes=0-499", 10000, "0-499"},
      {"bytes=500-999", 10000, "500-999"},
      {"bytes=-500", 10000, "9500-9999"},
      {"bytes=9500-", 10000, "9500-9999"},
      {"bytes=0-0", 10000, "0-0"},
      {"bytes=-1", 10000, "9999-9999"},
  });
}

TEST(ChooseRanges, TheEndIsCutToTheSize) {
  expect_all({
      {"bytes=0-", 1, "0-0"},
      {"bytes=0-9999", 10000, "0-9999"},
      {"bytes=0-10000", 10000, "0-9999"},
      {"bytes=9999-10000", 10000, "9999-9999"},
      {"bytes=-10000", 10000, "0-9999"},
      {"bytes=-10001", 10000, "0-9999"},
      {"bytes=007-0010", 10000, "7-10"},
  });
}

// Section 14.1.2: the first position lies behind the end, or the suffix is empty.
TEST(ChooseRanges, Unsatisfiable) {
  expect_all({
      {"bytes=10000-", 10000, "unsatisfiable"},
      {"bytes=10000-20000", 10000, "unsatisfiable"},
      {"bytes=-0", 10000, "unsatisfiable"},
      {"bytes=-000", 10000, "unsatisfiable"},
  });
}

TEST(ChooseRanges, EmptyRepresentation) {
  expect_all({
      {"bytes=0-", 0, "unsatisfiable"},
      {"bytes=0-0", 0, "unsatisfiable"},
      {"bytes=-0", 0, "unsatisfiable"},
      {"bytes=-5", 0, "whole"},
  });
}

TEST(ChooseRanges, NumbersOfAnyLength) {
  expect_all({
      {"bytes=18446744073709551615-", 10, "unsatisfiable"},
      {"bytes=18446744073709551616-", 10, "unsatisfiable"},  // 2^64
      {"bytes=99999999999999999999999999999999-", 10, "unsatisfiable"},
      {"bytes=5-18446744073709551616", 10, "5-9"},
      {"bytes=5-99999999999999999999999999999999", 10, "5-9"},
      {"bytes=-18446744073709551616", 10, "0-9"},
      {"bytes=18446744073709551620-5", 10, "whole"},  // 2^64 + 4 is not 4
      {"bytes=0-", kMax, "0-18446744073709551614"},
      {"bytes=18446744073709551614-", kMax, "18446744073709551614-18446744073709551614"},
      {"bytes=18446744073709551615-", kMax, "unsatisfiable"},
      {"bytes=-1", kMax, "18446744073709551614-18446744073709551614"},
      {"bytes=0000000000000000000000000000000000000001-2", 10, "1-2"},
  });
}

// Section 14.1: names of range units are case-insensitive; section 14.2: others are ignored.
TEST(ChooseRanges, Units) {
  expect_all({
      {"BYTES=1-2", 10, "1-2"},
      {"bYtEs=1-2", 10, "1-2"},
      {"lines=1-2", 10, "whole"},
      {"byte=1-2", 10, "whole"},
      {"bytes 1-2", 10, "whole"},
      {"bytes:1-2", 10, "whole"},
      {"bytes =1-2", 10, "whole"},
      {" bytes=1-2", 10, "whole"},
      {"=1-2", 10, "whole"},
      {"1-2", 10, "whole"},
      {"bytes", 10, "whole"},
      {"", 10, "whole"},
  });
}

TEST(ChooseRanges, MalformedIsIgnored) {
  expect_all({
      {"bytes=", 10, "whole"},
      {"bytes=-", 10, "whole"},
      {"bytes=--1", 10, "whole"},
      {"bytes=1", 10, "whole"},
      {"bytes=2-1", 10, "whole"},  // section 14.1.1: invalid
      {"bytes=20-19", 10, "whole"},
      {"bytes=1-2-3", 10, "whole"},
      {"bytes=1-2x", 10, "whole"},
      {"bytes=x-2", 10, "whole"},
      {"bytes=+1-2", 10, "whole"},
      {"bytes=1 -2", 10, "whole"},
      {"bytes=1- 2", 10, "whole"},
      {"bytes= 1-2", 10, "whole"},
      {"bytes=1-2 ", 10, "whole"},
      {"bytes=0x1-2", 10, "whole"},
      {"bytes==1-2", 10, "whole"},
  });
}

// Section 5.6.1.2: empty elements do not count, and white space may stand around commas.
TEST(ChooseRanges, EmptyElements) {
  expect_all({
      {"bytes=,1-2", 10, "1-2"},
      {"bytes=1-2,", 10, "1-2"},
      {"bytes= , ,\t1-2 ,, ", 10, "1-2"},
      {"bytes=0-0 ,\t, 500-", 999, "0-0,500-998"},
      {"bytes=,", 10, "whole"},
      {"bytes= , ", 10, "whole"},
      {"bytes= 0-0,500-", 999, "whole"},  // not beside a comma
      {"bytes=0-0,500- ", 999, "whole"},
      {"bytes=0-0,5 00-", 999, "whole"},
  });
}

// Section 14.1.2: the first and the last byte, and the equal spellings of the second 500 bytes.
TEST(ChooseRanges, SeveralOfTheRfc) {
  expect_all({
      {"bytes=0-0,-1", 10000, "0-0,9999-9999"},
      {"bytes= 0-999, 4500-5499, -1000", 10000, "whole"},  // that space is not in the grammar
      {"bytes=0-999, 4500-5499, -1000", 10000, "0-999,4500-5499,9000-9999"},
      {"bytes=500-600,601-999", 10000, "500-999"},
      {"bytes=500-700,601-999", 10000, "500-999"},
  });
}

// Sections 14.1.1 and 14.2: a field that is invalid in one element is invalid.
TEST(ChooseRanges, OneMalformedElementSpoilsTheField) {
  expect_all({
      {"bytes=0-0,x", 999, "whole"},
      {"bytes=x,0-0", 999, "whole"},
      {"bytes=0-0,5-4", 999, "whole"},
      {"bytes=0-0,-", 999, "whole"},
      {"bytes=0-0;500-600", 999, "whole"},
      {"bytes=0-0,bytes=500-600", 999, "whole"},
      {"bytes=2000-,x", 999, "whole"},  // not 416
  });
}

// Section 14.1.2: a set is satisfiable if one of its ranges is.
TEST(ChooseRanges, UnsatisfiableOnesAreLeftOut) {
  expect_all({
      {"bytes=0-0,999-", 999, "0-0"},
      {"bytes=999-,-0,500-600,2000-3000,0-0", 999, "500-600,0-0"},
      {"bytes=20-30,40-50", 10, "unsatisfiable"},
      {"bytes=-0,999-", 999, "unsatisfiable"},
      {"bytes=0-0,-0", 0, "unsatisfiable"},
      {"bytes=0-0,-5", 0, "whole"},
      {"bytes=-5,0-0", 0, "whole"},
  });
}

// Section 15.3.7.2: a gap smaller than the head of a part is not worth one.
TEST(ChooseRanges, MergesAcrossSmallGaps) {
  expect_all({
      {"bytes=0-9,10-19", 999, "0-19"},
      {"bytes=0-9,11-19", 999, "0-19"},
      {"bytes=0-9,89-99", 999, "0-99"},       // 79 bytes between
      {"bytes=0-9,90-99", 999, "0-9,90-99"},  // 80
      {"bytes=89-99,0-9", 999, "0-99"},
      {"bytes=90-99,0-9", 999, "90-99,0-9"},
      {"bytes=0-9,0-9", 999, "0-9"},
      {"bytes=0-500,200-300", 999, "0-500"},
      {"bytes=200-300,0-500", 999, "0-500"},
      {"bytes=0-9,300-309,600-609,5-605", 999, "0-609"},
  });
}

// Section 15.3.7.2: in the order of the request; a merged part stands where its first range stood.
TEST(ChooseRanges, KeepsTheOrderOfTheRequest) {
  expect_all({
      {"bytes=-10,0-9", 999, "989-998,0-9"},
      {"bytes=900-909,0-9,450-459", 999, "900-909,0-9,450-459"},
      {"bytes=900-909,0-9,450-459,910-919", 999, "900-919,0-9,450-459"},
      {"bytes=900-909,0-9,450-459,10-19", 999, "900-909,0-19,450-459"},
      {"bytes=900-909,0-9,450-459,10-449", 999, "900-909,0-459"},
      {"bytes=900-909,0-9,450-459,400-899", 999, "400-909,0-9"},
  });
}

// Several ranges that are the whole file are worth no 206; one is, as a client may begin so.
TEST(ChooseRanges, AllOfTheFile) {
  expect_all({
      {"bytes=0-", 999, "0-998"},
      {"bytes=0-,999-", 999, "0-998"},
      {"bytes=0-,0-", 999, "whole"},
      {"bytes=0-499,500-", 999, "whole"},
      {"bytes=0-,0-0", 999, "whole"},
      {"bytes=0-0,-1", 10, "whole"},
      {"bytes=0-0,-2", 3, "whole"},
      {"bytes=1-1,-1", 3, "1-2"},
      {"bytes=0-499,500-997", 999, "0-997"},
  });
}

// `count` ranges of one byte, each `distance` behind the last.
std::string ranges(uint64_t count, uint64_t distance) {
  std::string value = "bytes=";
  for (uint64_t i = 0; i < count; ++i) {
    value += std::to_string(i * distance) + '-' + std::to_string(i * distance) + ',';
  }
  return value;
}

// Section 14.2: a server may ignore a field with many small ranges.
TEST(ChooseRanges, MoreThanTheMostPartsAreTheWhole) {
  EXPECT_EQ(choose_parts(ranges(kMaxRangeParts, 100), 9999).parts.size(), kMaxRangeParts);
  EXPECT_EQ(choose(ranges(kMaxRangeParts + 1, 100), 9999), "whole");
  EXPECT_EQ(choose(ranges(kMaxRangeParts + 1, 100) + "0-5000", 9999), "whole");
  EXPECT_EQ(choose(ranges(kMaxRangeParts, 100) + "1501-1501", 9999),
            choose(ranges(kMaxRangeParts - 1, 100) + "1500-1501", 9999));
  EXPECT_EQ(choose(ranges(kMaxRangeParts, 100) + "x", 9999), "whole");
  EXPECT_EQ(choose(ranges(4000, 5), 100'000), "0-19995");
  EXPECT_EQ(choose(ranges(4000, 5), 10), "0-5");  // and 3,998 that are unsatisfiable
}

// The boundaries of sizes at which counters of other widths would turn over: for each, ranges that
// begin or end at the first and the last bytes and just behind.
TEST(ChooseRanges, EveryBoundaryOfEverySize) {
  constexpr uint64_t kTwo32 = uint64_t{1} << 32;
  for (const uint64_t size : {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{200}, kTwo32 - 1,
                              kTwo32, kTwo32 + 1, uint64_t{1} << 63, kMax}) {
    const auto number = [](uint64_t n) { return std::to_string(n); };
    const std::string end = number(size);
    const std::string last = number(size - 1);
    EXPECT_EQ(choose("bytes=0-0", size), "0-0");
    EXPECT_EQ(choose("bytes=0-", size), "0-" + last);
    EXPECT_EQ(choose("bytes=0-" + last, size), "0-" + last);
    EXPECT_EQ(choose("bytes=0-" + end, size), "0-" + last);
    EXPECT_EQ(choose("bytes=" + last + "-", size), last + "-" + last);
    EXPECT_EQ(choose("bytes=" + last + "-" + last, size), last + "-" + last);
    EXPECT_EQ(choose("bytes=" + last + "-" + end, size), last + "-" + last);
    EXPECT_EQ(choose("bytes=" + end + "-", size), "unsatisfiable");
    EXPECT_EQ(choose("bytes=" + end + "-" + end, size), "unsatisfiable");
    EXPECT_EQ(choose("bytes=-1", size), last + "-" + last);
    EXPECT_EQ(choose("bytes=-" + last, size), size == 1 ? "unsatisfiable" : "1-" + last);
    EXPECT_EQ(choose("bytes=-" + end, size), "0-" + last);
    const bool apart = size >= kSmallestRangeGap + 2;
    EXPECT_EQ(choose("bytes=-1,0-0", size), apart ? last + "-" + last + ",0-0" : "whole");
    EXPECT_EQ(choose("bytes=0-0,-1," + end + "-", size),
              apart ? "0-0," + last + "-" + last : "whole");
  }
}

TEST(ChooseRanges, EveryByteInPlaceOfADigit) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = "bytes=" + std::string(1, static_cast<char>(byte)) + "-9";
    std::string expected = "whole";
    if (byte >= '0' && byte <= '9') {
      expected = std::to_string(byte - '0') + "-9";
    } else if (byte == ',') {
      expected = "1-9";  // an empty element and the suffix "-9" of ten bytes
    }
    EXPECT_EQ(choose(value, 10), expected) << byte;
  }
}

// The rules of range.h with a set of bytes per part and no thought of cost.
struct Model {
  uint64_t size;
  std::vector<std::vector<bool>> parts;

  explicit Model(uint64_t n) : size(n) {}

  // The bytes between the lowest and the highest that either set has.
  std::vector<bool> hull(const std::vector<bool>& a, const std::vector<bool>& b) const {
    std::vector<bool> both(size);
    for (uint64_t low = 0; low < size; ++low) {
      if (!a[low] && !b[low]) continue;
      for (uint64_t high = low; high < size; ++high) {
        if (a[high] || b[high])
          std::fill_n(both.begin() + static_cast<long>(low), high - low + 1, true);
      }
      break;
    }
    return both;
  }

  // Whether a walk from one set to the other leaves fewer than kSmallestRangeGap bytes out.
  bool near(const std::vector<bool>& a, const std::vector<bool>& b) const {
    const std::vector<bool> both = hull(a, b);
    uint64_t gap = 0;
    for (uint64_t i = 0; i < size; ++i) gap += both[i] && !a[i] && !b[i];
    return gap < kSmallestRangeGap;
  }

  // Adds the set, then merges the first pair that lies near until there is none.
  void add(const std::vector<bool>& set) {
    parts.push_back(set);
    for (bool again = true; again;) {
      again = false;
      for (std::size_t i = 0; i < parts.size() && !again; ++i) {
        for (std::size_t k = i + 1; k < parts.size() && !again; ++k) {
          if (!near(parts[i], parts[k])) continue;
          parts[i] = hull(parts[i], parts[k]);
          parts.erase(parts.begin() + static_cast<long>(k));
          again = true;
        }
      }
    }
  }
};

struct Spec {
  std::string text;
  bool malformed = false;
  bool inexpressible = false;
  std::vector<bool> selected;
};

// A range-spec of random form, and the positions that it selects.
Spec random_spec(std::mt19937_64& random, uint64_t size) {
  Spec spec;
  spec.selected.resize(size);
  const uint64_t a = random() % (size + 3);
  const uint64_t b = random() % 4 == 0 ? random() % (size + 3) : a + random() % 6;
  switch (random() % 4) {
    case 0:  // suffix
      spec.text = "-" + std::to_string(b % 10);
      for (uint64_t i = 0; i < size; ++i) spec.selected[i] = size - i <= b % 10;
      spec.inexpressible = size == 0 && b % 10 > 0;
      break;
    case 1:  // open, near the end, for a small one would be most of the file
      spec.text = std::to_string(size - size / 20 + a % 4) + "-";
      for (uint64_t i = 0; i < size; ++i) spec.selected[i] = i >= size - size / 20 + a % 4;
      break;
    default:
      spec.text = std::to_string(a) + "-" + std::to_string(b);
      spec.malformed = b < a;
      for (uint64_t i = 0; i < size; ++i) spec.selected[i] = i >= a && i <= b;
  }
  return spec;
}

TEST(ChooseRanges, AgreesWithSetsOfBytes) {
  std::mt19937_64 random(20261123);
  uint64_t seen[3] = {};
  uint64_t several = 0;
  for (int round = 0; round < 8'000; ++round) {
    const uint64_t size = random() % (round % 2 == 0 ? 8 : 700);
    Model model(size);
    std::string value = "bytes=";
    bool whole = false;
    uint64_t satisfiable = 0;
    for (uint64_t count = 1 + random() % 6; count > 0; --count) {
      const Spec spec = random_spec(random, size);
      value += spec.text + (count > 1 ? "," : "");
      whole = whole || spec.malformed || spec.inexpressible;
      if (std::ranges::find(spec.selected, true) == spec.selected.end()) continue;
      ++satisfiable;
      model.add(spec.selected);
    }
    const bool all =
        model.parts.size() == 1 && std::ranges::find(model.parts[0], false) == model.parts[0].end();
    std::string expected;
    if (whole || (all && satisfiable > 1)) {
      expected = "whole";
    } else if (satisfiable == 0) {
      expected = "unsatisfiable";
    }
    const Chosen chosen = choose_parts(value, size);
    ++seen[static_cast<int>(chosen.verdict)];
    several += chosen.parts.size() > 1;
    if (!expected.empty()) {
      ASSERT_EQ(choose(value, size), expected) << value << " of " << size;
      continue;
    }
    ASSERT_EQ(chosen.verdict, RangeVerdict::parts) << value << " of " << size;
    ASSERT_EQ(chosen.parts.size(), model.parts.size()) << value << " of " << size;
    for (std::size_t k = 0; k < chosen.parts.size(); ++k) {
      for (uint64_t i = 0; i < size; ++i) {
        const bool selected = chosen.parts[k].first <= i && i <= chosen.parts[k].last;
        ASSERT_EQ(selected, model.parts[k][i]) << value << " of " << size << " at " << i;
      }
    }
  }
  for (const uint64_t count : seen) EXPECT_GT(count, 500U);
  EXPECT_GT(several, 500U);
}

// Random text made of the bytes that matter never selects anything outside of the file: what
// choose_parts() checks.
TEST(ChooseRanges, NeverSelectsOutsideOfTheFile) {
  std::mt19937_64 random(20250615);
  constexpr core::Bytes kAlphabet = "0123456789999--,, \t=b";
  int parts = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string value = "bytes=";
    for (uint64_t length = random() % 24; length > 0; --length) {
      value += kAlphabet[random() % kAlphabet.size()];
    }
    const uint64_t size = random() >> (random() % 64);
    if (choose_parts(value, size).verdict == RangeVerdict::parts) ++parts;
  }
  EXPECT_GT(parts, 1000);
}

// RFC 9110 section 14.4.
TEST(FormatContentRange, Examples) {
  std::array<char, kContentRangeCapacity> out;
  EXPECT_EQ(format_content_range({0, 499}, 1234, out), "bytes 0-499/1234");
  EXPECT_EQ(format_content_range({734, 1233}, 1234, out), "bytes 734-1233/1234");
  EXPECT_EQ(format_unsatisfied_range(1234, out), "bytes */1234");
  EXPECT_EQ(format_unsatisfied_range(0, out), "bytes */0");
}

TEST(FormatContentRange, TheLongestFitsExactly) {
  std::array<char, kContentRangeCapacity> out;
  const core::Bytes text = format_content_range({kMax - 2, kMax - 1}, kMax, out);
  EXPECT_EQ(text, "bytes 18446744073709551613-18446744073709551614/18446744073709551615");
  EXPECT_EQ(text.size(), kContentRangeCapacity);
  EXPECT_EQ(format_unsatisfied_range(kMax, out), "bytes */18446744073709551615");
}

}  // namespace
}  // namespace http
