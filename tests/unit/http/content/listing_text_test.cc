#include "http/content/listing_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace http {
namespace {

using namespace std::string_literals;

std::string html(core::Bytes text) {
  std::string out;
  append_html(out, text);
  return out;
}
std::string json(core::Bytes text) {
  std::string out;
  append_json(out, text);
  return out;
}
std::string link(core::Bytes name, bool directory = false) {
  std::string out;
  append_link(out, name, directory);
  return out;
}
std::string size(uint64_t bytes) {
  std::string out;
  append_size(out, bytes);
  return out;
}
std::string grouped(uint64_t number) {
  std::string out;
  append_grouped(out, number);
  return out;
}
std::string time(int64_t nanoseconds) {
  std::string out;
  append_date(out, nanoseconds);
  out += ' ';
  append_time_of_day(out, nanoseconds);
  return out;
}

constexpr int64_t kSecond = 1'000'000'000;

TEST(ListingText, HtmlEscapesMarks) {
  EXPECT_EQ(html(""), "");
  EXPECT_EQ(html("plain.txt"), "plain.txt");
  EXPECT_EQ(html("<a href=\"x\" b='y'>&amp;"), "&lt;a href=&#34;x&#34; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(html("a\nb\tc\x01\x1F"), "a␊b␉c␁␟");
  EXPECT_EQ(html("\x7F|\xC2\x80|\xC2\x9F|\xC2\xA0"), "\uFFFD|\uFFFD|\uFFFD|\u00A0");
  EXPECT_EQ(html("a\u202Egnp.exe"), "a\uFFFDgnp.exe");
  EXPECT_EQ(html("\u2029\u202A\u202E\u202F\u2065\u2066\u2069\u206A"),
            "\u2029\uFFFD\uFFFD\u202F\u2065\uFFFD\uFFFD\u206A");
}

// RFC 8259 section 7.
TEST(ListingText, JsonEscapesControls) {
  EXPECT_EQ(json(""), "\"\"");
  EXPECT_EQ(json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json("\n\t\x01\x1F\x7F\xC2\x85"), R"("\u000a\u0009\u0001\u001f\u007f\u0085")");
  EXPECT_EQ(json("\u2028\u2029\u2027"), "\"\\u2028\\u2029\u2027\"");
  EXPECT_EQ(json("\U0001F600\xFF"), "\"\U0001F600\uFFFD\"");
}

// The Unicode Standard, version 15, section 3.9, tables 3-7 to 3-11.
TEST(ListingText, BytesThatAreNoUtf8) {
  const struct {
    std::string text;
    std::string shown;  // "?" for U+FFFD
  } cases[] = {
      {"é€😀", "é€😀"},
      {"\xC3", "?"},
      {"\xC3"
       "a",
       "?a"},
      {"\x80\xBF", "??"},
      {"\xC0\xAF", "??"},                           // overlong "/"
      {"\xC1\xBF", "??"},                           // overlong
      {"\xE0\x80\xAF", "???"},                      // overlong
      {"\xE0\x9F\xBF", "???"},                      // overlong
      {"\xE0\xA0\x80", "\u0800"},                   // first of three bytes
      {"\xED\x9F\xBF", "\uD7FF"},                   // last below the surrogates
      {"\xED\xA0\x80", "???"},                      // surrogate
      {"\xED\xBF\xBF", "???"},                      // surrogate
      {"\xEE\x80\x80", "\uE000"},                   // first above the surrogates
      {"\xF0\x8F\xBF\xBF", "????"},                 // overlong
      {"\xF0\x90\x80\x80", "\U00010000"},           // first of four bytes
      {"\xF4\x8F\xBF\xBF", "\U0010FFFF"},           // last of all
      {"\xF4\x90\x80\x80", "????"},                 // beyond
      {"\xF5\x80\x80\x80", "????"},                 // beyond
      {"\xFF\xFE", "??"},                           // never
      {"\xE2\x82|\xF0\x9F\x98|\xF0\x9F", "?|?|?"},  // cut off: one for each
      {"a\xF1\x80\x80\xE1\x80\xC2"                  // table 3-8
       "b\x80"
       "c\x80\xBF"
       "d",
       "a???b?c??d"},
      {"\xC2\xE2\x82\xAC", "?€"},  // what ends a character begins another
  };
  for (const auto& [text, shown] : cases) {
    std::string expected;
    for (const char c : shown) expected += c == '?' ? "\uFFFD"s : std::string(1, c);
    EXPECT_EQ(html(text), expected) << ::testing::PrintToString(text);
    EXPECT_EQ(json(text), "\"" + expected + "\"") << ::testing::PrintToString(text);
  }
}

// Every byte but those of the unreserved set, the sub-delimiters, ":" and "@" is encoded
// (RFC 3986 sections 2.1 and 3.3).
TEST(ListingText, Links) {
  EXPECT_EQ(link("a.txt"), "./a.txt");
  EXPECT_EQ(link("dir", true), "./dir/");
  EXPECT_EQ(link("javascript:alert(1)"), "./javascript:alert(1)");
  EXPECT_EQ(link("http:"), "./http:");
  EXPECT_EQ(link("..%2f"), "./..%252f");
  EXPECT_EQ(link("\\evil"), "./%5Cevil");
  EXPECT_EQ(link("a?b#c"), "./a%3Fb%23c");
  EXPECT_EQ(link("\"<>\n\xFF "), "./%22%3C%3E%0A%FF%20");
  EXPECT_EQ(link("ü", true), "./%C3%BC/");
}

TEST(ListingText, Sizes) {
  EXPECT_EQ(size(0), "0 B");
  EXPECT_EQ(size(1), "1 B");
  EXPECT_EQ(size(1'023), "1023 B");
  EXPECT_EQ(size(1'024), "1.0 KiB");
  EXPECT_EQ(size(1'536), "1.5 KiB");
  EXPECT_EQ(size(10'188), "9.9 KiB");
  EXPECT_EQ(size(10'189), "10 KiB") << "9.9502 is nearer to 10.0";
  EXPECT_EQ(size(10'240), "10 KiB");
  EXPECT_EQ(size(1'048'063), "1023 KiB");
  EXPECT_EQ(size(1'048'064), "1.0 MiB") << "1023.5 KiB";
  EXPECT_EQ(size(1'048'576), "1.0 MiB");
  EXPECT_EQ(size(uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(size(uint64_t{123} << 40), "123 TiB");
  EXPECT_EQ(size(uint64_t{1} << 50), "1.0 PiB");
  EXPECT_EQ(size(std::numeric_limits<uint64_t>::max()), "16 EiB");
}

TEST(ListingText, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(123'456), "123,456");
  EXPECT_EQ(grouped(std::numeric_limits<uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(ListingText, Times) {
  EXPECT_EQ(time(0), "1970-01-01 00:00:00");
  EXPECT_EQ(time(784'111'777 * kSecond), "1994-11-06 08:49:37") << "RFC 9110 section 5.6.7";
  EXPECT_EQ(time(784'111'777 * kSecond + 999'999'999), "1994-11-06 08:49:37");
  EXPECT_EQ(time(-1), "1969-12-31 23:59:59");
  EXPECT_EQ(time(951'782'399 * kSecond), "2000-02-28 23:59:59");
  EXPECT_EQ(time(951'868'799 * kSecond), "2000-02-29 23:59:59");
  EXPECT_EQ(time(951'868'800 * kSecond), "2000-03-01 00:00:00");
  EXPECT_EQ(time(std::numeric_limits<int64_t>::max()), "2262-04-11 23:47:16");
  EXPECT_EQ(time(std::numeric_limits<int64_t>::min()), "1677-09-21 00:12:43");
}

}  // namespace
}  // namespace http
