// Reading of HTTP dates (RFC 9110 section 5.6.7). They are written by core/imf_fixdate.h.
//
// A pure function on the Gregorian calendar: no clock, locale or time zone, no allocation. Any
// thread. Cost: see bench/micro/date_benchmark.cc.
#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes.h"

namespace http {

// Seconds since 1970-01-01T00:00:00Z of an IMF-fixdate, RFC 850 or asctime date, or nothing.
// Strict: exact case and spacing, a date that exists, years 1 to 9999; 23:59:60 is accepted and is
// the same as 00:00:00 of the next day. The name of the weekday must be one, but need not be that
// of the date: the digits already say which day is meant. An RFC 850 year is the latest with these
// two digits that makes the date at most 50 years later than `now` (seconds since 1970).
std::optional<int64_t> parse_http_date(core::Bytes text, int64_t now);

}  // namespace http
