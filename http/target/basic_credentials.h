// Basic authentication (RFC 7617): whether a request has the credentials that are asked for.
#pragma once

#include "core/bytes.h"
#include "http/request.h"

namespace http::target {

// Whether the request has exactly one Authorization field, with these.
bool has_basic_credentials(const RequestHead& head, core::Bytes user, core::Bytes password);

}  // namespace http::target
