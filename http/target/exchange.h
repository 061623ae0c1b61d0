// An answer that takes time: one that begins late, or comes in pieces with gaps between them, or
// waits for the body of its request. What it is made of and how far it has come, in a few bytes, so
// that one can be kept for each connection that waits. It knows no framing; time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "core/bytes.h"
#include "http/target/endpoint.h"
#include "http/target/sum.h"
#include "http/target/upload_digest.h"

namespace http::target {

// How many bytes were uploaded.
class ByteCount {
 public:
  void add(core::Bytes bytes) { size_ += bytes.size(); }
  uint64_t size() const { return size_; }

 private:
  uint64_t size_ = 0;
};

struct Exchange {
  Kind kind = Kind::delay;
  uint16_t status = 200;
  uint32_t chunk = 0;           // stream-bytes: bytes in a piece
  uint64_t delay = 0;           // nanoseconds before the head; all times are such
  uint64_t gap = 0;             // between pieces; drip: from the first byte to the last one
  uint64_t total = 0;           // bytes, lines or events
  uint64_t done = 0;            // of them
  uint64_t start = 0;           // when the head goes out
  const char* block = nullptr;  // stream-bytes: where the first byte lies in a block (OutputQueue)
  // upload, baseline: what is made of the request's body
  std::variant<ByteCount, UploadDigest, Sum> taken;

  // Whether the body of the request is part of it.
  bool takes_body() const { return kind == Kind::upload || kind == Kind::baseline; }
  void take(core::Bytes bytes) {
    std::visit([bytes](auto& taker) { taker.add(bytes); }, taken);
  }
};

// What comes next.
struct Piece {
  enum class Kind : uint8_t {
    wait,   // nothing before `until`
    text,   // `text`
    block,  // `length` bytes of a block from `block` on
    end,
  };

  Kind kind = Kind::end;
  uint64_t until = 0;
  core::Bytes text;
  const char* block = nullptr;
  uint64_t length = 0;
  uint64_t units = 0;  // how much of Exchange::total it is: added to `done` when it has been queued
};

// Room for the text of a piece.
inline constexpr std::size_t kPieceCapacity = 96;

// After the body of the request, if that is part of it.
uint16_t status_of(const Exchange& exchange);
// Static storage.
core::Bytes content_type_of(const Exchange& exchange);
// Nothing: it is known only at the end.
std::optional<uint64_t> content_length_of(const Exchange& exchange);

// The next piece of the body; its head has gone out. Text is in `scratch` or in static storage.
Piece next_piece(const Exchange& exchange, uint64_t now, std::span<char, kPieceCapacity> scratch);

}  // namespace http::target
