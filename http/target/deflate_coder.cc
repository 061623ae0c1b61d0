#include "http/target/deflate_coder.h"

#include <zlib.h>

#include <cstring>
#include <new>
#include <type_traits>

#include "core/check.h"

namespace http::target {

namespace {

constexpr unsigned char kGzipHead[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
constexpr unsigned char kZlibHead[] = {0x78, 0x01};
// The last block of a stream: one with nothing in it.
constexpr unsigned char kLastBlock[] = {0x03, 0x00};
// Blocks with nothing in them: a stored one, and a compressed one with a stored one behind it.
constexpr unsigned char kEmptyBlock[] = {0, 0, 0, 0xff, 0xff};
constexpr unsigned char kEmptyBlocks[] = {2, 0, 0, 0, 0xff, 0xff};

// Matches reach back 16 KiB, which is the longest piece.
constexpr int kWindowBits = 14;
constexpr int kMemoryLevel = 8;

void* take(void* memory, unsigned count, unsigned size) {
  return static_cast<CoderMemory*>(memory)->take(std::size_t{count} * size);
}
void give_back(void*, void*) {}

unsigned char* bytes_of(std::span<char> out) {
  return reinterpret_cast<unsigned char*>(out.data());
}

template <std::size_t size>
std::size_t write(const unsigned char (&bytes)[size], std::span<char> out) {
  CHECK(size <= out.size());
  std::memcpy(out.data(), bytes, size);
  return size;
}

unsigned char byte_of(uint64_t number, unsigned index) {
  return static_cast<unsigned char>(number >> 8 * index);
}

}  // namespace

DeflateCoder::DeflateCoder(core::Bytes unit)
    : stream_(new (memory_.take(sizeof(z_stream))) z_stream()), unit_size_(unit.size()) {
  static_assert(std::is_trivially_destructible_v<z_stream>);
  stream_->zalloc = take;
  stream_->zfree = give_back;
  stream_->opaque = &memory_;
  const int result = deflateInit2(stream_, Z_BEST_SPEED, Z_DEFLATED, -kWindowBits, kMemoryLevel,
                                  Z_DEFAULT_STRATEGY);
  CHECK(result == Z_OK);
  const auto* text = reinterpret_cast<const unsigned char*>(unit.data());
  Sums sums;
  sums.crc = static_cast<uint32_t>(crc32_z(0, text, unit.size()));
  sums.adler = static_cast<uint32_t>(adler32_z(1, text, unit.size()));
  for (std::size_t i = 0; i < units_.size(); ++i) {
    units_[i] = sums;
    sums_ = sums;
    add(sums, uint64_t{unit.size()} << i);
    sums = sums_;
  }
}

// As many bytes with these sums come behind those that have been.
void DeflateCoder::add(const Sums& sums, uint64_t size) {
  const auto length = static_cast<z_off_t>(size);
  sums_.crc = static_cast<uint32_t>(crc32_combine(sums_.crc, sums.crc, length));
  sums_.adler = static_cast<uint32_t>(adler32_combine(sums_.adler, sums.adler, length));
  size_ += size;
}

std::size_t DeflateCoder::start(std::span<char> out) {
  sums_ = Sums();
  size_ = 0;
  return format_ == Format::gzip ? write(kGzipHead, out) : write(kZlibHead, out);
}

std::size_t DeflateCoder::put(core::Bytes text, std::span<char> out) {
  const auto* input = reinterpret_cast<const unsigned char*>(text.data());
  sums_.crc = static_cast<uint32_t>(crc32_z(sums_.crc, input, text.size()));
  sums_.adler = static_cast<uint32_t>(adler32_z(sums_.adler, input, text.size()));
  size_ += text.size();
  if (text.empty()) return 0;
  CHECK(deflateReset(stream_) == Z_OK);
  stream_->next_in = const_cast<unsigned char*>(input);
  stream_->avail_in = static_cast<unsigned>(text.size());
  stream_->next_out = bytes_of(out);
  stream_->avail_out = static_cast<unsigned>(out.size());
  const int result = deflate(stream_, Z_FULL_FLUSH);
  // With room left the flush is complete.
  CHECK(result == Z_OK && stream_->avail_in == 0 && stream_->avail_out > 0);
  return out.size() - stream_->avail_out;
}

void DeflateCoder::repeat(uint64_t count) {
  CHECK(count >> units_.size() == 0);
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if ((count >> i & 1) != 0) add(units_[i], uint64_t{unit_size_} << i);
  }
}

std::size_t DeflateCoder::finish(std::span<char> out) {
  const std::size_t block = write(kLastBlock, out);
  const std::span<char> rest = out.subspan(block);
  if (format_ == Format::zlib) {
    const uint32_t sum = sums_.adler;
    return block +
           write({byte_of(sum, 3), byte_of(sum, 2), byte_of(sum, 1), byte_of(sum, 0)}, rest);
  }
  const uint32_t sum = sums_.crc;
  return block + write({byte_of(sum, 0), byte_of(sum, 1), byte_of(sum, 2), byte_of(sum, 3),
                        byte_of(size_, 0), byte_of(size_, 1), byte_of(size_, 2), byte_of(size_, 3)},
                       rest);
}

// Of 5 and 6 bytes all numbers from 20 on can be made.
void DeflateCoder::pad(std::span<char> out) {
  CHECK(out.size() >= kLeastPadding);
  for (std::size_t longer = out.size() % sizeof(kEmptyBlock); longer > 0; --longer) {
    out = out.subspan(write(kEmptyBlocks, out));
  }
  while (!out.empty()) out = out.subspan(write(kEmptyBlock, out));
}

}  // namespace http::target
