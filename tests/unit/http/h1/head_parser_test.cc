// The grammar: the RFC table at every split point, every byte value in every kind of place, and the
// limits. Each input is given to every parser of the machine, in front of an unreadable page.
#include "http/h1/head_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "http/field_name.h"
#include "http/method.h"
#include "tests/unit/http/h1/head_parser_cases.h"
#include "tests/unit/http/h1/head_parser_support.h"

namespace http::h1::head_parser_test {
namespace {

constexpr size_t kCapacity = 4096;

// What may follow a head or a bad byte and must not change the verdict.
const std::string kSuffixes[] = {"G",
                                 "\r",
                                 "\n",
                                 " ",
                                 "\r\n\r\n",
                                 "v\r\n\r\n",
                                 ": v\r\n\r\n",
                                 "HTTP/1.1\r\n\r\n",
                                 " HTTP/1.1\r\n\r\n",
                                 "GET / HTTP/1.1\r\nHost: b\r\n\r\n",
                                 std::string("\0\x01\x7f\xff", 4),
                                 std::string(200, 'a')};

void expect_fields(const AcceptedCase& expected, const RequestHead& head) {
  ASSERT_EQ(head.field_count, expected.fields.size());
  uint32_t present = 0, repeated = 0;
  for (uint32_t i = 0; i < head.field_count; ++i) {
    const Field& field = head.fields[i];
    const auto& [name, value] = expected.fields[i];
    EXPECT_EQ(head.name_of(field), name);
    EXPECT_EQ(head.value_of(field), value);
    EXPECT_EQ(field.name, field_name_of(name)) << name;
    const uint32_t bit = uint32_t{1} << static_cast<unsigned>(field.name);
    repeated |= present & bit;
    present |= bit;
  }
  EXPECT_EQ(head.present, present);
  EXPECT_EQ(head.repeated, repeated);
}

TEST(HeadParserTable, AcceptsWhatTheRfcAllows) {
  EveryParser parsers(kCapacity);
  for (const AcceptedCase& expected : accepted_cases()) {
    SCOPED_TRACE(std::string("RFC ") + expected.section + ": " + expected.what);
    const HeadResult& result = parsers.parse(expected.text);
    ASSERT_EQ(result.verdict, HeadVerdict::complete) << describe(result, parsers.head());
    EXPECT_EQ(result.consumed, expected.text.size());
    const RequestHead& head = parsers.head();
    EXPECT_EQ(head.method_text, expected.method);
    EXPECT_EQ(head.method, method_of(expected.method));
    EXPECT_EQ(head.target, expected.target);
    EXPECT_EQ(head.minor_version, expected.minor_version);
    expect_fields(expected, head);
  }
}

TEST(HeadParserTable, EveryPrefixOfAnAcceptedHeadIsIncomplete) {
  EveryParser parsers(kCapacity);
  for (const AcceptedCase& expected : accepted_cases()) {
    SCOPED_TRACE(std::string("RFC ") + expected.section + ": " + expected.what);
    for (size_t size = 0; size < expected.text.size(); ++size) {
      const HeadResult& result = parsers.parse(std::string_view(expected.text).substr(0, size));
      ASSERT_EQ(result.verdict, HeadVerdict::incomplete) << "of " << size << " bytes";
    }
  }
}

TEST(HeadParserTable, WhatFollowsAnAcceptedHeadIsNotTouched) {
  EveryParser parsers(kCapacity);
  for (const AcceptedCase& expected : accepted_cases()) {
    SCOPED_TRACE(std::string("RFC ") + expected.section + ": " + expected.what);
    for (const std::string& suffix : kSuffixes) {
      const HeadResult& result = parsers.parse(expected.text + suffix);
      ASSERT_EQ(result.verdict, HeadVerdict::complete) << describe(result, parsers.head());
      EXPECT_EQ(result.consumed, expected.text.size());
      EXPECT_EQ(parsers.head().target, expected.target);
      expect_fields(expected, parsers.head());
    }
  }
}

TEST(HeadParserTable, RejectsAtTheFirstByteThatAllowsIt) {
  EveryParser parsers(kCapacity);
  for (const RejectedCase& expected : rejected_cases()) {
    SCOPED_TRACE(std::string("RFC ") + expected.section + ": " + expected.what);
    for (size_t size = 0; size < expected.text.size(); ++size) {
      const HeadResult& result = parsers.parse(std::string_view(expected.text).substr(0, size));
      ASSERT_EQ(result.verdict, HeadVerdict::incomplete) << "of " << size << " bytes";
    }
    const HeadResult& result = parsers.parse(expected.text);
    ASSERT_EQ(result.verdict, HeadVerdict::bad);
    EXPECT_EQ(result.status, expected.status);
    EXPECT_STRNE(result.reason, "");
  }
}

TEST(HeadParserTable, NothingThatFollowsARejectedHeadChangesTheVerdict) {
  EveryParser parsers(kCapacity);
  for (const RejectedCase& expected : rejected_cases()) {
    SCOPED_TRACE(std::string("RFC ") + expected.section + ": " + expected.what);
    const std::string reason = parsers.parse(expected.text).reason;
    for (const std::string& suffix : kSuffixes) {
      for (size_t size = 1; size <= suffix.size(); size += 1 + size / 4) {
        const HeadResult& result = parsers.parse(expected.text + suffix.substr(0, size));
        ASSERT_EQ(result.verdict, HeadVerdict::bad);
        EXPECT_EQ(result.status, expected.status);
        EXPECT_EQ(result.reason, reason);
      }
    }
  }
}

TEST(HeadParser, WordsTheReason) {
  EveryParser parsers(kCapacity);
  const std::pair<const char*, const char*> kReasons[] = {
      {"\x16\x03\x01", "a request begins with a method"},
      {"GET /a#b", "fragment in the request target"},
      {"GET /\r\n", "request line without an HTTP version"},
      {"GET / HTTP/2.0\r\n", "HTTP version not supported"},
      {"GET / HTTP/1.1\r\nHost : a", "white space before the colon"},
      {"GET / HTTP/1.1\r\nA: b\r\n c", "folded field line, or white space before the first one"},
      {"GET / HTTP/1.1\r\nA: b\n", "LF without CR"},
      {"GET / HTTP/1.1\r\nA: b\rc", "CR without LF"},
      {"GET / HTTP/1.1\r\nHost\r\n", "field line without a colon"},
  };
  for (const auto& [text, reason] : kReasons) EXPECT_STREQ(parsers.parse(text).reason, reason);
}

TEST(HeadParser, OffsetsCountFromTheRequestLine) {
  EveryParser parsers(kCapacity);
  parsers.parse("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const RequestHead& head = parsers.head();
  EXPECT_EQ(std::string_view(head.base, 3), "GET");
  EXPECT_EQ(head.fields[0].name_offset, 16);
  EXPECT_EQ(head.fields[0].value_offset, 22);
}

TEST(HeadParser, TellsWhichFieldsThereAre) {
  EveryParser parsers(kCapacity);
  parsers.parse("GET / HTTP/1.1\r\nHost: a\r\nRange: x\r\nX: 1\r\nrange: y\r\n\r\n");
  const RequestHead& head = parsers.head();
  EXPECT_TRUE(head.has(FieldName::host));
  EXPECT_FALSE(head.has_many(FieldName::host));
  EXPECT_TRUE(head.has_many(FieldName::range));
  EXPECT_EQ(head.value(FieldName::range), "x");
  EXPECT_FALSE(head.has(FieldName::if_range));
  EXPECT_EQ(head.value(FieldName::if_range), "");
}

// Written out once more, so that the classes of the parser are checked against something else.
bool is_tchar(char c) {
  return c != '\0' && std::string_view(
                          "!#$%&'*+-.^_`|~"
                          "0123456789"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz")
                              .find(c) != std::string_view::npos;
}

bool is_in_target(char c) {
  return c >= '!' && c <= '~' && c != '#';
}

bool is_in_value(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= ' ' && byte <= '~') || byte >= 0x80;
}

// Each byte value in a method, a target, a field name and a field value. The padding puts the byte
// at each place of a block in turn.
class HeadParserBytes : public testing::Test {
 protected:
  template <class Check>
  void for_each_byte_and_place(Check check) {
    for (size_t length = 0; length < 66; length += kSlowdown) {
      const std::string padding(length, 'p');
      for (int byte = 0; byte < 256; ++byte) check(padding, static_cast<char>(byte));
    }
  }

  void expect(const std::string& text, bool complete) {
    const HeadVerdict verdict = parsers_.parse(text).verdict;
    EXPECT_EQ(verdict == HeadVerdict::complete, complete) << visible(text);
    EXPECT_NE(verdict, HeadVerdict::incomplete) << visible(text);
  }

  EveryParser parsers_{kCapacity};
};

TEST_F(HeadParserBytes, InTheMethod) {
  for_each_byte_and_place([this](const std::string& padding, char c) {
    expect("G" + padding + c + "T / HTTP/1.1\r\n\r\n", is_tchar(c));
  });
}

TEST_F(HeadParserBytes, InTheTarget) {
  for_each_byte_and_place([this](const std::string& padding, char c) {
    expect("GET /" + padding + c + "b HTTP/1.1\r\n\r\n", is_in_target(c));
  });
}

TEST_F(HeadParserBytes, InAFieldName) {
  for_each_byte_and_place([this](const std::string& padding, char c) {
    expect("GET /" + padding + " HTTP/1.1\r\nNa" + c + "me: v\r\n\r\n", is_tchar(c) || c == ':');
  });
}

TEST_F(HeadParserBytes, InAFieldValue) {
  for_each_byte_and_place([this](const std::string& padding, char c) {
    expect("GET / HTTP/1.1\r\nName: v" + padding + c + "w\r\n\r\n", is_in_value(c));
  });
}

TEST_F(HeadParserBytes, AtTheEdgesOfAFieldValue) {
  for_each_byte_and_place([this](const std::string& padding, char c) {
    const std::string middle = "v" + padding + "w";
    expect("GET / HTTP/1.1\r\nName:" + (c + middle) + c + "\r\n\r\n", is_in_value(c));
    if (!is_in_value(c)) return;
    const bool blank = c == ' ' || c == '\t';
    const RequestHead& head = parsers_.head();
    EXPECT_EQ(head.value_of(head.fields[0]), blank ? middle : c + middle + c);
  });
}

TEST(HeadParserLimits, TargetBytes) {
  EveryParser parsers(kCapacity);
  for (size_t limit : {1u, 5u, 63u, 64u, 200u}) {
    const HeadLimits limits{.target_bytes = static_cast<uint32_t>(limit)};
    const std::string fits = "GET " + std::string(limit, '/');
    EXPECT_EQ(parsers.parse(fits, limits).verdict, HeadVerdict::incomplete);
    EXPECT_EQ(parsers.parse(fits + " HTTP/1.1\r\n\r\n", limits).verdict, HeadVerdict::complete);
    for (const char* suffix : {"", " HTTP/1.1\r\n\r\n", " HTTP/9", "#"}) {
      const HeadResult& result = parsers.parse(fits + "/" + suffix, limits);
      EXPECT_EQ(result.verdict, HeadVerdict::bad);
      EXPECT_EQ(result.status, Status::uri_too_long);
    }
    EXPECT_EQ(parsers.parse(fits + "#", limits).status, Status::bad_request);
  }
}

TEST(HeadParserLimits, HeadBytes) {
  EveryParser parsers(kCapacity);
  for (const char* start : {"", "\r\n"}) {
    const std::string request_line = start + std::string("GET /where HTTP/1.1\r\n");
    const std::string text = request_line + "Host: a\r\nX: y\r\n\r\n";
    for (size_t limit = 0; limit <= text.size() + 1; ++limit) {
      const HeadLimits limits{.head_bytes = static_cast<uint32_t>(limit)};
      for (size_t size = 0; size <= text.size(); ++size) {
        const HeadResult& result = parsers.parse(std::string_view(text).substr(0, size), limits);
        if (size < text.size() && size < limit) {
          EXPECT_EQ(result.verdict, HeadVerdict::incomplete) << size << " of " << limit;
        } else if (limit >= text.size()) {
          EXPECT_EQ(result.verdict, HeadVerdict::complete) << size << " of " << limit;
        } else {
          EXPECT_EQ(result.verdict, HeadVerdict::bad) << size << " of " << limit;
          EXPECT_EQ(result.status, limit < request_line.size()
                                       ? Status::uri_too_long
                                       : Status::request_header_fields_too_large);
        }
      }
    }
  }
}

TEST(HeadParserLimits, AnEndlessMethodIsALineTooLong) {
  EveryParser parsers(kCapacity);
  const HeadLimits limits{.head_bytes = 1000};
  EXPECT_EQ(parsers.parse(std::string(999, 'A'), limits).verdict, HeadVerdict::incomplete);
  EXPECT_EQ(parsers.parse(std::string(1000, 'A'), limits).status, Status::uri_too_long);
}

TEST(HeadParserLimits, FieldLines) {
  EveryParser parsers(kCapacity);
  for (uint32_t limit : {0u, 1u, 7u, 99u, 100u}) {
    const HeadLimits limits{.fields = limit};
    std::string text = "GET / HTTP/1.1\r\n";
    for (uint32_t i = 0; i < limit; ++i) text += "Name: value\r\n";
    EXPECT_EQ(parsers.parse(text, limits).verdict, HeadVerdict::incomplete);
    EXPECT_EQ(parsers.parse(text + "\r\n", limits).verdict, HeadVerdict::complete);
    EXPECT_EQ(parsers.head().field_count, limit);
    for (const char* more : {"N", "N: v\r\n", "N: v\r\n\r\n", "N: v\r\nM: w\r\n\r\n"}) {
      const HeadResult& result = parsers.parse(text + more, limits);
      EXPECT_EQ(result.verdict, HeadVerdict::bad);
      EXPECT_EQ(result.status, Status::request_header_fields_too_large);
    }
    EXPECT_EQ(parsers.parse(text + ":", limits).status, Status::bad_request);
  }
}

TEST(HeadParserLimits, ValuesAboveTheMaximumCountAsTheMaximum) {
  EveryParser parsers(200'000);
  const HeadLimits limits{.head_bytes = 1'000'000, .target_bytes = 1'000'000, .fields = 1'000};
  std::string lines = "GET / HTTP/1.1\r\n";
  for (uint32_t i = 0; i < kMaxFields; ++i) lines += "N: v\r\n";
  EXPECT_EQ(parsers.parse(lines + "\r\n", limits).verdict, HeadVerdict::complete);
  EXPECT_EQ(parsers.parse(lines + "N: v\r\n\r\n", limits).status,
            Status::request_header_fields_too_large);

  const std::string start = "GET / HTTP/1.1\r\nName: ";
  const std::string value(kMaxHeadBytes - start.size() - 4, 'v');
  EXPECT_EQ(parsers.parse(start + value + "\r\n\r\n", limits).consumed, kMaxHeadBytes);
  EXPECT_EQ(parsers.head().value_of(parsers.head().fields[0]).size(), value.size());
  EXPECT_EQ(parsers.parse(start + value + "v\r\n\r\n", limits).status,
            Status::request_header_fields_too_large);
  EXPECT_EQ(parsers.parse("GET /" + std::string(100'000, 'p') + " HTTP/1.1\r\n\r\n", limits).status,
            Status::uri_too_long);
}

}  // namespace
}  // namespace http::h1::head_parser_test
