#include "http/semantics/etag.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace http {
namespace {

using Item = EntityTagList::Item;

// Every tag of a list as "W/" and text, and how the list ended: "any", "end" or "malformed".
std::vector<std::string> read_list(core::Bytes value) {
  std::vector<std::string> seen;
  EntityTagList list(value);
  EntityTag tag;
  Item item;
  while ((item = list.next(tag)) == Item::tag) {
    seen.push_back((tag.weak ? "W/" : "") + std::string(tag.opaque));
  }
  seen.push_back(item == Item::any ? "any" : item == Item::end ? "end" : "malformed");
  return seen;
}

TEST(EntityTagText, IsTimeAndSizeInHexadecimal) {
  EXPECT_EQ(EntityTagText(0, 0).view(), "\"0-0\"");
  EXPECT_EQ(EntityTagText(0x1234abcd, 0xff).view(), "\"1234abcd-ff\"");
  EXPECT_EQ(EntityTagText(1'750'000'000'123'456'789, 4096).view(), "\"18493fba6c4acd15-1000\"");
}

TEST(EntityTagText, ExtremesFit) {
  EXPECT_EQ(EntityTagText(-1, UINT64_MAX).view(), "\"ffffffffffffffff-ffffffffffffffff\"");
  EXPECT_EQ(EntityTagText(INT64_MIN, 0).view(), "\"8000000000000000-0\"");
}

TEST(EntityTagText, DiffersByTimeAndBySize) {
  const EntityTagText tag(1'000'000'000, 10);
  EXPECT_TRUE(strongly_equal(tag.tag(), EntityTagText(1'000'000'000, 10).tag()));
  EXPECT_FALSE(weakly_equal(tag.tag(), EntityTagText(1'000'000'001, 10).tag()));
  EXPECT_FALSE(weakly_equal(tag.tag(), EntityTagText(1'000'000'000, 11).tag()));
  EXPECT_FALSE(weakly_equal(EntityTagText(0x11, 0x1).tag(), EntityTagText(0x1, 0x11).tag()));
}

TEST(EntityTagText, IsAnEntityTag) {
  const EntityTagText text(1'750'000'000'123'456'789, 4096);
  const std::optional<EntityTag> tag = parse_entity_tag(text.view());
  ASSERT_TRUE(tag.has_value());
  EXPECT_TRUE(strongly_equal(*tag, text.tag()));
}

// The table of RFC 9110 section 8.8.3.2.
TEST(EntityTag, Comparison) {
  struct Case {
    const char* a;
    const char* b;
    bool strong;
    bool weak;
  };
  const std::vector<Case> cases = {
      {"W/\"1\"", "W/\"1\"", false, true}, {"W/\"1\"", "W/\"2\"", false, false},
      {"W/\"1\"", "\"1\"", false, true},   {"\"1\"", "\"1\"", true, true},
      {"\"a\"", "\"A\"", false, false},    {"\"\"", "\"\"", true, true},
  };
  for (const Case& c : cases) {
    const std::optional<EntityTag> a = parse_entity_tag(c.a);
    const std::optional<EntityTag> b = parse_entity_tag(c.b);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(strongly_equal(*a, *b), c.strong) << c.a << c.b;
    EXPECT_EQ(strongly_equal(*b, *a), c.strong) << c.a << c.b;
    EXPECT_EQ(weakly_equal(*a, *b), c.weak) << c.a << c.b;
    EXPECT_EQ(weakly_equal(*b, *a), c.weak) << c.a << c.b;
  }
}

TEST(EntityTag, NoTagEqualsNone) {
  EXPECT_FALSE(weakly_equal(EntityTag{}, EntityTag{}));
  EXPECT_FALSE(strongly_equal(EntityTag{}, EntityTag{}));
}

// entity-tag of RFC 9110 section 8.8.3.
TEST(ParseEntityTag, Grammar) {
  for (const char* good : {"\"xyzzy\"", "W/\"xyzzy\"", "\"\"", "\"a,b\"", "\"\\\"", "\"W/\"",
                           "\"\x80\xff\"", "\"!#~\""}) {
    EXPECT_TRUE(parse_entity_tag(good)) << good;
  }
  for (const char* bad :
       {"", "xyzzy", "\"", "\"a", "a\"", "w/\"a\"", "W\"a\"", "W/", "W/a", "W/ \"a\"", "\"a\"b",
        "\"a\" ", " \"a\"", "\"a\"\"b\"", "\"a b\"", "\"a\tb\"", "\"\x7f\"", "*", "'a'"}) {
    EXPECT_FALSE(parse_entity_tag(bad)) << bad;
  }
}

TEST(ParseEntityTag, EveryByteInsideTheQuotes) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text{'"', static_cast<char>(byte), '"'};
    const bool legal = byte == 0x21 || (byte >= 0x23 && byte <= 0x7e) || byte >= 0x80;
    EXPECT_EQ(parse_entity_tag(text).has_value(), legal) << byte;
  }
}

TEST(EntityTagList, WellFormed) {
  using Seen = std::vector<std::string>;
  // The examples of RFC 9110 sections 13.1.1 and 13.1.2.
  EXPECT_EQ(read_list("\"xyzzy\""), (Seen{"\"xyzzy\"", "end"}));
  EXPECT_EQ(read_list("W/\"xyzzy\", W/\"r2d2xxxx\", W/\"c3piozzzz\""),
            (Seen{"W/\"xyzzy\"", "W/\"r2d2xxxx\"", "W/\"c3piozzzz\"", "end"}));
  EXPECT_EQ(read_list("\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\""),
            (Seen{"\"xyzzy\"", "\"r2d2xxxx\"", "\"c3piozzzz\"", "end"}));
  EXPECT_EQ(read_list("*"), (Seen{"any"}));
  EXPECT_EQ(read_list(" *\t"), (Seen{"any"}));
  // Section 5.6.1.2: empty elements, and space on both sides of a comma.
  EXPECT_EQ(read_list(""), (Seen{"end"}));
  EXPECT_EQ(read_list(" ,\t, "), (Seen{"end"}));
  EXPECT_EQ(read_list(",\"a\",,\t\"b\" ,"), (Seen{"\"a\"", "\"b\"", "end"}));
  // Commas, stars and unusual bytes inside of the quotes.
  EXPECT_EQ(read_list("\"a,b\",\"*\",\"\xe9,\""), (Seen{"\"a,b\"", "\"*\"", "\"\xe9,\"", "end"}));
}

TEST(EntityTagList, Malformed) {
  using Seen = std::vector<std::string>;
  EXPECT_EQ(read_list("xyzzy"), (Seen{"malformed"}));
  EXPECT_EQ(read_list("*, \"a\""), (Seen{"malformed"}));
  EXPECT_EQ(read_list("**"), (Seen{"malformed"}));
  EXPECT_EQ(read_list(",*"), (Seen{"malformed"}));
  EXPECT_EQ(read_list("\"a\", *"), (Seen{"\"a\"", "malformed"}));
  EXPECT_EQ(read_list("\"a\" \"b\""), (Seen{"malformed"}));
  EXPECT_EQ(read_list("\"a\"\"b\""), (Seen{"malformed"}));
  EXPECT_EQ(read_list("\"a\", \"b"), (Seen{"\"a\"", "malformed"}));
  EXPECT_EQ(read_list("\"a\"; q=1"), (Seen{"malformed"}));
  EXPECT_EQ(read_list("w/\"a\""), (Seen{"malformed"}));
}

TEST(EntityTagList, TheEndIsFinal) {
  EntityTag tag;
  EntityTagList good("\"a\"");
  EXPECT_EQ(good.next(tag), Item::tag);
  EXPECT_EQ(good.next(tag), Item::end);
  EXPECT_EQ(good.next(tag), Item::end);
  for (const char* malformed : {"a, \"b\"", "*, \"b\"", "\"a\" \"b\""}) {
    EntityTagList bad(malformed);
    EXPECT_EQ(bad.next(tag), Item::malformed);
    EXPECT_EQ(bad.next(tag), Item::malformed);
  }
}

}  // namespace
}  // namespace http
