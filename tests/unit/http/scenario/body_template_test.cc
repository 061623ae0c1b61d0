#include "http/scenario/body_template.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/h1/head_parser.h"
#include "tests/support/http_server.h"

namespace http::scenario {
namespace {

using test_support::PaddedBytes;

// Fills in templates for one request.
class BodyTemplateTest : public ::testing::Test {
 protected:
  BodyTemplateTest() { clock_.update(core::ClockReading{1, test_support::kNow}); }

  std::string fill_in(const std::string& text, const std::string& query = "",
                      const std::string& fields = "", Escaping escaping = Escaping::none) {
    const auto parsed = BodyTemplate::parse(text);
    EXPECT_TRUE(parsed.ok()) << text;
    if (!parsed.ok()) return "";
    std::mt19937 padding(1);
    const PaddedBytes request("GET /a/b?" + query + " HTTP/1.1\r\n" + fields + "\r\n", padding);
    RequestHead head;
    EXPECT_NE(h1::accept_head(request.bytes(), h1::HeadLimits{}, head), 0U);
    TemplateInput input{head, "/a/b", query, 7, clock_, core::Random(seed_++)};
    std::string room(parsed.value().most_bytes(), '\0');
    core::TextWriter out(room.data(), room.size());
    parsed.value().fill_in(input, escaping, out);
    EXPECT_TRUE(out.complete()) << "longer than it said: " << text;
    return std::string(out.text());
  }

  static std::string error_of(const std::string& text) {
    const auto parsed = BodyTemplate::parse(text);
    EXPECT_FALSE(parsed.ok()) << text;
    if (parsed.ok()) return "";
    const BodyTemplate::Error& error = parsed.error();
    return std::to_string(error.position) + " " + std::string(error.found) + " " +
           std::string(error.nearest);
  }

  core::CachedClock clock_;
  uint64_t seed_ = 1;
};

TEST_F(BodyTemplateTest, Placeholders) {
  EXPECT_EQ(fill_in("{path}"), "/a/b");
  EXPECT_EQ(fill_in("<{query:q}>", "p=1&q=a%20b&q=2"), "<a b>");
  EXPECT_EQ(fill_in("<{query:q}>", "p=1"), "<>");
  EXPECT_EQ(fill_in("<{query:q}>", "q=%zz"), "<%zz>");
  EXPECT_EQ(fill_in("{header:user-agent}", "", "User-AGENT: me\r\nuser-agent: you\r\n"), "me");
  EXPECT_EQ(fill_in("<{header:x}>"), "<>");
  EXPECT_EQ(fill_in("{counter}"), "7");
  EXPECT_EQ(fill_in("{now}"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(fill_in("{random:5..5}{random:0..0}"), "50");
}

TEST_F(BodyTemplateTest, RandomNumbersAreAllInTheRange) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(fill_in("{random:8..11}"));
  EXPECT_EQ(seen, (std::set<std::string>{"8", "9", "10", "11"}));
}

TEST_F(BodyTemplateTest, EveryMonth) {
  constexpr int64_t kStartOf2023 = 1'672'531'200;
  constexpr int kDays[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  for (int month = 0; month < 12; ++month) {
    clock_.update(core::ClockReading{1, kStartOf2023 + int64_t{kDays[month]} * 86'400});
    const std::string number = std::to_string(month + 1);
    EXPECT_EQ(fill_in("{now}"),
              "2023-" + std::string(number.size() == 1 ? "0" : "") + number + "-01T00:00:00Z");
  }
}

TEST_F(BodyTemplateTest, WhatIsNoPlaceholderStaysAsItIs) {
  for (const std::string text :
       {"", "abc", "{}", "{\"id\":1}", "{ path}", "{", "}", "a}b", "{1}"}) {
    EXPECT_EQ(fill_in(text), text);
  }
  EXPECT_EQ(fill_in("{{path}"), "{path}");
  EXPECT_EQ(fill_in("{{"), "{");
  EXPECT_EQ(fill_in("{{{path}"), "{/a/b");
  EXPECT_EQ(fill_in("{\"a\":{\"b\":{counter}}}"), "{\"a\":{\"b\":7}}");
}

TEST_F(BodyTemplateTest, ValuesOfTheRequestAreEscaped) {
  const std::string query = "q=%22%5C%0A%3Cb%3E%26%27%C3%BC";
  EXPECT_EQ(fill_in("{query:q}", query), "\"\\\n<b>&'\xc3\xbc");
  EXPECT_EQ(fill_in("{query:q}", query, "", Escaping::json), "\\\"\\\\\\u000a<b>&'\xc3\xbc");
  EXPECT_EQ(fill_in("{query:q}", query, "", Escaping::html),
            "&quot;\\\n&lt;b&gt;&amp;&#39;\xc3\xbc");
  EXPECT_EQ(fill_in("<\"", "", "", Escaping::html), "<\"") << "the template is not";
}

TEST_F(BodyTemplateTest, ValuesOfTheRequestAreCutOff) {
  const std::string most(BodyTemplate::kMostValue, 'x');
  EXPECT_EQ(fill_in("{query:q}", "q=" + most), most);
  EXPECT_EQ(fill_in("{query:q}", "q=" + most + "y"), most);
  EXPECT_EQ(fill_in("{header:h}", "", "h: " + most + "y\r\n"), most);
  // An escape is whole or not there.
  const std::string nearly(BodyTemplate::kMostValue - 1, 'x');
  EXPECT_EQ(fill_in("{header:h}", "", "h: " + nearly + "\"x\r\n", Escaping::json), nearly);
}

TEST_F(BodyTemplateTest, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("ab{pth}"), "2 {pth} path");
  EXPECT_EQ(error_of("{path"), "0 {path ");
  EXPECT_EQ(error_of("{path:x}"), "0 {path:x} ");
  EXPECT_EQ(error_of("{query}"), "0 {query} ");
  EXPECT_EQ(error_of("{query:}"), "0 {query:} ");
  EXPECT_EQ(error_of("{header:User-Agent}"), "0 {header:User-Agent} ");
  EXPECT_EQ(error_of("{header:a b}"), "0 {header:a b} ");
  EXPECT_EQ(error_of("{random:1}"), "0 {random:1} ");
  EXPECT_EQ(error_of("{random:5..4}"), "0 {random:5..4} ");
  EXPECT_EQ(error_of("{random:-1..4}"), "0 {random:-1..4} ");
  EXPECT_EQ(error_of("{random:0..1000000000000000001}"), "0 {random:0..1000000000000000001} ");
  EXPECT_EQ(error_of("{randon:1..2}"), "0 {randon:1..2} random");
  EXPECT_EQ(error_of("a{color:red}"), "1 {color:red} ");
}

TEST(EscapingOf, ContentTypes) {
  EXPECT_EQ(escaping_of("application/json"), Escaping::json);
  EXPECT_EQ(escaping_of("Application/JSON ; charset=utf-8"), Escaping::json);
  EXPECT_EQ(escaping_of("application/problem+json"), Escaping::json);
  EXPECT_EQ(escaping_of("text/html; charset=utf-8"), Escaping::html);
  EXPECT_EQ(escaping_of("image/svg+xml"), Escaping::html);
  EXPECT_EQ(escaping_of("text/plain"), Escaping::none);
  EXPECT_EQ(escaping_of("application/jsonx"), Escaping::none);
  EXPECT_EQ(escaping_of(""), Escaping::none);
}

}  // namespace
}  // namespace http::scenario
