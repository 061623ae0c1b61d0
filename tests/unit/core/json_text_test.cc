#include "core/json_text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace core {
namespace {

std::string escaped(Bytes text, TextEncoding encoding) {
  std::string out;
  std::size_t pieces = 0;
  escape_json(text, encoding, [&](Bytes piece) {
    out += piece;
    ++pieces;
  });
  EXPECT_EQ(pieces, text.size());
  return out;
}

TEST(EscapeJson, EveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    char number[8];
    std::snprintf(number, sizeof(number), "\\u%04x", static_cast<unsigned>(byte));
    std::string expected(1, c);
    if (byte < 0x20) expected = number;
    if (c == '"' || c == '\\') expected.insert(0, 1, '\\');
    EXPECT_EQ(escaped(Bytes(&c, 1), TextEncoding::utf8), expected) << byte;
    if (byte >= 0x7f) expected = number;
    EXPECT_EQ(escaped(Bytes(&c, 1), TextEncoding::latin1), expected) << byte;
  }
}

TEST(EscapeJson, EscapesAtAnyPlace) {
  const auto both = [](Bytes text, Bytes expected) {
    EXPECT_EQ(escaped(text, TextEncoding::utf8), expected);
    EXPECT_EQ(escaped(text, TextEncoding::latin1), expected);
  };
  both("", "");
  both("plain /text/", "plain /text/");
  both("\"a\\\\b\n", "\\\"a\\\\\\\\b\\u000a");
  both(Bytes("a\0b", 3), "a\\u0000b");
  EXPECT_EQ(escaped("a\xc3\xa4z", TextEncoding::utf8), "a\xc3\xa4z");
  EXPECT_EQ(escaped("a\xe4z", TextEncoding::latin1), "a\\u00e4z");
}

}  // namespace
}  // namespace core
