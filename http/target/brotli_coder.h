// Text in pieces as a stream of brotli (RFC 7932). By libbrotlienc, which only the source file
// sees.
//
// A piece is one or several meta-blocks that end at a byte and refer to nothing before them: the
// library's quality 1 knows neither its dictionary nor what it compressed before. So the bytes of a
// piece can be repeated in the stream, wherever it is.
//
// One thread; nothing allocates after construction. A piece costs about 100 microseconds for 8 KiB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "http/target/coder_memory.h"

namespace http::target {

class BrotliCoder {
 public:
  // As of DeflateCoder.
  std::size_t start(std::span<char> out);
  std::size_t put(core::Bytes text, std::span<char> out);
  void repeat(uint64_t) {}
  std::size_t finish(std::span<char> out);

  static constexpr std::size_t kLeastPadding = 3 + 257;
  static void pad(std::span<char> out);

  // For a piece of 16 KiB.
  static constexpr std::size_t kMemory = 192 * 1024;

 private:
  CoderMemory memory_{kMemory};
};

}  // namespace http::target
