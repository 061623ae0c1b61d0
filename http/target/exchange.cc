#include "http/target/exchange.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "core/text_writer.h"
#include "http/repeated_block.h"
#include "http/target/arena.h"

namespace http::target {

namespace {

// A drip of more bytes than that in a second comes in larger drops.
constexpr uint64_t kShortestWait = 1'000'000;

// What a drip is made of.
constexpr std::size_t kMostDrops = 1024;
constexpr auto kDrops = [] {
  std::array<char, kMostDrops> drops{};
  for (char& drop : drops) drop = '*';
  return drops;
}();

// a * b / c, of which only the result has to fit.
uint64_t scaled(uint64_t a, uint64_t b, uint64_t c) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b / c);
}

// The one piece of an answer that was only late.
core::Bytes put_delay(const Exchange& exchange, core::TextWriter writer) {
  return writer.put("{\"delay_ns\":").put(exchange.delay).put("}\n").text();
}

core::Bytes put_taken(const ByteCount& count, core::TextWriter& writer) {
  return writer.put(count.size()).text();
}

core::Bytes put_taken(const UploadDigest& digest, core::TextWriter& writer) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 16> hash;
  uint64_t rest = digest.hash();
  for (auto digit = hash.rbegin(); digit != hash.rend(); ++digit, rest >>= 4) {
    *digit = kDigits[rest & 15];
  }
  writer.put("{\"bytes\":").put(digest.size()).put(",\"xxh64\":\"");
  return writer.put(core::Bytes(hash.data(), hash.size())).put("\"}\n").text();
}

core::Bytes put_taken(const Sum& sum, core::TextWriter& writer) {
  const auto total = sum.total();
  if (!total) {
    return "/baseline11: the body must be a whole number, and the sum fit into 64 bits\n";
  }
  put_number(writer, *total);
  return writer.text();
}

// What was made of the request's body.
core::Bytes put_taken(const Exchange& exchange, core::TextWriter writer) {
  return std::visit([&writer](const auto& taken) { return put_taken(taken, writer); },
                    exchange.taken);
}

// When the piece with that number comes, from 0 on.
uint64_t time_of(const Exchange& exchange, uint64_t number) {
  const auto offset = static_cast<unsigned __int128>(exchange.gap) * number;
  const uint64_t left = UINT64_MAX - exchange.start;
  return offset > left ? UINT64_MAX : exchange.start + static_cast<uint64_t>(offset);
}

// How many bytes of a drip have come by now: the first at once, the last when `gap` is over.
uint64_t due_drops(const Exchange& exchange, uint64_t now) {
  const uint64_t passed = now > exchange.start ? now - exchange.start : 0;
  if (passed >= exchange.gap) return exchange.total;
  return 1 + scaled(passed, exchange.total - 1, exchange.gap);
}

Piece next_drops(const Exchange& exchange, uint64_t now) {
  Piece piece;
  const uint64_t due = due_drops(exchange, now);
  if (due > exchange.done) {
    piece.kind = Piece::Kind::text;
    piece.units = std::min<uint64_t>(due - exchange.done, kMostDrops);
    piece.text = {kDrops.data(), piece.units};
    return piece;
  }
  piece.kind = Piece::Kind::wait;
  // The next one is due a nanosecond after that at most, by rounding.
  const uint64_t next = 1 + scaled(exchange.gap, exchange.done, exchange.total - 1);
  piece.until = std::max(exchange.start + next, now + kShortestWait);
  piece.until = std::min(piece.until, exchange.start + exchange.gap);
  return piece;
}

}  // namespace

uint16_t status_of(const Exchange& exchange) {
  const Sum* sum = std::get_if<Sum>(&exchange.taken);
  return sum != nullptr && !sum->total() ? uint16_t{400} : exchange.status;
}

core::Bytes content_type_of(const Exchange& exchange) {
  switch (exchange.kind) {
    case Kind::delay:
    case Kind::stream:
      return "application/json";
    case Kind::upload:
      if (std::holds_alternative<UploadDigest>(exchange.taken)) return "application/json";
      return "text/plain";
    case Kind::stream_bytes:
      return "application/octet-stream";
    case Kind::baseline:
    case Kind::drip:
      return "text/plain";
    case Kind::sse:
      return "text/event-stream";
    default:
      UNREACHABLE();
  }
}

std::optional<uint64_t> content_length_of(const Exchange& exchange) {
  char scratch[kPieceCapacity];
  switch (exchange.kind) {
    case Kind::delay:
      return put_delay(exchange, core::TextWriter(scratch, sizeof(scratch))).size();
    case Kind::upload:
    case Kind::baseline:
      return put_taken(exchange, core::TextWriter(scratch, sizeof(scratch))).size();
    case Kind::drip:
      return exchange.total;
    default:
      return std::nullopt;
  }
}

Piece next_piece(const Exchange& exchange, uint64_t now, std::span<char, kPieceCapacity> scratch) {
  Piece piece;
  if (exchange.done == exchange.total) return piece;
  if (exchange.kind == Kind::drip) return next_drops(exchange, now);
  const bool is_bytes = exchange.kind == Kind::stream_bytes;
  const uint64_t number = is_bytes ? exchange.done / exchange.chunk : exchange.done;
  const uint64_t time = time_of(exchange, number);
  if (time > now) {
    piece.kind = Piece::Kind::wait;
    piece.until = time;
    return piece;
  }
  if (is_bytes) {
    piece.kind = Piece::Kind::block;
    piece.length = std::min<uint64_t>(exchange.chunk, exchange.total - exchange.done);
    piece.units = piece.length;
    piece.block = later_in_block(exchange.block, exchange.done);
    return piece;
  }
  core::TextWriter writer(scratch.data(), scratch.size());
  piece.kind = Piece::Kind::text;
  piece.units = 1;
  if (exchange.kind == Kind::delay) {
    piece.text = put_delay(exchange, writer);
  } else if (exchange.takes_body()) {
    piece.text = put_taken(exchange, writer);
  } else if (exchange.kind == Kind::stream) {
    piece.text = writer.put("{\"id\":").put(number).put("}\n").text();
  } else {
    writer.put("id: ").put(number).put("\nevent: ping\ndata: {\"id\":").put(number).put("}\n\n");
    piece.text = writer.text();
  }
  return piece;
}

}  // namespace http::target
