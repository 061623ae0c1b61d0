// Any bytes as a chunked body: fed whole and in pieces, the decoder comes to the same end, which is
// that of another decoder, written as the grammar reads (RFC 9112 section 7.1).
//
// Choices: the length of each piece.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>

#include "http/h1/framing.h"
#include "tests/fuzz/fuzz_input.h"

using http::h1::ChunkedDecoder;
using Verdict = ChunkedDecoder::Verdict;

namespace {

struct Decoded {
  Verdict verdict;
  std::size_t consumed;
  uint64_t data_bytes;

  bool operator==(const Decoded&) const = default;
};

// Reads a body that is whole in memory by recursive descent; throws the verdict at the first byte
// that decides it.
class PlainDecoder {
 public:
  explicit PlainDecoder(core::Bytes text) : text_(text) {}

  Decoded decode() {
    Verdict verdict = Verdict::done;
    try {
      read_body();
    } catch (Verdict reason) {
      verdict = reason;
    }
    return {verdict, at_, data_bytes_};
  }

 private:
  static constexpr std::size_t kMaxMetadata = 16 * 1024;

  static bool is_token(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           (c != '\0' && core::Bytes("!#$%&'*+-.^_`|~").find(c) != core::Bytes::npos);
  }
  static bool is_value(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  }

  char next() {
    if (at_ == text_.size()) throw Verdict::more;
    return text_[at_++];
  }
  bool follows(char c) const { return at_ < text_.size() && text_[at_] == c; }
  static void require(bool condition) {
    if (!condition) throw Verdict::bad;
  }
  void read_literal(char c) { require(next() == c); }
  void read_line_end() {
    read_literal('\r');
    read_literal('\n');
  }
  // Up to the CR, which stays.
  template <class Accepted>
  void read_metadata(Accepted accepted) {
    while (!follows('\r')) {
      require(accepted(next()));
      require(++metadata_ <= kMaxMetadata);
    }
  }

  // Stops in front of what is no digit, of which there must be one.
  uint64_t read_size() {
    uint64_t size = 0;
    for (int digits = 0;; ++digits) {
      const auto c = static_cast<unsigned char>(next());
      if (std::isxdigit(c) == 0) {
        require(digits > 0);
        --at_;
        return size;
      }
      require(digits < 16);
      size = size * 16 + static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
      require(data_bytes_ + size >= data_bytes_);
    }
  }

  void read_body() {
    while (true) {
      const uint64_t size = read_size();
      bool blank = false;
      while (follows(' ') || follows('\t')) {
        next();
        require(++metadata_ <= kMaxMetadata);
        blank = true;
      }
      if (blank && next() != ';') throw Verdict::bad;
      if (blank) --at_;
      if (follows(';')) {
        next();
        read_metadata(is_value);
      }
      read_line_end();
      if (size == 0) break;
      const uint64_t here = std::min<uint64_t>(size, text_.size() - at_);
      at_ += here;
      data_bytes_ += here;
      if (here < size) throw Verdict::more;
      read_line_end();
    }
    while (!follows('\r')) read_trailer();
    read_line_end();
  }

  void read_trailer() {
    bool named = false;
    bool in_value = false;
    read_metadata([&](char c) {
      if (in_value) return is_value(c);
      in_value = named && c == ':';
      named = true;
      return in_value || is_token(c);
    });
    if (!in_value) {
      next();
      throw Verdict::bad;
    }
    read_line_end();
  }

  core::Bytes text_;
  std::size_t at_ = 0;
  std::size_t metadata_ = 0;
  uint64_t data_bytes_ = 0;
};

Decoded decode_whole(core::Bytes text) {
  ChunkedDecoder decoder;
  std::size_t consumed = 0;
  const fuzz::ExactCopy copy(text);
  const Verdict verdict = decoder.consume(copy.bytes(), consumed);
  return {verdict, consumed, decoder.data_bytes()};
}

Decoded decode_pieces(fuzz::FuzzInput& input) {
  ChunkedDecoder decoder;
  core::Bytes rest = input.text();
  std::size_t at = 0;
  Verdict verdict = Verdict::more;
  while (verdict == Verdict::more && !rest.empty()) {
    const fuzz::ExactCopy piece(rest.substr(0, input.choose_piece(rest.size())));
    std::size_t consumed = 0;
    verdict = decoder.consume(piece.bytes(), consumed);
    EXPECT_LE(consumed, piece.bytes().size());
    if (verdict == Verdict::more) EXPECT_EQ(consumed, piece.bytes().size());
    at += consumed;
    rest.remove_prefix(consumed);
  }
  return {verdict, at, decoder.data_bytes()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  const Decoded whole = decode_whole(input.text());
  EXPECT_TRUE(whole == decode_pieces(input));
  EXPECT_TRUE(whole == PlainDecoder(input.text()).decode());
  return 0;
}
