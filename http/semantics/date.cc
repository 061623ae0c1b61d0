#include "http/semantics/date.h"

#include <array>

namespace http {
namespace {

constexpr core::Bytes kWeekdays = "SunMonTueWedThuFriSat";
constexpr core::Bytes kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::array<core::Bytes, 7> kLongWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};

struct Date {
  uint32_t year;   // 1 to 9999
  uint32_t month;  // 1 to 12
  uint32_t day;    // 1 to 31
};

// Days are counted from 0000-03-01. When the year begins in March, the leap day is its last day,
// and the months need no table: every five have 153 days.
constexpr uint32_t kEpochDay = 719'468;  // 1970-01-01
constexpr int64_t kSecondsPerDay = 86'400;

constexpr uint32_t day_number(const Date& date) {
  const uint32_t year = date.month > 2 ? date.year : date.year - 1;
  const uint32_t month = date.month > 2 ? date.month - 3 : date.month + 9;  // 0 is March
  return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1;
}

constexpr int64_t seconds_at(const Date& date) {
  return (static_cast<int64_t>(day_number(date)) - kEpochDay) * kSecondsPerDay;
}

static_assert(day_number({1970, 1, 1}) == kEpochDay);

constexpr uint32_t days_in_month(uint32_t year, uint32_t month) {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Takes a date apart from left to right. After the first mismatch every call does nothing, so the
// callers read as the grammar does and ask once, at the end.
class DateReader {
 public:
  explicit DateReader(core::Bytes text) : rest_(text) {}

  bool finished() const { return good_ && rest_.empty(); }

  void literal(core::Bytes expected) {
    good_ = good_ && rest_.starts_with(expected);
    if (good_) rest_.remove_prefix(expected.size());
  }

  // Exactly `count` digits.
  uint32_t number(std::size_t count) {
    good_ = good_ && rest_.size() >= count;
    uint32_t value = 0;
    for (std::size_t i = 0; good_ && i < count; ++i) {
      const char c = rest_[i];
      good_ = c >= '0' && c <= '9';
      value = value * 10 + static_cast<uint32_t>(c - '0');
    }
    if (good_) rest_.remove_prefix(count);
    return value;
  }

  // Two characters, of which the first may be a space in place of a digit.
  uint32_t space_padded_number() {
    if (!rest_.starts_with(' ')) return number(2);
    rest_.remove_prefix(1);
    return number(1);
  }

  // One of the three-letter words of `names`; returns which one.
  uint32_t name(core::Bytes names) {
    for (uint32_t i = 0; good_ && i < names.size(); i += 3) {
      if (rest_.substr(0, 3) != names.substr(i, 3)) continue;
      rest_.remove_prefix(3);
      return i / 3;
    }
    good_ = false;
    return 0;
  }

  void long_weekday() {
    for (const core::Bytes weekday : kLongWeekdays) {
      if (!rest_.starts_with(weekday)) continue;
      rest_.remove_prefix(weekday.size());
      return;
    }
    good_ = false;
  }

  // "08:49:37", as seconds of the day; 23:59:60 is a leap second.
  uint32_t time_of_day() {
    const uint32_t hour = number(2);
    literal(":");
    const uint32_t minute = number(2);
    literal(":");
    const uint32_t second = number(2);
    const bool leap_second = hour == 23 && minute == 59 && second == 60;
    good_ = good_ && hour < 24 && minute < 60 && (second < 60 || leap_second);
    return hour * 3600 + minute * 60 + second;
  }

 private:
  core::Bytes rest_;
  bool good_ = true;
};

// The latest year with these last two digits that puts the date at most 50 years after `now`.
uint32_t full_year(uint32_t two_digits, const Date& date, uint32_t second_of_day, int64_t now) {
  uint32_t year = 1900 + two_digits;
  const auto fifty_years_before = [&](uint32_t later) {
    return seconds_at({later - 50, date.month, date.day}) + second_of_day;
  };
  while (year < 9900 && fifty_years_before(year + 100) <= now) year += 100;
  return year;
}

}  // namespace

std::optional<int64_t> parse_http_date(core::Bytes text, int64_t now) {
  if (text.size() < 24) return std::nullopt;  // asctime is the shortest form
  DateReader reader(text);
  Date date{};
  uint32_t second_of_day = 0;
  if (text[3] == ',') {  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
    reader.name(kWeekdays);
    reader.literal(", ");
    date.day = reader.number(2);
    reader.literal(" ");
    date.month = reader.name(kMonths) + 1;
    reader.literal(" ");
    date.year = reader.number(4);
    reader.literal(" ");
    second_of_day = reader.time_of_day();
    reader.literal(" GMT");
  } else if (text[3] == ' ') {  // asctime: Sun Nov  6 08:49:37 1994
    reader.name(kWeekdays);
    reader.literal(" ");
    date.month = reader.name(kMonths) + 1;
    reader.literal(" ");
    date.day = reader.space_padded_number();
    reader.literal(" ");
    second_of_day = reader.time_of_day();
    reader.literal(" ");
    date.year = reader.number(4);
  } else {  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
    reader.long_weekday();
    reader.literal(", ");
    date.day = reader.number(2);
    reader.literal("-");
    date.month = reader.name(kMonths) + 1;
    reader.literal("-");
    const uint32_t two_digits = reader.number(2);
    reader.literal(" ");
    second_of_day = reader.time_of_day();
    reader.literal(" GMT");
    if (reader.finished()) date.year = full_year(two_digits, date, second_of_day, now);
  }
  if (!reader.finished() || date.year == 0 || date.day == 0 ||
      date.day > days_in_month(date.year, date.month)) {
    return std::nullopt;
  }
  return seconds_at(date) + second_of_day;
}

}  // namespace http
