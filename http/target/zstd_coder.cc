#include "http/target/zstd_coder.h"

// To compress in memory that is given.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include <algorithm>

#include "core/check.h"

namespace http::target {

namespace {

constexpr int kLevel = 1;

}  // namespace

ZstdCoder::ZstdCoder() {
  context_ = ZSTD_initStaticCCtx(memory_.take(kMemory), kMemory);
  CHECK(context_ != nullptr);
}

std::size_t ZstdCoder::put(core::Bytes text, std::span<char> out) {
  const std::size_t size =
      ZSTD_compressCCtx(context_, out.data(), out.size(), text.data(), text.size(), kLevel);
  CHECK(ZSTD_isError(size) == 0);
  return size;
}

// A frame that is skipped (section 3.1.2): a magic number, the length of the rest, the rest.
void ZstdCoder::pad(std::span<char> out) {
  CHECK(out.size() >= kLeastPadding);
  constexpr uint64_t kMagic = 0x184d2a50;
  const uint64_t head = kMagic | uint64_t{out.size() - kLeastPadding} << 32;
  for (unsigned i = 0; i < kLeastPadding; ++i) out[i] = static_cast<char>(head >> 8 * i & 0xff);
  std::fill(out.begin() + kLeastPadding, out.end(), '\0');
}

}  // namespace http::target
