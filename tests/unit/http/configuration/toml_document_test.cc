#include "http/configuration/toml_document.h"

#include <gtest/gtest.h>

#include <string>

namespace http::configuration {
namespace {

Value parse(const std::string& text) {
  auto document = parse_toml(text);
  EXPECT_TRUE(document.ok()) << document.error().message;
  return document.ok() ? std::move(*document) : Value();
}

TEST(TomlDocument, ValuesHaveKindsAndPlaces) {
  const Value document = parse(
      "text = 'abc'\n"
      "  number = -5\n"
      "others = [1.5, true, 2026-11-27, {a = 1}, [2]]\n"
      "\n"
      "[table]\n"
      "\"a key\" = \"\"\"\nb\"\"\"\n");
  ASSERT_EQ(document.members.size(), 4U);
  const Member& text = document.members[0];
  EXPECT_EQ(text.key, "text");
  EXPECT_EQ(text.value.kind, Value::Kind::string);
  EXPECT_EQ(text.value.text, "abc");
  EXPECT_EQ(text.position, (Position{1, 1}));
  EXPECT_EQ(text.value.position, (Position{1, 8}));
  const Member& number = document.members[1];
  EXPECT_EQ(number.value.kind, Value::Kind::integer);
  EXPECT_EQ(number.value.integer, -5);
  EXPECT_EQ(number.position, (Position{2, 3}));
  EXPECT_EQ(number.value.position, (Position{2, 12}));
  const Value& others = document.members[2].value;
  constexpr Value::Kind kKinds[] = {Value::Kind::number, Value::Kind::boolean, Value::Kind::time,
                                    Value::Kind::table, Value::Kind::array};
  ASSERT_EQ(others.elements.size(), std::size(kKinds));
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    EXPECT_EQ(others.elements[i].kind, kKinds[i]) << i;
  }
  EXPECT_EQ(others.elements[1].position, (Position{3, 16}));
  const Member& table = document.members[3];
  EXPECT_EQ(table.position, (Position{5, 2}));
  ASSERT_EQ(table.value.members.size(), 1U);
  EXPECT_EQ(table.value.members[0].key, "a key");
  EXPECT_EQ(table.value.members[0].value.text, "b");
}

TEST(TomlDocument, MembersAreInTheOrderOfTheText) {
  const Value document = parse("c = 1\na = 2\nb = 3\n");
  ASSERT_EQ(document.members.size(), 3U);
  EXPECT_EQ(document.members[0].key, "c");
  EXPECT_EQ(document.members[1].key, "a");
  EXPECT_EQ(document.members[2].key, "b");
}

TEST(TomlDocument, ArraysOfTables) {
  const Value document = parse("[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 2\n");
  const Value& tables = document.members.at(0).value;
  ASSERT_EQ(tables.kind, Value::Kind::array);
  ASSERT_EQ(tables.elements.size(), 2U);
  EXPECT_EQ(tables.elements[0].position, (Position{1, 1}));
  EXPECT_EQ(tables.elements[1].position, (Position{3, 1}));
  EXPECT_EQ(tables.elements[1].members.at(0).key, "b");
}

TEST(TomlDocument, EmptyIsAnEmptyTable) {
  EXPECT_TRUE(parse("").members.empty());
  EXPECT_TRUE(parse("# nothing\n").members.empty());
}

TEST(TomlDocument, WhatIsNoTomlHasAPlace) {
  struct Case {
    std::string text;
    Position position;
    std::string message;
  };
  const Case cases[] = {
      {"[[route]\n", {1, 9}, "expected ']', saw '\\n'"},
      {"a = 1\na = 2\n", {2, 5}, "cannot redefine existing integer 'a'"},
      {"\n\na = \n", {3, 5}, "value"},
      {"a = \"x\n", {1, 7}, "string"},
      {"a = \"\xff\"\n", {1, 5}, "utf-8"},
      {"[[[", {1, 3}, "saw '['"},
      {"\xc3\xbc = 1", {1, 1}, "\xc3\xbc"},
  };
  for (const Case& bad : cases) {
    const auto document = parse_toml(bad.text);
    ASSERT_FALSE(document.ok()) << bad.text;
    EXPECT_EQ(document.error().position, bad.position) << bad.text;
    EXPECT_NE(document.error().message.find(bad.message), std::string::npos)
        << document.error().message;
    EXPECT_EQ(document.error().message.find('\n'), std::string::npos);
  }
}

// As deep as anybody needs, and not so deep that the stack ends.
TEST(TomlDocument, NestingIsLimited) {
  EXPECT_TRUE(parse_toml("a = " + std::string(100, '[') + std::string(100, ']')).ok());
  EXPECT_FALSE(parse_toml("a = " + std::string(100'000, '[')).ok());
}

}  // namespace
}  // namespace http::configuration
