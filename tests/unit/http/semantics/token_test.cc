#include "http/semantics/token.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace http {
namespace {

// RFC 9110 section 5.6.2: tchar.
TEST(Token, EveryByte) {
  const core::Bytes token =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_token_byte(static_cast<unsigned char>(c)), token.find(c) != core::Bytes::npos)
        << byte;
  }
}

TEST(Token, Length) {
  EXPECT_EQ(token_length(""), 0U);
  EXPECT_EQ(token_length("/"), 0U);
  EXPECT_EQ(token_length("text"), 4U);
  EXPECT_EQ(token_length("text/html"), 4U);
  EXPECT_EQ(token_length("a\xC3\xA4"), 1U);
}

// Section 5.5: SP, HTAB, VCHAR and obs-text. Section 5.6.3: SP and HTAB.
TEST(FieldValue, EveryByte) {
  for (unsigned value = 0; value < 256; ++value) {
    const auto byte = static_cast<unsigned char>(value);
    const bool control = value < 0x20 || value == 0x7F;
    EXPECT_EQ(is_value_byte(byte), !control || value == '\t') << value;
    EXPECT_EQ(is_blank(byte), value == ' ' || value == '\t') << value;
  }
}

TEST(FieldValue, WhiteSpaceAroundIt) {
  EXPECT_EQ(without_blanks(" \t a \t b\t "), "a \t b");
  EXPECT_EQ(without_leading_blanks("\t a "), "a ");
  EXPECT_EQ(without_trailing_blanks(" a \t"), " a");
  for (const char* text : {"", " ", "\t \t"}) {
    EXPECT_EQ(without_blanks(text), "") << text;
    EXPECT_EQ(without_leading_blanks(text), "") << text;
    EXPECT_EQ(without_trailing_blanks(text), "") << text;
  }
  EXPECT_EQ(without_blanks("\r\na\v"), "\r\na\v") << "no other is white space here";
}

// Section 5.6.1.
TEST(ListMembers, InOrderWithoutTheSpaceAroundThem) {
  const auto members_of = [](core::Bytes list) {
    std::vector<std::string> found;
    ListMembers members(list);
    for (core::Bytes member; members.next(member);) found.emplace_back(member);
    return found;
  };
  using Members = std::vector<std::string>;
  EXPECT_EQ(members_of(""), Members{""});
  EXPECT_EQ(members_of(" \t"), Members{""});
  EXPECT_EQ(members_of("close"), Members{"close"});
  EXPECT_EQ(members_of("close \t,\tupgrade "), (Members{"close", "upgrade"}));
  EXPECT_EQ(members_of(",a,, b c ,"), (Members{"", "a", "", "b c", ""}));
}

// Section 5.6.4.
TEST(QuotedString, Length) {
  EXPECT_EQ(quoted_string_length("\"\""), 2U);
  EXPECT_EQ(quoted_string_length("\"a, b;c\", \"d\""), 8U);
  EXPECT_EQ(quoted_string_length("\"a\tb \x80\xFF\"x"), 8U);
  EXPECT_EQ(quoted_string_length("\"a\\\"b\"c"), 6U);
  EXPECT_EQ(quoted_string_length("\"a\\\\\"b\""), 5U);
  for (const char* text : {"", "a", "\"", "\"a", "\"a\\\"", "\"a\\", "a\"b\"", "\"a\nb\"",
                           "\"a\\\nb\"", "\"\x7F\"", "'a'"}) {
    EXPECT_EQ(quoted_string_length(text), 0U) << text;
  }
}

TEST(QuotedString, EveryByteInside) {
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '"' || byte == '\\') continue;
    const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    const char c = static_cast<char>(byte);
    EXPECT_EQ(quoted_string_length({std::string{'"', c, '"'}}), allowed ? 3U : 0U) << byte;
    EXPECT_EQ(quoted_string_length({std::string{'"', '\\', c, '"'}}), allowed ? 4U : 0U) << byte;
  }
}

}  // namespace
}  // namespace http
