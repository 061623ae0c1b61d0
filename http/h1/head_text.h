// The parts that every response head is put together of, for the serializers.
#pragma once

#include <charconv>

#include "core/clock.h"
#include "core/text_writer.h"
#include "http/h1/serializer.h"

namespace http::h1 {

inline constexpr core::Bytes kLineEnd = "\r\n";
inline constexpr core::Bytes kClose = "Connection: close\r\n";
inline constexpr core::Bytes kKeepAlive = "Connection: keep-alive\r\n";
inline constexpr core::Bytes kNoSniff = "X-Content-Type-Options: nosniff\r\n";

template <class Value>
void put_field(core::TextWriter& writer, core::Bytes name, const Value& value) {
  writer.put(name).put(": ").put(value).put(kLineEnd);
}

// Behind "HTTP/1.1 404 Not Found": Server and Date; returns where the date stands.
inline std::size_t put_origin(core::TextWriter& writer, const core::CachedClock& clock) {
  writer.put("\r\nServer: spate\r\nDate: ");
  const std::size_t date_offset = writer.size();
  writer.put(clock.date()).put(kLineEnd);
  return date_offset;
}

// The end of a head.
inline void put_connection(core::TextWriter& writer, const Framing& framing) {
  if (framing.close) writer.put(kClose);
  if (framing.keep_alive) writer.put(kKeepAlive);
  writer.put(kLineEnd);
}

// What stands before the data of a chunk (RFC 9112 section 7.1).
inline void put_chunk_size(core::TextWriter& writer, uint64_t size) {
  char digits[16];
  const auto result = std::to_chars(digits, digits + sizeof(digits), size, 16);
  writer.put(core::Bytes(digits, static_cast<std::size_t>(result.ptr - digits))).put(kLineEnd);
}

inline void put_chunk(core::TextWriter& writer, core::Bytes data) {
  put_chunk_size(writer, data.size());
  writer.put(data).put(kLineEnd);
}

// The end of a chunked body, without trailers.
inline void put_last_chunk(core::TextWriter& writer) {
  put_chunk_size(writer, 0);
  writer.put(kLineEnd);
}

}  // namespace http::h1
