#include "core/imf_fixdate.h"

#include <gtest/gtest.h>

#include <cstring>
#include <ctime>
#include <limits>
#include <random>
#include <string>

namespace core {

namespace {

constexpr int64_t kDay = 86'400;
constexpr int64_t kFirst = -62'135'596'800;  // 0001-01-01 00:00:00
constexpr int64_t kLast = 253'402'300'799;   // 9999-12-31 23:59:59

std::string format(int64_t seconds) {
  char text[kImfFixdateLength + 2];
  std::memset(text, '#', sizeof(text));
  format_imf_fixdate(seconds, text + 1);
  EXPECT_EQ(text[0], '#');
  EXPECT_EQ(text[kImfFixdateLength + 1], '#');
  return std::string(text + 1, kImfFixdateLength);
}

// The C library's opinion, in its C locale.
std::string reference(int64_t seconds) {
  const time_t time = seconds;
  tm parts;
  EXPECT_NE(gmtime_r(&time, &parts), nullptr);
  char text[64];
  strftime(text, sizeof(text), "%a, %d %b XXXX %H:%M:%S GMT", &parts);
  // %Y has no leading zeros for the years before 1000 that the format asks for.
  char year[8];
  snprintf(year, sizeof(year), "%04d", (parts.tm_year + 1900) % 10'000);
  std::string result = text;
  return result.replace(result.find("XXXX"), 4, year);
}

// RFC 9110 section 5.6.7.
TEST(ImfFixdate, TheExampleOfTheRfc) {
  EXPECT_EQ(format(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(ImfFixdate, SomeMoments) {
  EXPECT_EQ(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(format(2'147'483'648), "Tue, 19 Jan 2038 03:14:08 GMT");
  EXPECT_EQ(format(4'107'542'400), "Mon, 01 Mar 2100 00:00:00 GMT");
  EXPECT_EQ(format(kFirst), "Mon, 01 Jan 0001 00:00:00 GMT");
  EXPECT_EQ(format(kLast), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST(ImfFixdate, TimesOutsideAreClamped) {
  EXPECT_EQ(format(kFirst - 1), format(kFirst));
  EXPECT_EQ(format(kLast + 1), format(kLast));
  EXPECT_EQ(format(std::numeric_limits<int64_t>::min()), format(kFirst));
  EXPECT_EQ(format(std::numeric_limits<int64_t>::max()), format(kLast));
}

TEST(ImfFixdate, EveryDayAgreesWithTheCLibrary) {
  int64_t days = 0;
  for (int64_t day = kFirst; day <= kLast; day += kDay) {
    // Another moment of each day.
    const int64_t seconds = day + (days * 7919) % kDay;
    ASSERT_EQ(format(seconds), reference(seconds)) << seconds;
    ++days;
  }
  EXPECT_EQ(days, 3'652'059);  // of the years 1 to 9999
}

TEST(ImfFixdate, EverySecondOfADayAgreesWithTheCLibrary) {
  const int64_t day = 1'709'164'800;  // 29 Feb 2024
  for (int64_t seconds = day - 2; seconds < day + kDay + 2; ++seconds) {
    ASSERT_EQ(format(seconds), reference(seconds)) << seconds;
  }
}

TEST(ImfFixdate, RandomMomentsAgreeWithTheCLibrary) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int64_t> moment(kFirst, kLast);
  for (int i = 0; i < 100'000; ++i) {
    const int64_t seconds = moment(random);
    ASSERT_EQ(format(seconds), reference(seconds)) << seconds;
  }
}

}  // namespace
}  // namespace core
