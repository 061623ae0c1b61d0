// The date format of HTTP and mail: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
#pragma once

#include <cstddef>
#include <cstdint>

namespace core {

inline constexpr std::size_t kImfFixdateLength = 29;

// Writes exactly kImfFixdateLength bytes. Years 1 to 9999; seconds outside are clamped to them.
void format_imf_fixdate(int64_t unix_seconds, char* out);

}  // namespace core
