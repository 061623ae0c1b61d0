// Reason phrases of all registered final status codes, for who answers with any of them.
#pragma once

#include <cstdint>

#include "core/bytes.h"

namespace http::target {

// "Not Found" of 404; empty for a code that nobody has registered, which a status line may have
// (RFC 9112 section 4). Static storage.
core::Bytes reason_phrase(uint16_t status);

}  // namespace http::target
