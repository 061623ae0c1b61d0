// Responses that the load-test target made, as HTTP/1.1 puts them on the wire.
#pragma once

#include "core/clock.h"
#include "core/text_writer.h"
#include "http/h1/serializer.h"
#include "http/output_queue.h"
#include "http/target/made_response.h"

namespace http::h1 {

// Appends the response to `out`, or nothing: false if `out` has not enough room now. An empty queue
// always has.
bool serialize_made(const target::MadeResponse& made, const Framing& framing,
                    const core::CachedClock& clock, OutputQueue& out);

// Writes so many bytes of a block (http/repeated_block.h), at most as many as it has.
void put_repeated(core::TextWriter& writer, const char* first, uint64_t length);

}  // namespace http::h1
