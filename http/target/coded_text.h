// Text in a content coding (RFC 9110 section 8.4): gzip, deflate, br or zstd.
//
// Generated text of any length costs little: a line that names its seed, a unit of 8 KiB
// (http/target/sample_text.h) over and over, and the rest of a unit. The unit is compressed once,
// and a block of 64 KiB that is filled with it is referred to as often as it takes (OutputQueue);
// what is compressed for a request is the first line and the rest.
//
// One worker's, one thread; nothing allocates after construction.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "core/mapping.h"
#include "http/repeated_block.h"
#include "http/target/brotli_coder.h"
#include "http/target/coding.h"
#include "http/target/deflate_coder.h"
#include "http/target/sample_text.h"
#include "http/target/zstd_coder.h"

namespace http::target {

// What goes out, in three parts. Valid until the next one is made; the block as long as its coder.
struct CodedBody {
  core::Bytes text;
  const char* block = nullptr;  // null: there is nothing behind the text
  uint64_t repeated = 0;        // so many bytes of the block from there on
  core::Bytes tail;

  uint64_t size() const { return text.size() + repeated + tail.size(); }
};

class TextCoder {
 public:
  // Of text that is given.
  static constexpr std::size_t kLongest = 16 * 1024;

  TextCoder();

  CodedBody code(Coding coding, core::Bytes text);
  // So many bytes of the generated text with that seed, at most 2^41. A longer one begins with the
  // shorter ones.
  CodedBody code_sample(Coding coding, uint64_t seed, uint64_t size);

  // What it takes besides itself.
  static constexpr std::size_t memory_bytes();

 private:
  // The compressed unit, as often as it fits, and padding.
  struct Block {
    const char* bytes = nullptr;
    uint64_t unit_size = 0;
    uint64_t units = 0;
  };

  template <class Coder>
  CodedBody code(Coder& coder, core::Bytes text);
  template <class Coder>
  CodedBody code_sample(Coder& coder, const Block& block, uint64_t seed, uint64_t size);
  template <class Coder>
  Block fill(Coder& coder, char* out);

  core::Bytes unit() const { return {unit_.data(), unit_.size()}; }

  // Text that does not compress takes a little more; and there is what stands around it.
  static constexpr std::size_t kCapacity = kLongest + 512;
  static constexpr std::size_t kBlocks = 3;

  std::array<char, kSampleSize> unit_;
  DeflateCoder deflate_;
  BrotliCoder brotli_;
  ZstdCoder zstd_;
  core::Mapping memory_;
  Block deflate_block_;
  Block brotli_block_;
  Block zstd_block_;
  std::array<char, kCapacity> out_;
};

constexpr std::size_t TextCoder::memory_bytes() {
  return DeflateCoder::kMemory + BrotliCoder::kMemory + ZstdCoder::kMemory +
         (kBlocks + 1) * kBlockSize;
}

}  // namespace http::target
