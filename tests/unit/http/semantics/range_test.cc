#include "http/semantics/range.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace http {
namespace {

constexpr uint64_t kMax = UINT64_MAX;

// "whole", "unsatisfiable" or "first-last".
std::string choose(core::Bytes value, uint64_t size) {
  const RangeChoice choice = choose_range(value, size);
  if (choice.verdict == RangeVerdict::whole) return "whole";
  if (choice.verdict == RangeVerdict::unsatisfiable) return "unsatisfiable";
  EXPECT_LE(choice.part.first, choice.part.last) << value;
  EXPECT_LT(choice.part.last, size) << value;
  return std::to_string(choice.part.first) + "-" + std::to_string(choice.part.last);
}

struct Case {
  const char* value;
  uint64_t size;
  const char* expected;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(choose(c.value, c.size), c.expected) << c.value;
}

// RFC 9110 section 14.1.2, for its representation of 10,000 bytes.
TEST(ChooseRange, ExamplesOfTheRfc) {
  expect_all({
      {"bytes=0-499", 10000, "0-499"},
      {"bytes=500-999", 10000, "500-999"},
      {"bytes=-500", 10000, "9500-9999"},
      {"bytes=9500-", 10000, "9500-9999"},
      {"bytes=0-0", 10000, "0-0"},
      {"bytes=-1", 10000, "9999-9999"},
  });
}

TEST(ChooseRange, TheEndIsCutToTheSize) {
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
TEST(ChooseRange, Unsatisfiable) {
  expect_all({
      {"bytes=10000-", 10000, "unsatisfiable"},
      {"bytes=10000-20000", 10000, "unsatisfiable"},
      {"bytes=-0", 10000, "unsatisfiable"},
      {"bytes=-000", 10000, "unsatisfiable"},
  });
}

TEST(ChooseRange, EmptyRepresentation) {
  expect_all({
      {"bytes=0-", 0, "unsatisfiable"},
      {"bytes=0-0", 0, "unsatisfiable"},
      {"bytes=-0", 0, "unsatisfiable"},
      {"bytes=-5", 0, "whole"},
  });
}

TEST(ChooseRange, NumbersOfAnyLength) {
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
TEST(ChooseRange, Units) {
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

TEST(ChooseRange, MalformedIsIgnored) {
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

// Several ranges are answered with the whole; empty elements do not count (section 5.6.1.2).
TEST(ChooseRange, Lists) {
  expect_all({
      {"bytes=0-0,-1", 10, "whole"},
      {"bytes=0-0, 2-3", 10, "whole"},
      {"bytes=0-0,x", 10, "whole"},
      {"bytes=20-30,40-50", 10, "whole"},
      {"bytes=,1-2", 10, "1-2"},
      {"bytes=1-2,", 10, "1-2"},
      {"bytes= , ,\t1-2 ,, ", 10, "1-2"},
      {"bytes=,", 10, "whole"},
      {"bytes= , ", 10, "whole"},
  });
}

TEST(ChooseRange, EveryByteInPlaceOfADigit) {
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

// Against the definition, written for small numbers: which positions of the file are selected.
TEST(ChooseRange, AgreesWithTheDefinitionOnSmallNumbers) {
  for (uint64_t size = 0; size <= 6; ++size) {
    for (uint64_t a = 0; a <= 7; ++a) {
      const RangeChoice suffix = choose_range("bytes=-" + std::to_string(a), size);
      if (a == 0) {
        EXPECT_EQ(suffix.verdict, RangeVerdict::unsatisfiable);
      } else if (size == 0) {
        EXPECT_EQ(suffix.verdict, RangeVerdict::whole);
      } else {
        EXPECT_EQ(suffix.part.length(), a < size ? a : size);
        EXPECT_EQ(suffix.part.last, size - 1);
      }
      for (uint64_t b = 0; b <= 7; ++b) {
        const std::string value = "bytes=" + std::to_string(a) + "-" + std::to_string(b);
        const RangeChoice choice = choose_range(value, size);
        uint64_t selected = 0;
        for (uint64_t i = 0; i < size; ++i) selected += i >= a && i <= b;
        if (a > b) {
          EXPECT_EQ(choice.verdict, RangeVerdict::whole) << value;
        } else if (selected == 0) {
          EXPECT_EQ(choice.verdict, RangeVerdict::unsatisfiable) << value;
        } else {
          EXPECT_EQ(choice.verdict, RangeVerdict::part) << value;
          EXPECT_EQ(choice.part.first, a) << value;
          EXPECT_EQ(choice.part.length(), selected) << value;
        }
      }
    }
  }
}

// Random text made of the bytes that matter never selects anything outside of the file.
TEST(ChooseRange, NeverSelectsOutsideOfTheFile) {
  std::mt19937_64 random(20250615);
  constexpr core::Bytes kAlphabet = "0123456789999--,, \t=b";
  int parts = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string value = "bytes=";
    for (uint64_t length = random() % 24; length > 0; --length) {
      value += kAlphabet[random() % kAlphabet.size()];
    }
    const uint64_t size = random() >> (random() % 64);
    const RangeChoice choice = choose_range(value, size);
    if (choice.verdict != RangeVerdict::part) continue;
    ++parts;
    ASSERT_LE(choice.part.first, choice.part.last) << value;
    ASSERT_LT(choice.part.last, size) << value;
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
