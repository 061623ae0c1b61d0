// Responses that the load-test target made, as HTTP/1.1 puts them on the wire.
#pragma once

#include "core/clock.h"
#include "core/text_writer.h"
#include "http/h1/serializer.h"
#include "http/output_queue.h"
#include "http/target/made_response.h"

namespace http::h1 {

// The head that was put together last: nearly every answer of a load test has the same one, within
// a second. To put it together costs 0.1 us.
class LastMadeHead {
 public:
  // Writes the head of a response.
  void put(core::TextWriter& writer, const target::MadeResponse& made, const Framing& framing,
           const core::CachedClock& clock);

 private:
  bool is_of(const target::MadeResponse& made, const Framing& framing,
             const core::CachedClock& clock) const;

  int64_t date_seconds_ = 0;
  uint64_t length_ = 0;  // of the body
  uint16_t status_ = 0;
  Framing framing_;
  uint32_t type_length_ = 0;
  uint32_t size_ = 0;  // 0: there is none
  char type_[64];
  char text_[384];
};

// Appends the response to `out`, or nothing: false if `out` has not enough room now. An empty queue
// always has.
bool serialize_made(const target::MadeResponse& made, const Framing& framing,
                    const core::CachedClock& clock, OutputQueue& out,
                    LastMadeHead* last_head = nullptr);

// Writes so many bytes of a block (http/repeated_block.h), at most as many as it has.
void put_repeated(core::TextWriter& writer, const char* first, uint64_t length);

}  // namespace http::h1
