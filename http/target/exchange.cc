#include "http/target/exchange.h"

#include <algorithm>

#include "core/check.h"
#include "core/text_writer.h"
#include "http/output_queue.h"

namespace http::target {

namespace {

core::Bytes put_delay(const Exchange& exchange, std::span<char, kPieceCapacity> scratch) {
  core::TextWriter writer(scratch.data(), scratch.size());
  return writer.put("{\"delay_ns\":").put(exchange.delay).put("}\n").text();
}

}  // namespace

core::Bytes content_type_of(const Exchange& exchange) {
  switch (exchange.kind) {
    case Kind::delay:
      return "application/json";
    default:
      UNREACHABLE();
  }
}

std::optional<uint64_t> content_length_of(const Exchange& exchange) {
  char scratch[kPieceCapacity];
  switch (exchange.kind) {
    case Kind::delay:
      return put_delay(exchange, std::span<char, kPieceCapacity>(scratch)).size();
    default:
      return std::nullopt;
  }
}

Piece next_piece(const Exchange& exchange, uint64_t, std::span<char, kPieceCapacity> scratch) {
  Piece piece;
  if (exchange.done == exchange.total) return piece;
  piece.kind = Piece::Kind::text;
  piece.units = 1;
  piece.text = put_delay(exchange, scratch);
  return piece;
}

}  // namespace http::target
