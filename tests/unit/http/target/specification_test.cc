#include "http/target/specification.h"

#include <gtest/gtest.h>

#include <string>

namespace http::target {
namespace {

std::string error_of(const SpecificationReader& reader) {
  return std::string(reader.error().text());
}

double duration(core::Bytes text) {
  SpecificationReader reader(text);
  double nanoseconds = -1;
  EXPECT_TRUE(reader.duration(nanoseconds)) << reader.error().text();
  EXPECT_TRUE(reader.at_end()) << text;
  return nanoseconds;
}

std::string duration_error(core::Bytes text) {
  SpecificationReader reader(text);
  double nanoseconds = -1;
  EXPECT_FALSE(reader.duration(nanoseconds)) << text;
  return error_of(reader);
}

TEST(SpecificationReader, Durations) {
  EXPECT_DOUBLE_EQ(duration("20ms"), 20e6);
  EXPECT_DOUBLE_EQ(duration("1.5s"), 1.5e9);
  EXPECT_DOUBLE_EQ(duration("250us"), 250e3);
  EXPECT_DOUBLE_EQ(duration("0.001us"), 1);
  EXPECT_DOUBLE_EQ(duration("2m"), 120e9);
  EXPECT_DOUBLE_EQ(duration("1h"), 3600e9);
  EXPECT_DOUBLE_EQ(duration("60m"), 3600e9);
  EXPECT_DOUBLE_EQ(duration("3"), 3e9);
  EXPECT_DOUBLE_EQ(duration("0.25"), 0.25e9);
  EXPECT_DOUBLE_EQ(duration(".5s"), 0.5e9);
  EXPECT_DOUBLE_EQ(duration("5.s"), 5e9);
  EXPECT_DOUBLE_EQ(duration("20ns"), 20);
  EXPECT_DOUBLE_EQ(duration("0"), 0);
  EXPECT_DOUBLE_EQ(duration("0000000000000000000000000000007ms"), 7e6);
  EXPECT_DOUBLE_EQ(duration("0." + std::string(400, '0') + "1s"), 0);
}

TEST(SpecificationReader, WrongDurations) {
  EXPECT_EQ(duration_error(""),
            "expected a duration such as 20ms, 1.5s or 2m, found the end at character 1");
  for (const core::Bytes text : {"fast", "-1s", "+1s", "inf", "nan", " 1s", ".", ".s"}) {
    EXPECT_EQ(duration_error(text), "expected a duration such as 20ms, 1.5s or 2m, found \"" +
                                        std::string(text) + "\" at character 1");
  }
  for (const core::Bytes text : {"20sec", "20MS", "1e3ms", "1d", "20ps", "1s-2"}) {
    EXPECT_EQ(duration_error(text), "expected a duration in ns, us, ms, s, m or h, found \"" +
                                        std::string(text) + "\" at character 1");
  }
  for (const core::Bytes text : {"61m", "3600.001", "1.01h", "99999999999999999999us"}) {
    EXPECT_EQ(duration_error(text), "expected a duration of at most 1h, found \"" +
                                        std::string(text) + "\" at character 1");
  }
  EXPECT_EQ(duration_error("00" + std::string(400, '9')),
            "expected a duration of at most 1h, found \"00" + std::string(30, '9') +
                "...\" at character 1");
}

TEST(SpecificationReader, ReadsInOrder) {
  SpecificationReader reader("reset@1.5%,17;x");
  double number = 0;
  uint64_t integer = 0;
  EXPECT_EQ(reader.take_word(), "reset");
  EXPECT_FALSE(reader.take("%"));
  EXPECT_TRUE(reader.take("@"));
  EXPECT_TRUE(reader.at_number());
  EXPECT_TRUE(reader.has_before('%', ','));
  EXPECT_FALSE(reader.has_before('x', ';'));
  EXPECT_TRUE(reader.has_before('x', '!'));
  EXPECT_TRUE(reader.number(0, 100, "a percentage", number));
  EXPECT_EQ(number, 1.5);
  EXPECT_TRUE(reader.expect("%"));
  EXPECT_FALSE(reader.at_number());
  EXPECT_TRUE(reader.expect(","));
  EXPECT_TRUE(reader.integer(17, "a number", integer));
  EXPECT_EQ(integer, 17U);
  EXPECT_TRUE(reader.expect(";"));
  EXPECT_EQ(reader.position(), 14U);
  EXPECT_EQ(reader.take_word(), "x");
  EXPECT_EQ(reader.take_word(), "");
  EXPECT_FALSE(reader.at_number());
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(reader.expect_end("the end"));
  EXPECT_EQ(error_of(reader), "");
}

TEST(SpecificationReader, NumbersHaveBounds) {
  const auto error = [](core::Bytes text) {
    SpecificationReader reader(text);
    double value = 0;
    return reader.number(0.5, 2, "a number from 0.5 to 2", value) ? "" : error_of(reader);
  };
  EXPECT_EQ(error("0.5"), "");
  EXPECT_EQ(error("2.000"), "");
  EXPECT_EQ(error("0.49"), "expected a number from 0.5 to 2, found \"0.49\" at character 1");
  EXPECT_EQ(error("2.01"), "expected a number from 0.5 to 2, found \"2.01\" at character 1");
  EXPECT_EQ(error("x,1"), "expected a number from 0.5 to 2, found \"x\" at character 1");
}

TEST(SpecificationReader, IntegersHaveBounds) {
  const auto error = [](core::Bytes text, uint64_t most) {
    SpecificationReader reader(text);
    uint64_t value = 0;
    return reader.integer(most, "digits", value) ? "" : error_of(reader);
  };
  EXPECT_EQ(error("0", 0), "");
  EXPECT_EQ(error("18446744073709551615", UINT64_MAX), "");
  EXPECT_EQ(error("18446744073709551616", UINT64_MAX),
            "expected digits, found \"18446744073709551616\" at character 1");
  EXPECT_EQ(error("11", 10), "expected digits, found \"11\" at character 1");
  EXPECT_EQ(error("-1", 10), "expected digits, found \"-1\" at character 1");
  EXPECT_EQ(error("", 10), "expected digits, found the end at character 1");
}

TEST(SpecificationReader, KeepsTheFirstError) {
  SpecificationReader reader("ab,c");
  EXPECT_FALSE(reader.expect("x"));
  EXPECT_FALSE(reader.expect_end("the end"));
  EXPECT_EQ(reader.take_word(), "ab");
  EXPECT_FALSE(reader.fail("y", 3));
  EXPECT_EQ(error_of(reader), "expected \"x\", found \"ab\" at character 1");
}

TEST(SpecificationError, QuotesUpToTheNextSeparator) {
  const auto text = [](core::Bytes text, std::size_t position) {
    return std::string(SpecificationError("x", text, position).text());
  };
  EXPECT_EQ(text("a:b=c,d", 0), "expected x, found \"a:b=c\" at character 1");
  EXPECT_EQ(text("a:b=c,d", 5), "expected x, found \",\" at character 6");
  EXPECT_EQ(text("a:b=c,d", 6), "expected x, found \"d\" at character 7");
  EXPECT_EQ(text("a:b=c,d", 7), "expected x, found the end at character 8");
  EXPECT_EQ(text("a;b", 0), "expected x, found \"a\" at character 1");
  EXPECT_EQ(text("a*b", 0), "expected x, found \"a\" at character 1");
  EXPECT_EQ(text("a@b", 0), "expected x, found \"a\" at character 1");
}

TEST(SpecificationError, QuotesNothingThatBreaksALine) {
  const std::string text("a\r\nb\x1b[1m\x7f\xc3\xa4\0c", 13);
  EXPECT_EQ(SpecificationError("x", text, 0).text(),
            "expected x, found \"a??b?[1m????c\" at character 1");
}

TEST(SpecificationError, FitsHoweverLongTheTextIs) {
  const std::string text(100'000, 'a');
  EXPECT_EQ(SpecificationError(std::string(136, 'x'), text, 50'000).text(),
            "expected " + std::string(136, 'x') + ", found \"" + std::string(32, 'a') +
                "...\" at character 50001");
}

}  // namespace
}  // namespace http::target
