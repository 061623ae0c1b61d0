// The trailer fields that a query asks for: "name=value&...", percent-encoded (RFC 9110
// section 6.5).
#pragma once

#include "core/bytes.h"
#include "core/text_writer.h"
#include "http/target/parameters.h"

namespace http::target {

// Writes the names, as a list, and the field lines. A name that is none or may not stand in a
// trailer section is a problem, and so is a value that is none. What disturbs an answer
// (disturbance.h) is no trailer. Pure; no allocation.
void put_trailers(core::Bytes query, core::TextWriter& names, core::TextWriter& lines,
                  Problem& problem);

}  // namespace http::target
