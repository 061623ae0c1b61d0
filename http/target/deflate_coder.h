// Text in pieces as a stream of DEFLATE (RFC 1951), in the format of gzip (RFC 1952) or zlib
// (RFC 1950, what the content coding "deflate" is). By zlib, which only the source file sees.
//
// A piece refers to nothing before it and ends at a byte (a full flush), so its bytes can be
// repeated in the stream; what they add to the checksum is computed without them.
//
// One thread; nothing allocates after construction. A piece costs about 100 microseconds for 8 KiB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "http/target/coder_memory.h"

struct z_stream_s;

namespace http::target {

class DeflateCoder {
 public:
  enum class Format : uint8_t { gzip, zlib };

  // The piece that will be repeated is of `unit`, 2^28 times at most.
  explicit DeflateCoder(core::Bytes unit);
  DeflateCoder(const DeflateCoder&) = delete;
  DeflateCoder& operator=(const DeflateCoder&) = delete;

  void set_format(Format format) { format_ = format; }

  // All of them write to `out`, which has enough room, and return how much they wrote.
  //
  // What comes before the first piece.
  std::size_t start(std::span<char> out);
  std::size_t put(core::Bytes text, std::span<char> out);
  // The unit's piece comes `count` times.
  void repeat(uint64_t count);
  // What comes behind the last piece.
  std::size_t finish(std::span<char> out);

  // Fills `out`, of kLeastPadding bytes or more, with what stands for nothing.
  static constexpr std::size_t kLeastPadding = 24;
  static void pad(std::span<char> out);

  static constexpr std::size_t kMemory = 256 * 1024;

 private:
  struct Sums {
    uint32_t crc = 0;
    uint32_t adler = 1;
  };

  void add(const Sums& sums, uint64_t size);

  CoderMemory memory_{kMemory};
  z_stream_s* stream_;
  Format format_ = Format::gzip;
  Sums sums_;  // of the stream so far
  uint64_t size_ = 0;
  std::size_t unit_size_;
  std::array<Sums, 29> units_;  // of 2^i units one behind the other
};

}  // namespace http::target
