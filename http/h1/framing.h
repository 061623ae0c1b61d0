// How long a request body is (RFC 9112 section 6) and the decoder that passes over a chunked one
// (section 7.1). A static server has no use for a body, but must know where it ends: everything
// ambiguous is refused, so that no byte of a body is ever read as a request.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "http/request.h"
#include "http/status.h"

namespace http::h1 {

enum class BodyKind : uint8_t { none, length, chunked, bad };

struct BodyFraming {
  BodyKind kind = BodyKind::none;
  uint64_t length = 0;                  // length: of the body
  Status status = Status::bad_request;  // bad: 400 or 501
};

// From Content-Length and Transfer-Encoding. Content-Length must be one run of digits in one field
// line; Transfer-Encoding exactly "chunked", in HTTP/1.1, without a Content-Length. Other codings
// before a final "chunked" are 501, without it 400.
BodyFraming body_framing(const RequestHead& head);

// Passes over a chunked body in pieces of any size.
class ChunkedDecoder {
 public:
  enum class Verdict : uint8_t { more, done, bad };

  // Consumes from `bytes`; `consumed` says how many belong to the body. CRLF only, sizes of at most
  // 16 hexadecimal digits; extensions and trailers are passed over, up to kMaxMetadata bytes of
  // both together in one body.
  Verdict consume(core::Bytes bytes, std::size_t& consumed);
  // The same up to and including the next run of chunk data, which is `data`; empty if there is
  // none in `bytes`.
  Verdict next_data(core::Bytes bytes, std::size_t& consumed, core::Bytes& data);
  // Chunk data so far.
  uint64_t data_bytes() const { return data_bytes_; }

 private:
  static constexpr uint32_t kMaxMetadata = 16 * 1024;

  enum class State : uint8_t {
    size_first,
    size,
    size_blank,
    extension,
    size_line_feed,
    data,
    data_return,
    data_line_feed,
    trailer_first,
    trailer_name,
    trailer,
    trailer_line_feed,
    end_line_feed
  };

  State state_ = State::size_first;
  uint8_t digits_ = 0;
  uint32_t metadata_ = 0;
  uint64_t left_ = 0;  // of the current chunk
  uint64_t data_bytes_ = 0;
};

}  // namespace http::h1
