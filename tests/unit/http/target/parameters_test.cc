#include "http/target/parameters.h"

#include <gtest/gtest.h>

#include <string>

#include "http/target/delay_distribution.h"

namespace http::target {
namespace {

TEST(Parameters, Counts) {
  EXPECT_EQ(parse_count("0"), 0U);
  EXPECT_EQ(parse_count("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.5", "0x1", "18446744073709551616", "a"}) {
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
  }
}

TEST(Parameters, Sizes) {
  EXPECT_EQ(parse_size("10"), 10U);
  EXPECT_EQ(parse_size("10B"), 10U);
  EXPECT_EQ(parse_size("2k"), 2048U);
  EXPECT_EQ(parse_size("2K"), 2048U);
  EXPECT_EQ(parse_size("2KiB"), 2048U);
  EXPECT_EQ(parse_size("1MiB"), 1U << 20);
  EXPECT_EQ(parse_size("3G"), uint64_t{3} << 30);
  EXPECT_EQ(parse_size("1TiB"), uint64_t{1} << 40);
  EXPECT_EQ(parse_size("16777215TiB"), uint64_t{16777215} << 40);
  for (const char* text :
       {"", "k", "1kiB", "1KB", "1kb", "1Kib", "1 K", "1.5K", "16777216TiB", "1X", "1Ki"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Parameters, Times) {
  EXPECT_EQ(parse_time("0"), 0U);
  EXPECT_EQ(parse_time("1.5"), 1'500'000'000U);
  EXPECT_EQ(parse_time("20ms"), 20'000'000U);
  EXPECT_EQ(parse_time("0.25ms"), 250'000U);
  EXPECT_EQ(parse_time("7us"), 7'000U);
  EXPECT_EQ(parse_time("9ns"), 9U);
  EXPECT_EQ(parse_time("2s"), 2'000'000'000U);
  EXPECT_EQ(parse_time("1m"), 60'000'000'000U);
  EXPECT_EQ(parse_time("1h"), kHour);
  for (const char* text :
       {"", "ms", "-1s", "+1", "inf", "nan", "1 s", "1sec", "1e3ms", "1d", "61m"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(Parameters, PercentDecoding) {
  char out[4];
  EXPECT_EQ(percent_decode("abcd", out), "abcd");
  EXPECT_EQ(percent_decode("%41%2f%c3", out), "A/\xc3");
  EXPECT_EQ(percent_decode("", out), "");
  EXPECT_EQ(percent_decode("abcde", out), std::nullopt) << "no room";
  for (const char* text : {"%", "%4", "%4g", "%g4", "a%"}) {
    EXPECT_EQ(percent_decode(text, out), std::nullopt) << text;
    EXPECT_EQ(percent_decode(text, out, StrayPercent::stands_for_itself), text);
  }
  EXPECT_EQ(percent_decode("1%,2%25", out, StrayPercent::stands_for_itself), std::nullopt);
  EXPECT_EQ(percent_decode("%,%25", out, StrayPercent::stands_for_itself), "%,%");
}

TEST(Parameters, WalkAQuery) {
  QueryParameters parameters("a=1&&b&=x&a=2=3");
  std::string seen;
  for (core::Bytes name, value; parameters.next(name, value);) {
    seen += "[" + std::string(name) + "|" + std::string(value) + "]";
  }
  EXPECT_EQ(seen, "[a|1][b|][|x][a|2=3]");
}

class ParameterReaderTest : public ::testing::Test {
 protected:
  ParameterReader reader(core::Bytes path, core::Bytes query = "") {
    problem_ = Problem();
    return ParameterReader("/x/N", path, query, problem_);
  }
  std::string problem() const { return std::string(problem_.text()); }

  Problem problem_;
};

TEST_F(ParameterReaderTest, ReadsSegments) {
  ParameterReader segments = reader("/10/2KiB/1.5%73/word");
  EXPECT_EQ(segments.count_segment("A", {1, 10}), 10U);
  EXPECT_EQ(segments.size_segment("B", {0, 4096}), 2048U);
  core::Random random(1);
  EXPECT_EQ(segments.specification_segment<DelayDistribution>("C").sample(random), 1'500'000'000U);
  EXPECT_TRUE(segments.has_segment());
  EXPECT_EQ(segments.segment("D", "a word"), "word");
  segments.end_of_path();
  EXPECT_FALSE(problem_.any()) << problem();
}

TEST_F(ParameterReaderTest, ReadsTheQuery) {
  ParameterReader query = reader("", "n=5&chunk=1KiB&gap=10ms&n=6");
  EXPECT_EQ(query.count("n", {0, 10}), 5U) << "the first one";
  EXPECT_EQ(query.size("chunk", {1, 4096}), 1024U);
  EXPECT_EQ(query.time("gap", kHour), 10'000'000U);
  EXPECT_EQ(query.count("none", {0, 1}), std::nullopt);
  EXPECT_FALSE(problem_.any()) << problem();
}

TEST_F(ParameterReaderTest, SaysWhatIsWrong) {
  reader("/abc").count_segment("N", {0, 10});
  EXPECT_EQ(problem(), "/x/N: N must be a whole number from 0 to 10, found 'abc'\n");
  reader("/11").count_segment("N", {0, 10});
  EXPECT_EQ(problem(), "/x/N: N must be a whole number from 0 to 10, found '11'\n");
  reader("").count_segment("N", {0, 10});
  EXPECT_EQ(problem(), "/x/N: N must be a whole number from 0 to 10, but is missing\n");
  reader("/").segment("N", "a word");
  EXPECT_EQ(problem(), "/x/N: N must be a word, but is missing\n");
  reader("/1x").size_segment("N", {0, 10});
  EXPECT_EQ(problem(),
            "/x/N: N must be a whole number of bytes from 0 to 10, such as 1000 or 64KiB, "
            "found '1x'\n");
  reader("", "gap=soon").time("gap", 10'000'000'000);
  EXPECT_EQ(problem(),
            "/x/N: gap must be a time up to 10s, such as 20ms or 1.5 (seconds), found 'soon'\n");
  reader("/1/").end_of_path();
  EXPECT_EQ(problem(), "/x/N: the rest of the path must be empty, found '/1/'\n");
}

TEST_F(ParameterReaderTest, KeepsTheFirstProblemAndShowsLittleOfIt) {
  const std::string path = "/" + std::string(5000, 'x');
  ParameterReader long_one = reader(path);
  long_one.count_segment("N", {0, 1});
  long_one.count_segment("M", {0, 1});
  EXPECT_EQ(problem(), "/x/N: N must be a whole number from 0 to 1, found '" +
                           std::string(64, 'x') + "...'\n");
}

}  // namespace
}  // namespace http::target
