// What the coders make, read by the decoders of the same formats' libraries.
#include "http/target/coded_text.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

namespace http::target {
namespace {

constexpr Coding kCodings[] = {Coding::gzip, Coding::deflate, Coding::br, Coding::zstd};

// The whole of what `text` stands for in gzip or zlib's format, whose checksums are looked at.
std::string inflated(std::string text, int window_bits) {
  z_stream stream = {};
  EXPECT_EQ(inflateInit2(&stream, window_bits), Z_OK);
  stream.next_in = reinterpret_cast<unsigned char*>(text.data());
  stream.avail_in = static_cast<unsigned>(text.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK) {
    char room[65'536];
    stream.next_out = reinterpret_cast<unsigned char*>(room);
    stream.avail_out = sizeof(room);
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(room, sizeof(room) - stream.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U) << "one member, and nothing behind it";
  inflateEnd(&stream);
  return out;
}

std::string from_brotli(const std::string& text) {
  BrotliDecoderState* decoder = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  std::size_t left = text.size();
  const auto* input = reinterpret_cast<const uint8_t*>(text.data());
  std::string out;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    char room[65'536];
    std::size_t free = sizeof(room);
    auto* output = reinterpret_cast<uint8_t*>(room);
    result = BrotliDecoderDecompressStream(decoder, &left, &input, &free, &output, nullptr);
    out.append(room, sizeof(room) - free);
  }
  EXPECT_EQ(result, BROTLI_DECODER_RESULT_SUCCESS);
  EXPECT_EQ(left, 0U);
  BrotliDecoderDestroyInstance(decoder);
  return out;
}

std::string from_zstd(const std::string& text) {
  ZSTD_DCtx* decoder = ZSTD_createDCtx();
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  std::string out;
  std::size_t result = 1;
  while (input.pos < input.size && ZSTD_isError(result) == 0) {
    char room[65'536];
    ZSTD_outBuffer output{room, sizeof(room), 0};
    result = ZSTD_decompressStream(decoder, &output, &input);
    out.append(room, output.pos);
  }
  EXPECT_EQ(result, 0U) << "the end of a frame";
  ZSTD_freeDCtx(decoder);
  return out;
}

std::string decoded(Coding coding, const std::string& text) {
  switch (coding) {
    case Coding::gzip:
      return inflated(text, 16 + MAX_WBITS);
    case Coding::deflate:
      return inflated(text, MAX_WBITS);
    case Coding::br:
      return from_brotli(text);
    case Coding::zstd:
      return from_zstd(text);
  }
  return "";
}

std::string joined(const CodedBody& body) {
  std::string text(body.text);
  for (uint64_t i = 0; i < body.repeated; ++i) text += body.block[i % kBlockSize];
  return text.append(body.tail);
}

// What is generated, said in another way.
std::string sample(uint64_t seed, std::size_t size) {
  std::array<char, kSampleSize> unit;
  write_sample(unit);
  std::string text = "{\"seed\":" + std::to_string(seed) + "}\n";
  while (text.size() < size) text.append(unit.data(), unit.size());
  text.resize(size);
  return text;
}

TEST(SampleText, IsLinesOfJson) {
  const std::string text = sample(0, 11 + kSampleSize);
  EXPECT_TRUE(text.starts_with("{\"seed\":0}\n{\"id\":1,\"name\":\""));
  EXPECT_EQ(text.back(), '\n');
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    EXPECT_EQ(text[at], '{');
    const std::size_t end = text.find('\n', at);
    EXPECT_EQ(text[text.find_last_not_of(' ', end - 1)], '}');
  }
}

class CodedTextTest : public ::testing::TestWithParam<Coding> {
 protected:
  std::string sample_of(uint64_t seed, uint64_t size) {
    const CodedBody body = coder_->code_sample(GetParam(), seed, size);
    const std::string text = joined(body);
    EXPECT_EQ(text.size(), body.size());
    return decoded(GetParam(), text);
  }

  std::unique_ptr<TextCoder> coder_ = std::make_unique<TextCoder>();
};

TEST_P(CodedTextTest, GeneratedTextOfEverySize) {
  std::vector<std::size_t> sizes = {0, 1, 5, 10, 11, 12, 13, 100, 5000, 1'000'000, 70'000'000};
  // Around the ends of units, and of the block, which is used up and begins anew.
  for (const std::size_t units : {1U, 2U, 37U, 38U, 39U, 40U, 43U, 80U, 1000U}) {
    for (const std::size_t more : {10U, 11U, 12U}) sizes.push_back(units * kSampleSize + more);
  }
  for (const std::size_t size : sizes) {
    EXPECT_TRUE(sample_of(0, size) == sample(0, size)) << size;
  }
}

TEST_P(CodedTextTest, SeedsChooseTheText) {
  for (const uint64_t seed : {uint64_t{1}, uint64_t{123'456}, UINT64_MAX}) {
    for (const std::size_t size : {7U, 30U, 31U, 20'000U}) {
      EXPECT_EQ(sample_of(seed, size), sample(seed, size)) << size;
    }
  }
}

TEST_P(CodedTextTest, LargeTextCostsNoMore) {
  const CodedBody small = coder_->code_sample(GetParam(), 0, 10 * kSampleSize);
  const std::size_t around = small.text.size();
  const uint64_t tib = uint64_t{1} << 40;
  const CodedBody large = coder_->code_sample(GetParam(), 0, tib);
  EXPECT_EQ(large.text.size(), around);
  EXPECT_LT(large.tail.size(), 3000U);
  EXPECT_LT(large.size(), tib / 4) << "it is compressed";
  if (GetParam() == Coding::gzip) {
    EXPECT_EQ(std::string(large.tail.substr(large.tail.size() - 4)), std::string(4, '\0'))
        << "the size, of which there are 32 bits";
  }
}

TEST_P(CodedTextTest, TextThatIsGiven) {
  std::mt19937 random(1);
  for (const std::size_t size : {0U, 1U, 100U, 8192U, 16'384U}) {
    const std::string same(size, 'x');
    EXPECT_EQ(decoded(GetParam(), joined(coder_->code(GetParam(), same))), same);
    std::string noise(size, '\0');
    std::generate(noise.begin(), noise.end(), [&random] { return static_cast<char>(random()); });
    EXPECT_TRUE(decoded(GetParam(), joined(coder_->code(GetParam(), noise))) == noise) << size;
  }
}

// However much is left of a block.
template <class Coder>
void expect_padding_is_nothing(Coder& coder, Coding coding) {
  std::string room(80'000, '\0');
  const std::span<char> out(room);
  for (std::size_t padding = Coder::kLeastPadding; padding < Coder::kLeastPadding + 600;
       ++padding) {
    std::size_t used = coder.start(out);
    used += coder.put("before", out.subspan(used));
    coder.pad(out.subspan(used, padding));
    used += padding;
    used += coder.put("after", out.subspan(used));
    used += coder.finish(out.subspan(used));
    ASSERT_EQ(decoded(coding, room.substr(0, used)), "beforeafter") << padding;
  }
}

TEST(Coders, PaddingIsNothing) {
  const auto deflate = std::make_unique<DeflateCoder>("unit");
  expect_padding_is_nothing(*deflate, Coding::gzip);
  const auto brotli = std::make_unique<BrotliCoder>();
  expect_padding_is_nothing(*brotli, Coding::br);
  const auto zstd = std::make_unique<ZstdCoder>();
  expect_padding_is_nothing(*zstd, Coding::zstd);
}

INSTANTIATE_TEST_SUITE_P(Codings, CodedTextTest, ::testing::ValuesIn(kCodings),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace http::target
