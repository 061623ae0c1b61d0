#include "http/semantics/accept.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/http/semantics/request_support.h"

namespace http {
namespace {

AcceptMatch match(const std::vector<std::string>& values, core::Bytes type) {
  Lines lines;
  for (const std::string& value : values) lines.push_back({FieldName::accept, value});
  return match_accept(Request(Method::get, lines).head(), type);
}

struct Case {
  std::string value;
  core::Bytes type;
  uint16_t weight;
  uint8_t specificity;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const AcceptMatch found = match({c.value}, c.type);
    EXPECT_EQ(found.weight, c.weight) << c.value << " for " << c.type;
    EXPECT_EQ(found.specificity, c.specificity) << c.value << " for " << c.type;
  }
}

// The examples of RFC 9110 section 12.5.1 with their weights, as far as types without parameters
// go.
TEST(MatchAccept, ExamplesOfTheRfc) {
  const std::string sounds = "audio/*; q=0.2, audio/basic";
  const std::string texts = "text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c";
  const std::string precedence = "text/*, text/plain, text/plain;format=flowed, */*";
  const std::string weights =
      "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, "
      "text/plain;format=fixed;q=0.4, */*;q=0.5";
  expect_all({
      {sounds, "audio/basic", 1000, 3},
      {sounds, "audio/ogg", 200, 2},
      {sounds, "text/plain", 0, 0},
      {texts, "text/plain", 500, 3},
      {texts, "text/html", 1000, 3},
      {texts, "text/x-dvi", 800, 3},
      {texts, "text/x-c", 1000, 3},
      {precedence, "text/plain", 1000, 3},
      {precedence, "text/html", 1000, 2},
      {precedence, "image/jpeg", 1000, 1},
      {weights, "text/plain", 700, 3},
      {weights, "text/html", 300, 2},
      {weights, "image/jpeg", 500, 1},
  });
}

// Section 12.5.1: without the field any media type is acceptable.
TEST(MatchAccept, AbsentAndEmpty) {
  EXPECT_EQ(match({}, "text/html"), (AcceptMatch{1000, 1}));
  expect_all({{"", "text/html", 0, 0}, {",", "text/html", 0, 0}});
}

// Section 12.5.1: the most specific range decides, not the heaviest, and not the first.
TEST(MatchAccept, Precedence) {
  expect_all({
      {"text/html;q=0.1, text/*;q=0.5, */*", "text/html", 100, 3},
      {"*/*, text/*;q=0.5, text/html;q=0.1", "text/html", 100, 3},
      {"*/*, text/html;q=0", "text/html", 0, 3},
      {"text/*;q=0, */*", "text/html", 0, 2},
      {"text/*;q=0, */*", "image/png", 1000, 1},
      {"*/*;q=0", "image/png", 0, 1},
      {"text/html;q=0.2, text/html;q=0.4, text/html;q=0.3", "text/html", 400, 3},
      {"application/*", "application/json", 1000, 2},
      {"application/js", "application/json", 0, 0},
      {"application/json-seq", "application/json", 0, 0},
      {"text/json", "application/json", 0, 0},
  });
}

// A range with parameters decides only if none without them is as specific.
TEST(MatchAccept, Parameters) {
  expect_all({
      {"text/html;level=1", "text/html", 1000, 3},
      {"text/html;level=1;q=0.5", "text/html", 500, 3},
      {"text/html;q=0.5;level=1", "text/html", 500, 3},  // section 12.4.2: wherever it stands
      {"text/html;level=1;q=0.9, text/html;q=0.2", "text/html", 200, 3},
      {"text/html;q=0.2, text/html;level=1;q=0.9", "text/html", 200, 3},
      {"text/html;level=1;q=0.5, text/*;q=0.9", "text/html", 500, 3},
      {"text/html;level=1;q=0.1, text/html;level=2;q=0.4", "text/html", 400, 3},
      {"application/json;odata=\"a, b;q=0\";q=0.5", "application/json", 500, 3},
      {"text/html;a=\"\\\"\", application/json", "application/json", 1000, 3},
      {"*/*;x=1, */*;q=0.5", "text/html", 500, 1},
  });
}

// Sections 8.3.1 (types and parameter names ignore case), 5.6.1.2 and 5.6.6 (empty elements and
// parameters), 5.6.3 (white space).
TEST(MatchAccept, Spellings) {
  expect_all({
      {"Text/HTML", "text/html", 1000, 3},
      {"TEXT/*;Q=0.5", "text/html", 500, 2},
      {" text/html ; q=0.5 , */*", "text/html", 500, 3},
      {"\t,,text/html\t;\tq=0.5,,", "text/html", 500, 3},
      {"text/html;;q=0.5;", "text/html", 500, 3},
      {"text/html;", "text/html", 1000, 3},
      {"text/html;q=\"0.5\"", "text/html", 0, 0},  // section 12.4.2: a qvalue is not quoted
  });
}

// An element that is no media range is as if it were not there, wherever it stands.
TEST(MatchAccept, MalformedElementsAreLeftOut) {
  for (const char* element : {"text",
                              "text/",
                              "/html",
                              "text/html/x",
                              "text /html",
                              "text/ html",
                              "*",
                              "*/html",
                              "text/html q=1",
                              "text/html;q",
                              "text/html;q=",
                              "text/html;q=2",
                              "text/html;q=1.5",
                              "text/html;q=.2",
                              "text/html;q=0.1234",
                              "text/html;q =1",
                              "text/html;q= 1",
                              "text/html;level",
                              "text/html;=1",
                              "text/html;a=\"b\"c",
                              "text/html;a=b c",
                              "(text/html)",
                              "\"text/html\"",
                              "text/html:q=1"}) {
    const std::string one = element;
    EXPECT_EQ(match({one}, "text/html").weight, 0) << element;
    EXPECT_EQ(match({"text/*;q=0.3," + one}, "text/html").weight, 300) << element;
    EXPECT_EQ(match({one + ", text/*;q=0.3"}, "text/html").weight, 300) << element;
  }
}

// A quoted string that does not end holds all that follows in its line.
TEST(MatchAccept, AQuoteThatDoesNotEnd) {
  expect_all({
      {"text/html;a=\"b, application/json", "application/json", 0, 0},
      {"x\", application/json", "application/json", 0, 0},
      {"application/json, text/html;a=\"b", "application/json", 1000, 3},
  });
  EXPECT_EQ(match({"text/html;a=\"b", "application/json"}, "application/json").weight, 1000);
}

// Section 5.3: several field lines of a list make one list.
TEST(MatchAccept, SeveralFieldLines) {
  EXPECT_EQ(match({"text/html;q=0.5", "*/*;q=0.1"}, "text/html"), (AcceptMatch{500, 3}));
  EXPECT_EQ(match({"*/*;q=0.1", "text/html;q=0.5"}, "text/html"), (AcceptMatch{500, 3}));
  EXPECT_EQ(match({"", "text/html"}, "text/html"), (AcceptMatch{1000, 3}));
  EXPECT_EQ(match({"text/html;", "q=0.5"}, "text/html"), (AcceptMatch{1000, 3}));
}

bool prefers_html(const Lines& lines) {
  return prefers(Request(Method::get, lines).head(), "text/html", "text/plain");
}

bool prefers_json(const Lines& lines) {
  return prefers(Request(Method::get, lines).head(), "application/json", "text/html");
}

// What clients send.
TEST(Prefers, Clients) {
  const Lines curl = {{FieldName::accept, "*/*"}};
  const Lines firefox = {
      {FieldName::accept, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}};
  const Lines chromium = {
      {FieldName::accept,
       "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/"
       "*;q=0.8,application/signed-exchange;v=b3;q=0.7"}};
  const Lines image = {{FieldName::accept, "image/avif,image/webp,image/*,*/*;q=0.8"}};
  const Lines axios = {{FieldName::accept, "application/json, text/plain, */*"}};
  const Lines api = {{FieldName::accept, "application/json"}};
  EXPECT_FALSE(prefers_html({}));
  EXPECT_FALSE(prefers_html(curl));
  EXPECT_TRUE(prefers_html(firefox));
  EXPECT_TRUE(prefers_html(chromium));
  EXPECT_FALSE(prefers_html(image));
  EXPECT_FALSE(prefers_html(axios));
  EXPECT_FALSE(prefers_html(api));
  EXPECT_FALSE(prefers_json({}));
  EXPECT_FALSE(prefers_json(curl));
  EXPECT_FALSE(prefers_json(firefox));
  EXPECT_FALSE(prefers_json(chromium));
  EXPECT_TRUE(prefers_json(axios));
  EXPECT_TRUE(prefers_json(api));
}

TEST(Prefers, WeightThenSpecificity) {
  const auto html = [](const char* value) { return prefers_html({{FieldName::accept, value}}); };
  EXPECT_TRUE(html("text/html, text/plain;q=0.999"));
  EXPECT_FALSE(html("text/html;q=0.999, text/plain"));
  EXPECT_FALSE(html("text/html, text/plain"));
  EXPECT_TRUE(html("text/html, text/*"));
  EXPECT_TRUE(html("text/html, */*"));
  EXPECT_FALSE(html("text/*"));
  EXPECT_TRUE(html("text/html;q=0.5, */*;q=0.4"));
  EXPECT_FALSE(html("text/html;q=0.5, */*;q=0.6"));
  EXPECT_FALSE(html("text/html;q=0, text/plain;q=0"));
  EXPECT_FALSE(html("text/html;q=0"));  // neither is acceptable
  EXPECT_FALSE(html("text/html;q=0, */*"));
  EXPECT_TRUE(html("text/plain;q=0, */*;q=0.1"));
  EXPECT_FALSE(html(""));
}

}  // namespace
}  // namespace http
