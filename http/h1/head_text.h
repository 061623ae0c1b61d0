// The parts that every response head is put together of, for the serializers.
#pragma once

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

}  // namespace http::h1
