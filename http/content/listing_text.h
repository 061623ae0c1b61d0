// File names and other values as they stand in a listing: escaped for HTML or JSON, and as links.
// A name is any bytes but "/" and NUL; what is no UTF-8 is shown as U+FFFD, one for each longest
// beginning of a character, as browsers do (Unicode 15 section 3.9, U+FFFD substitution).
//
// Pure functions that append to `out`; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/bytes.h"

namespace http {

// For HTML text and attribute values in double quotes. A control character below U+0020 becomes its
// picture ("␊"), so that it is seen and does no harm; one up to U+009F and those that override the
// direction of text, which make "exe.png" out of "gnp.exe", become U+FFFD. At most five bytes for
// one.
void append_html(std::string& out, core::Bytes text);

// A JSON string with its quotes (RFC 8259 section 7). Control characters up to U+009F are escaped,
// and U+2028 and U+2029, which end a line in old JavaScript. At most six bytes for one.
void append_json(std::string& out, core::Bytes text);

// "./name", with a "/" behind it if `directory`, percent-encoded (RFC 3986 section 4.2): no name
// can be read as a scheme, a host, an absolute path, a query or a dot segment. No larger than the
// name three times and three bytes.
void append_link(std::string& out, core::Bytes name, bool directory);

void append_number(std::string& out, uint64_t number);

// "1,234,567".
void append_grouped(std::string& out, uint64_t number);

// "0 B", "1023 B", "1.5 KiB", "16 EiB": rounded to the nearest, with one decimal below 10.
void append_size(std::string& out, uint64_t bytes);

// Nanoseconds since 1970 as "2026-11-23" and "06:52:02", in UTC. Later parts are cut off.
void append_date(std::string& out, int64_t nanoseconds);
void append_time_of_day(std::string& out, int64_t nanoseconds);

}  // namespace http
