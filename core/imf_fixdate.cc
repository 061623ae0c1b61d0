#include "core/imf_fixdate.h"

#include <algorithm>
#include <cstring>

namespace core {

namespace {

constexpr int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01 00:00:00
constexpr int64_t kLastSecond = 253'402'300'799;   // 9999-12-31 23:59:59

void put_two_digits(char* out, int64_t value) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void format_imf_fixdate(int64_t unix_seconds, char* out) {
  const int64_t seconds = std::clamp(unix_seconds, kFirstSecond, kLastSecond) - kFirstSecond;
  const int64_t days = seconds / 86'400;  // since 0001-01-01, a Monday
  const int64_t second_of_day = seconds % 86'400;

  // Civil date from a day count, in years that begin on the first of March, so that the leap day is
  // the last one (days are counted here from 0000-03-01, 306 days before 0001-01-01).
  const int64_t shifted = days + 306;
  const int64_t era = shifted / 146'097;
  const int64_t day_of_era = shifted % 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

  std::memcpy(out, "Mon, 00 Jan 0000 00:00:00 GMT", kImfFixdateLength);
  std::memcpy(out, &"MonTueWedThuFriSatSun"[days % 7 * 3], 3);
  put_two_digits(out + 5, day);
  std::memcpy(out + 8, &"JanFebMarAprMayJunJulAugSepOctNovDec"[(month - 1) * 3], 3);
  put_two_digits(out + 12, year / 100);
  put_two_digits(out + 14, year % 100);
  put_two_digits(out + 17, second_of_day / 3'600);
  put_two_digits(out + 20, second_of_day / 60 % 60);
  put_two_digits(out + 23, second_of_day % 60);
}

}  // namespace core
