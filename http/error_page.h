// Bodies of responses that have no file behind them: errors and the redirect of a directory.
#pragma once

#include "core/bytes.h"
#include "http/status.h"

namespace http {

// Media type of every body below.
inline constexpr core::Bytes kErrorBodyType = "text/html; charset=utf-8";

// A whole HTML document that shows the status and nothing of the request. Static storage. Empty
// for a status that is neither an error nor 301. Any thread; costs a jump table.
core::Bytes error_body(Status status);

}  // namespace http
