// Content-Type of a file, by the extension of its name (RFC 9110 section 8.3).
//
// tools/media_types/generate makes the table from the npm package mime-db. Text types carry
// `; charset=utf-8`. Any thread; no allocation. Cost: one binary search over some 1,200 extensions,
// paid once per file, when it enters a cache.
#pragma once

#include <string_view>

namespace http {

// The Content-Type value for a file name or a path with `/`, in static storage. Only the last
// segment counts, and in it what follows the last dot, in any case of letters; a dot in front makes
// a file hidden and begins no extension. `application/octet-stream` when there is no extension or
// no type known for it.
std::string_view media_type(std::string_view path);

}  // namespace http
