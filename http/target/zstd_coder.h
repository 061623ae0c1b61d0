// Text in pieces as frames of Zstandard (RFC 8878). By libzstd, which only the source file sees.
//
// Frames one behind the other are what they are together, so the bytes of a piece can be repeated.
//
// One thread; nothing allocates after construction. A piece costs about 50 microseconds for 8 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "http/target/coder_memory.h"

struct ZSTD_CCtx_s;

namespace http::target {

class ZstdCoder {
 public:
  ZstdCoder();
  ZstdCoder(const ZstdCoder&) = delete;
  ZstdCoder& operator=(const ZstdCoder&) = delete;

  // As of DeflateCoder. There has to be a piece, if only an empty one.
  std::size_t start(std::span<char>) { return 0; }
  std::size_t put(core::Bytes text, std::span<char> out);
  void repeat(uint64_t) {}
  std::size_t finish(std::span<char>) { return 0; }

  static constexpr std::size_t kLeastPadding = 8;
  static void pad(std::span<char> out);

  // For a piece of 16 KiB.
  static constexpr std::size_t kMemory = 512 * 1024;

 private:
  CoderMemory memory_{kMemory};
  ZSTD_CCtx_s* context_;
};

}  // namespace http::target
