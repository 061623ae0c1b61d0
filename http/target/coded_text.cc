#include "http/target/coded_text.h"

#include <algorithm>

#include "core/check.h"
#include "core/text_writer.h"

namespace http::target {

namespace {

// Room for what names the seed.
constexpr std::size_t kFirstLine = 40;

core::Bytes first_line(uint64_t seed, std::span<char, kFirstLine> out) {
  return core::TextWriter(out.data(), out.size()).put("{\"seed\":").put(seed).put("}\n").text();
}

const std::array<char, kSampleSize>& filled(std::array<char, kSampleSize>& unit) {
  write_sample(unit);
  return unit;
}

}  // namespace

TextCoder::TextCoder()
    : deflate_({filled(unit_).data(), unit_.size()}), memory_((kBlocks + 1) * kBlockSize) {
  const auto address = reinterpret_cast<uintptr_t>(memory_.data());
  const uintptr_t aligned = (address + kBlockSize - 1) / kBlockSize * kBlockSize;
  char* block = reinterpret_cast<char*>(memory_.data()) + (aligned - address);
  deflate_block_ = fill(deflate_, block);
  brotli_block_ = fill(brotli_, block + kBlockSize);
  zstd_block_ = fill(zstd_, block + 2 * kBlockSize);
}

template <class Coder>
TextCoder::Block TextCoder::fill(Coder& coder, char* out) {
  Block block;
  block.bytes = out;
  block.unit_size = coder.put(unit(), out_);
  block.units = (kBlockSize - Coder::kLeastPadding) / block.unit_size;
  for (uint64_t i = 0; i < block.units; ++i) {
    std::copy_n(out_.begin(), block.unit_size, out + i * block.unit_size);
  }
  const uint64_t filled = block.units * block.unit_size;
  coder.pad({out + filled, kBlockSize - filled});
  return block;
}

CodedBody TextCoder::code(Coding coding, core::Bytes text) {
  DCHECK(text.size() <= kLongest);
  switch (coding) {
    case Coding::gzip:
      deflate_.set_format(DeflateCoder::Format::gzip);
      return code(deflate_, text);
    case Coding::deflate:
      deflate_.set_format(DeflateCoder::Format::zlib);
      return code(deflate_, text);
    case Coding::br:
      return code(brotli_, text);
    case Coding::zstd:
      return code(zstd_, text);
  }
  UNREACHABLE();
}

CodedBody TextCoder::code_sample(Coding coding, uint64_t seed, uint64_t size) {
  switch (coding) {
    case Coding::gzip:
      deflate_.set_format(DeflateCoder::Format::gzip);
      return code_sample(deflate_, deflate_block_, seed, size);
    case Coding::deflate:
      deflate_.set_format(DeflateCoder::Format::zlib);
      return code_sample(deflate_, deflate_block_, seed, size);
    case Coding::br:
      return code_sample(brotli_, brotli_block_, seed, size);
    case Coding::zstd:
      return code_sample(zstd_, zstd_block_, seed, size);
  }
  UNREACHABLE();
}

template <class Coder>
CodedBody TextCoder::code(Coder& coder, core::Bytes text) {
  const std::span<char> out(out_);
  std::size_t used = coder.start(out);
  used += coder.put(text, out.subspan(used));
  used += coder.finish(out.subspan(used));
  CodedBody body;
  body.text = {out.data(), used};
  return body;
}

template <class Coder>
CodedBody TextCoder::code_sample(Coder& coder, const Block& block, uint64_t seed, uint64_t size) {
  char room[kFirstLine];
  const core::Bytes line = first_line(seed, room).substr(0, size);
  const uint64_t left = size - line.size();
  const uint64_t units = left / kSampleSize;
  const core::Bytes rest = unit().substr(0, left % kSampleSize);
  const std::span<char> out(out_);
  std::size_t used = coder.start(out);
  used += coder.put(line, out.subspan(used));
  CodedBody body;
  body.text = {out.data(), used};
  body.block = block.bytes;
  // The padding is passed with every whole block.
  body.repeated = units / block.units * kBlockSize + units % block.units * block.unit_size;
  coder.repeat(units);
  if (!rest.empty()) used += coder.put(rest, out.subspan(used));
  used += coder.finish(out.subspan(used));
  body.tail = {out.data() + body.text.size(), used - body.text.size()};
  return body;
}

}  // namespace http::target
