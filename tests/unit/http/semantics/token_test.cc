#include "http/semantics/token.h"

#include <gtest/gtest.h>

#include <string>

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
