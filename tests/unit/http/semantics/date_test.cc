#include "http/semantics/date.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/imf_fixdate.h"

namespace http {
namespace {

constexpr int64_t kNow = 1'750'000'000;       // 2025-06-15T15:06:40Z
constexpr int64_t kRfcExample = 784'111'777;  // 1994-11-06T08:49:37Z
constexpr int64_t kFirst = -62'135'596'800;   // 0001-01-01T00:00:00Z
constexpr int64_t kLast = 253'402'300'799;    // 9999-12-31T23:59:59Z
constexpr int64_t kSecondsPerDay = 86'400;

std::string format(int64_t seconds) {
  // One byte more than the date on either side, to see that nothing else is written.
  std::string text(core::kImfFixdateLength + 2, '#');
  core::format_imf_fixdate(seconds, text.data() + 1);
  EXPECT_EQ(text.front(), '#');
  EXPECT_EQ(text.back(), '#');
  return text.substr(1, core::kImfFixdateLength);
}

// The calendar of the standard library as the judge. It allocates and is far slower.
std::string reference(int64_t seconds) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds time{std::chrono::seconds(seconds)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

TEST(FormatImfFixdate, KnownMoments) {
  EXPECT_EQ(format(kRfcExample), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 section 5.6.7
  EXPECT_EQ(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(format(4'107'542'400), "Mon, 01 Mar 2100 00:00:00 GMT");  // 2100 is no leap year
  EXPECT_EQ(format(int64_t{1} << 31), "Tue, 19 Jan 2038 03:14:08 GMT");
}

TEST(FormatImfFixdate, TimesOutsideOfTheFormAreItsFirstAndLastSecond) {
  EXPECT_EQ(format(kFirst), "Mon, 01 Jan 0001 00:00:00 GMT");
  EXPECT_EQ(format(kFirst - 1), format(kFirst));
  EXPECT_EQ(format(INT64_MIN), format(kFirst));
  EXPECT_EQ(format(kLast), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format(kLast + 1), format(kLast));
  EXPECT_EQ(format(INT64_MAX), format(kLast));
}

// 3,652,059 days; the second of the day moves along, so that every one is met many times.
TEST(HttpDate, EveryDayOfTenThousandYearsThereAndBack) {
  int64_t second = 0;
  char text[core::kImfFixdateLength];
  for (int64_t day = kFirst; day < kLast; day += kSecondsPerDay) {
    second = (second + 7919) % kSecondsPerDay;
    core::format_imf_fixdate(day + second, text);
    const std::optional<int64_t> parsed = parse_http_date({text, core::kImfFixdateLength}, kNow);
    ASSERT_TRUE(parsed.has_value()) << day;
    ASSERT_EQ(*parsed, day + second);
  }
}

TEST(FormatImfFixdate, AgreesWithTheStandardCalendarOnEveryDayOfEightCenturies) {
  for (int64_t day = -135'140; day < 157'060; ++day) {  // 1600 to 2400: two periods of leap years
    const int64_t seconds = day * kSecondsPerDay + (day % 1000 + 1000) * 43;
    ASSERT_EQ(format(seconds), reference(seconds));
  }
}

TEST(FormatImfFixdate, AgreesWithTheStandardCalendarOnEverySecondOfADay) {
  for (int64_t second = 0; second < kSecondsPerDay; ++second) {
    ASSERT_EQ(format(kRfcExample + second), reference(kRfcExample + second));
  }
}

TEST(ParseHttpDate, TheThreeFormsOfRfc9110Section567) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kRfcExample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kRfcExample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", kNow), kRfcExample);
  EXPECT_EQ(parse_http_date("Sun Nov 06 08:49:37 1994", kNow), kRfcExample);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994", kNow), kRfcExample + 10 * kSecondsPerDay);
}

TEST(ParseHttpDate, TheWeekdayMustBeOneButNotTheRightOne) {
  EXPECT_EQ(parse_http_date("Mon, 06 Nov 1994 08:49:37 GMT", kNow), kRfcExample);
  EXPECT_EQ(parse_http_date("Wednesday, 06-Nov-94 08:49:37 GMT", kNow), kRfcExample);
  EXPECT_EQ(parse_http_date("Sat Nov  6 08:49:37 1994", kNow), kRfcExample);
  EXPECT_FALSE(parse_http_date("Xyz, 06 Nov 1994 08:49:37 GMT", kNow));
  EXPECT_FALSE(parse_http_date("unM, 06 Nov 1994 08:49:37 GMT", kNow));  // across two names
  EXPECT_FALSE(parse_http_date("Someday, 06-Nov-94 08:49:37 GMT", kNow));
}

TEST(ParseHttpDate, LeapSecond) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow), 1'483'228'800);
  EXPECT_FALSE(parse_http_date("Sat, 31 Dec 2016 23:59:61 GMT", kNow));
  EXPECT_FALSE(parse_http_date("Sat, 31 Dec 2016 22:59:60 GMT", kNow));
  EXPECT_FALSE(parse_http_date("Sat, 31 Dec 2016 23:58:60 GMT", kNow));
}

TEST(ParseHttpDate, LeapDays) {
  EXPECT_EQ(parse_http_date("Tue, 29 Feb 2000 00:00:00 GMT", kNow), 951'782'400);
  EXPECT_TRUE(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT", kNow));
  EXPECT_FALSE(parse_http_date("Thu, 29 Feb 2023 00:00:00 GMT", kNow));
  EXPECT_FALSE(parse_http_date("Thu, 29 Feb 1900 00:00:00 GMT", kNow));
  EXPECT_FALSE(parse_http_date("Thu, 30 Feb 2024 00:00:00 GMT", kNow));
  EXPECT_FALSE(parse_http_date("Thu, 29-Feb-23 00:00:00 GMT", kNow));
}

// RFC 9110 section 5.6.7: a two-digit year more than 50 years in the future is in the past.
TEST(ParseHttpDate, TwoDigitYears) {
  struct Case {
    const char* text;
    int64_t now;
    const char* expected;
  };
  constexpr int64_t k2099 = 4'085'000'000;  // 2099-06-13T08:53:20Z
  const std::vector<Case> cases = {
      {"Sunday, 15-Jun-75 15:06:40 GMT", kNow, "Sat, 15 Jun 2075 15:06:40 GMT"},  // to the second
      {"Sunday, 15-Jun-75 15:06:41 GMT", kNow, "Sun, 15 Jun 1975 15:06:41 GMT"},
      {"Sunday, 16-Jun-75 00:00:00 GMT", kNow, "Mon, 16 Jun 1975 00:00:00 GMT"},
      {"Sunday, 14-Jun-75 23:59:59 GMT", kNow, "Fri, 14 Jun 2075 23:59:59 GMT"},
      {"Sunday, 31-Dec-74 23:59:59 GMT", kNow, "Mon, 31 Dec 2074 23:59:59 GMT"},
      {"Sunday, 01-Jan-76 00:00:00 GMT", kNow, "Thu, 01 Jan 1976 00:00:00 GMT"},
      {"Sunday, 01-Jul-75 00:00:00 GMT", kNow, "Tue, 01 Jul 1975 00:00:00 GMT"},
      {"Sunday, 01-Jan-25 00:00:00 GMT", kNow, "Wed, 01 Jan 2025 00:00:00 GMT"},
      {"Sunday, 01-Jan-00 00:00:00 GMT", kNow, "Sat, 01 Jan 2000 00:00:00 GMT"},
      {"Sunday, 01-Jan-99 00:00:00 GMT", kNow, "Fri, 01 Jan 1999 00:00:00 GMT"},
      {"Tuesday, 29-Feb-76 00:00:00 GMT", kNow, "Sun, 29 Feb 1976 00:00:00 GMT"},
      {"Tuesday, 29-Feb-72 00:00:00 GMT", kNow, "Mon, 29 Feb 2072 00:00:00 GMT"},
      {"Sunday, 01-Jan-05 00:00:00 GMT", k2099, "Thu, 01 Jan 2105 00:00:00 GMT"},
      {"Sunday, 01-Jan-50 00:00:00 GMT", k2099, "Sat, 01 Jan 2050 00:00:00 GMT"},
  };
  for (const Case& c : cases) {
    const std::optional<int64_t> parsed = parse_http_date(c.text, c.now);
    ASSERT_TRUE(parsed.has_value()) << c.text;
    EXPECT_EQ(format(*parsed), c.expected) << c.text;
  }
}

TEST(ParseHttpDate, AnyClockWillDo) {
  for (const int64_t now : {INT64_MIN, kFirst, int64_t{-1}, int64_t{0}, kLast, INT64_MAX}) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now), kRfcExample);
    const auto parsed = parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now);
    ASSERT_TRUE(parsed.has_value()) << now;
    EXPECT_EQ(format(*parsed).substr(5, 6), "06 Nov");
  }
  // The year 10020 would be nearer, but has no form.
  const auto parsed = parse_http_date("Sunday, 06-Nov-20 08:49:37 GMT", kLast);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(format(*parsed), "Sat, 06 Nov 9920 08:49:37 GMT");
}

TEST(ParseHttpDate, MalformedDates) {
  const std::vector<std::string> cases = {
      "",
      "0",
      "784111777",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 gmt",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      " Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 +0000",
      "Sun,  6 Nov 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun, 06-Nov-1994 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 32 Dec 1994 08:49:37 GMT",
      "Sun, 06 Nov 0000 08:49:37 GMT",
      "Sun, 06 Nov -994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:60 GMT",
      "Sun, 06 Nov 1994 8:49:37 GMT",
      "Sun, 06 Nov 1994 08.49.37 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37",
      "Sunday 06-Nov-94 08:49:37 GMT",
      "Sunday, 06 Nov 94 08:49:37 GMT",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov   6 08:49:37 1994",
      "Sun Nov  0 08:49:37 1994",
      "Sun Nov 31 08:49:37 1994",
      "Sun Nov  6 08:49:37 0000",
      "Sun Nov  6 08:49:37 1994 GMT",
      "Sun Nov  6 08:49:37 199",
      std::string("Sun, 06 Nov 1994 08:49:37 GM\0", 29),
  };
  for (const std::string& text : cases) EXPECT_FALSE(parse_http_date(text, kNow)) << text;
}

// No byte of a date can be changed to something else than a digit, and none can be left out or
// added, without the date being refused or named by the table above.
TEST(ParseHttpDate, EveryByteCounts) {
  for (const std::string date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                 "Sun Nov 16 08:49:37 1994"}) {
    for (std::size_t i = 0; i < date.size(); ++i) {
      EXPECT_FALSE(parse_http_date(date.substr(0, i), kNow)) << date << " cut at " << i;
      std::string longer = date;
      longer.insert(i, 1, '0');
      EXPECT_FALSE(parse_http_date(longer, kNow)) << longer;
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = date;
        changed[i] = static_cast<char>(byte);
        const bool digit = byte >= '0' && byte <= '9';
        const bool space_for_ten = date[i] == '1' && changed[i] == ' ';  // "Nov  6": asctime
        if (changed == date || digit || space_for_ten) continue;
        EXPECT_FALSE(parse_http_date(changed, kNow)) << changed;
      }
    }
  }
}

}  // namespace
}  // namespace http
