#include "http/configuration/table_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

namespace http::configuration {
namespace {

// What is found when `read` has read a text.
std::string findings_of(const std::string& text, const std::function<void(TableReader&)>& read,
                        const std::string& name = "") {
  const auto document = parse_toml(text);
  EXPECT_TRUE(document.ok());
  Findings findings;
  TableReader reader(document.value(), name, findings);
  read(reader);
  return findings.text("a.toml");
}

TEST(TableReader, GivesValuesWithPlaces) {
  const std::string text = "s = \"x\"\ni = 7\nlist = [\"a\", \"b\"]\n[t]\n[[many]]\n[[many]]\n";
  const std::string findings = findings_of(text, [](TableReader& reader) {
    const auto string = reader.string("s");
    ASSERT_TRUE(string.has_value());
    EXPECT_EQ(string->text, "x");
    EXPECT_EQ(string->position, (Position{1, 5}));
    EXPECT_EQ(reader.integer("i", 7, 7), 7);
    const auto list = reader.strings("list");
    ASSERT_TRUE(list.has_value() && list->size() == 2);
    EXPECT_EQ((*list)[1].text, "b");
    EXPECT_EQ((*list)[1].position, (Position{3, 14}));
    EXPECT_NE(reader.table("t"), nullptr);
    EXPECT_EQ(reader.tables("many").size(), 2U);
    EXPECT_EQ(reader.position_of("i"), (Position{2, 1}));
    reader.finish();
  });
  EXPECT_EQ(findings, "");
}

TEST(TableReader, WhatIsNotThereIsNothing) {
  const std::string findings = findings_of("", [](TableReader& reader) {
    EXPECT_FALSE(reader.string("s").has_value());
    EXPECT_FALSE(reader.integer("i", 0, 1).has_value());
    EXPECT_FALSE(reader.strings("list").has_value());
    EXPECT_EQ(reader.value("v"), nullptr);
    EXPECT_EQ(reader.table("t"), nullptr);
    EXPECT_TRUE(reader.tables("many").empty());
    EXPECT_FALSE(reader.has("s"));
    reader.finish();
  });
  EXPECT_EQ(findings, "");
}

TEST(TableReader, SaysWhatWasExpectedAndFound) {
  struct Case {
    std::string text;
    std::function<void(TableReader&)> read;
    std::string finding;
  };
  const auto integer = [](TableReader& reader) {
    EXPECT_FALSE(reader.integer("k", 1, 10).has_value());
  };
  const auto string = [](TableReader& reader) { EXPECT_FALSE(reader.string("k").has_value()); };
  const auto strings = [](TableReader& reader) { EXPECT_FALSE(reader.strings("k").has_value()); };
  const auto table = [](TableReader& reader) { EXPECT_EQ(reader.table("k"), nullptr); };
  const auto tables = [](TableReader& reader) { EXPECT_TRUE(reader.tables("k").empty()); };
  const Case cases[] = {
      {"k = 11", integer, "1:5: k: expected a whole number from 1 to 10, found 11"},
      {"k = 0", integer, "1:5: k: expected a whole number from 1 to 10, found 0"},
      {"k = '5'", integer, "1:5: k: expected a whole number from 1 to 10, found \"5\""},
      {"k = 1.5", integer,
       "1:5: k: expected a whole number from 1 to 10, found a number with a fraction"},
      {"k = 5", string, "1:5: k: expected a string, found 5"},
      {"k = true", string, "1:5: k: expected a string, found true or false"},
      {"k = 07:00:00", string, "1:5: k: expected a string, found a date or time"},
      {"k = [5]", string, "1:5: k: expected a string, found an array"},
      {"\n[k]", string, "2:1: k: expected a string, found a table"},
      {"k = 'a'", strings, "1:5: k: expected an array of strings, found \"a\""},
      {"k = ['a', 2]", strings, "1:11: k: expected an array of strings, found 2"},
      {"k = 1", table, "1:5: k: expected a table, found 1"},
      {"k = 1", tables, "1:5: k: expected tables, each as [[k]], found 1"},
      {"k = [1]", tables, "1:6: k: expected tables, each as [[k]], found 1"},
      {"[k]", tables, "1:1: k: expected tables, each as [[k]], found a table"},
  };
  for (const Case& bad : cases) {
    EXPECT_EQ(findings_of(bad.text, bad.read), "a.toml:" + bad.finding + "\n") << bad.text;
  }
  EXPECT_EQ(findings_of("k = 5", string, "route \"/a\""),
            "a.toml:1:5: k of route \"/a\": expected a string, found 5\n");
}

TEST(TableReader, WhatNobodyAsksForIsUnknown) {
  const auto read = [](TableReader& reader) {
    reader.string("delay");
    reader.string("path");
    reader.finish();
  };
  EXPECT_EQ(findings_of("dealy = 'x'", read, "route"),
            "a.toml:1:1: unknown key \"dealy\" in route: did you mean \"delay\"?\n");
  EXPECT_EQ(findings_of("other = 'x'", read), "a.toml:1:1: unknown key \"other\"\n");
  EXPECT_EQ(findings_of("[paths]", read),
            "a.toml:1:2: unknown table \"paths\": did you mean \"path\"?\n");
}

TEST(TableReader, AllFindingsComeInTheOrderOfTheFile) {
  const std::string findings = findings_of("a = 1\nb = 2\nunknown = 3\n", [](TableReader& reader) {
    reader.string("b");
    reader.finish();
    reader.string("a");
  });
  EXPECT_EQ(findings,
            "a.toml:1:1: unknown key \"a\": did you mean \"b\"?\n"
            "a.toml:1:5: a: expected a string, found 1\n"
            "a.toml:2:5: b: expected a string, found 2\n"
            "a.toml:3:1: unknown key \"unknown\"\n");
}

TEST(Findings, AreOneLineEach) {
  Findings findings;
  findings.add({1, 2}, "a\nb\x1b[2J");
  EXPECT_EQ(findings.text("f"), "f:1:2: a?b?[2J\n");
  EXPECT_EQ(findings.size(), 1U);
}

TEST(Findings, QuotesAreShort) {
  EXPECT_EQ(in_quotes("abc"), "\"abc\"");
  EXPECT_EQ(in_quotes(std::string(41, 'x')), "\"" + std::string(40, 'x') + "...\"");
}

TEST(Findings, NearestName) {
  constexpr std::array<core::Bytes, 5> kNames = {"delay", "path", "status", "size", "rate"};
  const auto nearest = [&](core::Bytes name) { return std::string(nearest_name(name, kNames)); };
  EXPECT_EQ(nearest("dealy"), "delay") << "interchanged";
  EXPECT_EQ(nearest("dely"), "delay") << "left out";
  EXPECT_EQ(nearest("delayy"), "delay") << "put in";
  EXPECT_EQ(nearest("stetus"), "status") << "changed";
  EXPECT_EQ(nearest("stauts"), "status");
  EXPECT_EQ(nearest("pah"), "path");
  EXPECT_EQ(nearest("sise"), "size");
  EXPECT_EQ(nearest("sice"), "size");
  EXPECT_EQ(nearest("header"), "");
  EXPECT_EQ(nearest("x"), "");
  EXPECT_EQ(nearest(""), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a')), "") << "and takes no time";
}

}  // namespace
}  // namespace http::configuration
