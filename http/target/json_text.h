// JSON strings from the bytes of a request.
#pragma once

#include "core/bytes.h"
#include "core/text_writer.h"

namespace http::target {

// What may stand between quotes (RFC 8259 section 7). A byte that is not ASCII becomes the
// character of that number in ISO 8859-1, which fields are in if nothing else is said.
void put_json_text(core::TextWriter& writer, core::Bytes text);

}  // namespace http::target
