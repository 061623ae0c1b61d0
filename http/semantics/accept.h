// How much a request wants a media type (RFC 9110 section 12.5.1).
//
// Pure functions; any thread; no allocation. Cost: one pass over the Accept lines for each type. To
// be asked when there is a choice, for an error or a listing, not for every file.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "http/request.h"

namespace http {

struct AcceptMatch {
  uint16_t weight = 0;      // in thousandths; 0: not acceptable
  uint8_t specificity = 0;  // 0: nothing matched, 1: "*/*", 2: "type/*", 3: "type/subtype"

  friend bool operator==(const AcceptMatch&, const AcceptMatch&) = default;
};

// The weight of `type`, "text/html" in lower case and without parameters, in the list that all
// Accept lines of `head` form. The most specific range that matches decides, even for a lower
// weight.
// - No such line: everything is acceptable, as for "*/*".
// - A range with parameters ("text/html;level=1") matches as if it had none, but decides only if
//   no range of the same specificity without any matches: `type` has no such parameter, and what
//   is of the same type is still a better answer than another type. "q" is the weight wherever it
//   stands (section 12.4.2).
// - Of ranges that are alike the highest weight decides.
// - An element that is no range is left out as if it were not there.
AcceptMatch match_accept(const RequestHead& head, core::Bytes type);

// Whether `wanted` is a better answer than `fallback`: its weight is higher, or it is the same, not
// 0, and `wanted` is named more specifically. A browser, which names text/html, gets an error as
// HTML, and curl, which sends "*/*", as text.
bool prefers(const RequestHead& head, core::Bytes wanted, core::Bytes fallback);

}  // namespace http
