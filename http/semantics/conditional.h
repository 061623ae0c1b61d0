// Conditional requests (RFC 9110 section 13): whether a request goes on, and whether its Range
// does.
//
// To be asked only when the answer would be 200 otherwise (section 13.2.1): an error comes first.
// Pure; any thread; no allocation. Cost without a conditional field or Range: one test of a mask.
#pragma once

#include <cstdint>
#include <optional>

#include "http/request.h"
#include "http/semantics/etag.h"

namespace http {

// The current validators of the selected representation.
struct Validators {
  EntityTag entity_tag;
  std::optional<int64_t> modified_seconds;  // Last-Modified, in seconds since 1970, if there is one
};

enum class Precondition : uint8_t { proceed, not_modified, precondition_failed };

struct ConditionalResult {
  Precondition outcome = Precondition::proceed;
  // Outcome `proceed` of a GET that has one Range field and whose If-Range, if any, holds: the
  // Range field is to be honoured. Otherwise it is to be ignored.
  bool range_applies = false;
};

// Evaluates the fields in the order of section 13.2.2; `now` in seconds since 1970.
// - Field lines of If-Match and of If-None-Match form one list. One that is malformed anywhere
//   matches nothing: If-Match fails, If-None-Match lets the request pass.
// - A date that is invalid or repeated, or that there is nothing to compare with, is ignored
//   (sections 13.1.3 and 13.1.4).
// - If-Range holds for the same strong entity tag, or for exactly the date of the last change if
//   the second that it names is over (section 8.8.2.2); malformed or repeated, it does not hold.
ConditionalResult evaluate_conditions(const RequestHead& head, const Validators& selected,
                                      int64_t now);

}  // namespace http
