#include "core/text_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace core {
namespace {

TEST(TextWriter, PutsTextAndNumbersTogether) {
  char out[64];
  TextWriter writer(out, sizeof(out));
  writer.put("a").put("").put(uint64_t{0}).put(", ").put(UINT64_MAX);
  EXPECT_TRUE(writer.complete());
  EXPECT_EQ(writer.text(), "a0, 18446744073709551615");
  EXPECT_EQ(writer.size(), writer.text().size());
}

TEST(TextWriter, FillsItsRoomExactly) {
  char out[8];
  TextWriter writer(out, sizeof(out));
  writer.put("1234").put(uint64_t{5678});
  EXPECT_TRUE(writer.complete());
  EXPECT_EQ(writer.text(), "12345678");
  writer.put("");
  EXPECT_TRUE(writer.complete());
  writer.put("9");
  EXPECT_FALSE(writer.complete());
  EXPECT_EQ(writer.text(), "12345678");
}

// Nothing may be written behind the room, whatever does not fit first.
TEST(TextWriter, NeverWritesPastTheEnd) {
  for (std::size_t capacity = 0; capacity < 30; ++capacity) {
    std::vector<char> out(capacity + 8, '#');
    TextWriter writer(out.data(), capacity);
    writer.put("abc").put(uint64_t{12'345'678'901}).put("def").put("x").put(uint64_t{7});
    const std::string whole = "abc12345678901defx7";
    EXPECT_EQ(writer.complete(), capacity >= whole.size());
    ASSERT_LE(writer.size(), capacity);
    EXPECT_EQ(writer.text(), whole.substr(0, writer.size()));
    for (std::size_t i = capacity; i < out.size(); ++i) ASSERT_EQ(out[i], '#') << capacity;
  }
}

// A later piece that would fit must not follow one that is missing.
TEST(TextWriter, WritesNothingAfterAPieceThatDidNotFit) {
  char out[10];
  TextWriter writer(out, sizeof(out));
  writer.put("12345").put("1234567890").put("x").put(uint64_t{1});
  EXPECT_FALSE(writer.complete());
  EXPECT_EQ(writer.text(), "12345");
}

TEST(TextWriter, NoRoomAtAll) {
  TextWriter writer(nullptr, 0);
  writer.put("").put(Bytes{});
  EXPECT_TRUE(writer.complete());
  EXPECT_EQ(writer.size(), 0u);
  writer.put("x");
  EXPECT_FALSE(writer.complete());
}

TEST(TextWriter, TextWithNulBytes) {
  char out[8];
  TextWriter writer(out, sizeof(out));
  writer.put(Bytes("a\0b", 3));
  EXPECT_EQ(writer.text(), Bytes("a\0b", 3));
}

}  // namespace
}  // namespace core
