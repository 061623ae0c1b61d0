// What the load-test target answers, before a protocol puts it on the wire.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "http/semantics/range.h"
#include "http/target/exchange.h"
#include "http/target/fault.h"

namespace http::target {

inline constexpr core::Bytes kBinary = "application/octet-stream";

// Several parts of a generated body, which answer a GET as multipart/byteranges.
struct MadeParts {
  std::array<ByteRange, kMaxRangeParts> ranges;
  uint32_t count = 0;
  uint64_t size = 0;      // of the whole body
  uint64_t boundary = 0;  // goes between them (http/semantics/multipart.h)

  std::span<const ByteRange> all() const { return {ranges.data(), count}; }
};

// Views live until the next request is answered; the block, as long as the target.
struct MadeResponse {
  core::Bytes content_type;     // empty: no field
  core::Bytes trailer_names;    // a list; empty: there are no trailers
  core::Bytes trailers;         // whole lines, for who takes chunks
  core::Bytes fields;           // whole lines: what else there is to say, but for the framing
  core::Bytes text;             // the body, or what is before the generated part of it
  const char* block = nullptr;  // generated: where it begins in a block (OutputQueue)
  core::Bytes tail;             // behind the block
  uint64_t length = 0;          // of the body
  // Null, or what is sent of a body that is nothing but the block, each with the content type; the
  // length is that of all that.
  const MadeParts* parts = nullptr;
  // Null, or an answer that takes time: then nothing here counts but the status.
  const Exchange* exchange = nullptr;
  Fault fault;          // what goes wrong with it on the wire
  uint64_t count = 0;   // what {counter} of a route has become, for Caller::count; 0: there is none
  uint64_t delay = 0;   // nanoseconds, of an early one
  uint64_t chance = 0;  // of an early one, for Caller::chance
  uint16_t status = 200;
  bool is_lasting = false;  // the text is that of a scenario, and stays until it is sent
  bool has_length = true;   // it is known
  bool is_chunked = false;  // otherwise: it comes in chunks, made by who sends it
  bool echoes = false;      // the body is that of the request, if that has one
  // The output has to be sent before this is asked for again; nothing else counts.
  bool wants_room = false;
  // The answer is not due. It has to be asked for again after `delay`, with Caller::chance; nothing
  // else counts now but the fault and whether it echoes.
  bool is_early = false;

  // How much of the block is in the body.
  uint64_t block_length() const {
    return block == nullptr ? 0 : length - text.size() - tail.size();
  }
};

inline MadeResponse with_status(uint16_t status) {
  MadeResponse response;
  response.status = status;
  return response;
}

// Statuses that have no content, and so no length of it either (RFC 9110 section 6.4.1).
constexpr bool has_no_content(uint16_t status) {
  return status == 204 || status == 304;
}

}  // namespace http::target
