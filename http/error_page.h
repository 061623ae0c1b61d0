// Bodies of responses that have no file behind them: errors and the redirect of a directory.
#pragma once

#include "core/bytes.h"
#include "http/status.h"

namespace http {

// HTML for who asks for it, as browsers do; else plain text, which reads better in a terminal.
enum class ErrorFormat : uint8_t { text, html };

// Media type of a body below.
core::Bytes error_body_type(ErrorFormat format);

// A whole document that shows the status and nothing of the request. Static storage. Empty for a
// status that is neither an error nor 301. Any thread; costs a jump table.
core::Bytes error_body(Status status, ErrorFormat format);

}  // namespace http
