#include "http/target/brotli_coder.h"

#include <brotli/encode.h>

#include <algorithm>

#include "core/check.h"

namespace http::target {

namespace {

void* take(void* memory, std::size_t bytes) {
  return static_cast<CoderMemory*>(memory)->take(bytes);
}
void give_back(void*, void*) {}

class Encoder {
 public:
  explicit Encoder(CoderMemory& memory) : memory_(memory) {
    encoder_ = BrotliEncoderCreateInstance(take, give_back, &memory);
    CHECK(encoder_ != nullptr);
    CHECK(BrotliEncoderSetParameter(encoder_, BROTLI_PARAM_QUALITY, 1) == BROTLI_TRUE);
    CHECK(BrotliEncoderSetParameter(encoder_, BROTLI_PARAM_LGWIN, 18) == BROTLI_TRUE);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() {
    BrotliEncoderDestroyInstance(encoder_);
    memory_.give_all_back();
  }

  // Up to the end of a byte.
  std::size_t flush(core::Bytes text, std::span<char> out) {
    std::size_t left = text.size();
    std::size_t room = out.size();
    const auto* input = reinterpret_cast<const uint8_t*>(text.data());
    auto* output = reinterpret_cast<uint8_t*>(out.data());
    CHECK(BrotliEncoderCompressStream(encoder_, BROTLI_OPERATION_FLUSH, &left, &input, &room,
                                      &output, nullptr) == BROTLI_TRUE);
    CHECK(left == 0 && BrotliEncoderHasMoreOutput(encoder_) == BROTLI_FALSE);
    return out.size() - room;
  }

 private:
  CoderMemory& memory_;
  BrotliEncoderState* encoder_;
};

}  // namespace

// The size of the window, and an empty meta-block up to the end of the byte.
std::size_t BrotliCoder::start(std::span<char> out) {
  return Encoder(memory_).flush("", out);
}

std::size_t BrotliCoder::put(core::Bytes text, std::span<char> out) {
  Encoder encoder(memory_);
  std::array<char, 8> head;
  encoder.flush("", head);
  return encoder.flush(text, out);
}

// The last meta-block, an empty one.
std::size_t BrotliCoder::finish(std::span<char> out) {
  CHECK(!out.empty());
  out.front() = 0x03;
  return 1;
}

// A meta-block of metadata with a length of two bytes, of which the higher one may not be 0.
void BrotliCoder::pad(std::span<char> out) {
  CHECK(out.size() >= kLeastPadding && out.size() - 3 <= 65'536);
  // From the lowest bit on: not the last one (1 bit), metadata (3), bytes of the length (2), the
  // length less one (16), and 0 up to the end of the byte.
  const uint32_t head = 0b10'0'11'0 | static_cast<uint32_t>(out.size() - 3 - 1) << 6;
  for (unsigned i = 0; i < 3; ++i) out[i] = static_cast<char>(head >> 8 * i & 0xff);
  std::fill(out.begin() + 3, out.end(), '\0');
}

}  // namespace http::target
