#include "http/h1/framing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "http/h1/head_parser.h"

namespace http::h1 {
namespace {

// --- from the head ------------------------------------------------------------------------------

// "none", "length N", "chunked", or "bad N" with the status.
std::string framing_of(const std::string& fields, const std::string& version = "1.1") {
  const std::string text = "POST / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
  RequestHead head;
  const HeadResult parsed = parse_head_scalar(text, HeadLimits{}, head);
  if (parsed.verdict != HeadVerdict::complete) return "no head";
  const BodyFraming framing = body_framing(head);
  switch (framing.kind) {
    case BodyKind::none:
      return "none";
    case BodyKind::length:
      return "length " + std::to_string(framing.length);
    case BodyKind::chunked:
      return "chunked";
    case BodyKind::bad:
      return "bad " + std::to_string(static_cast<int>(framing.status));
  }
  return "";
}

struct FramingCase {
  const char* section;  // of RFC 9112, or of RFC 9110 where it says so
  std::string fields;
  std::string expected;
};

void expect_all(const std::vector<FramingCase>& cases, const std::string& version = "1.1") {
  for (const FramingCase& c : cases) {
    EXPECT_EQ(framing_of(c.fields, version), c.expected)
        << "section " << c.section << ": " << c.fields;
  }
}

TEST(BodyFraming, WithoutFields) {
  expect_all({{"6.3 rule 7: neither field, no body", "", "none"}});
  expect_all({{"6.3 rule 7: neither field, no body", "", "none"}}, "1.0");
}

TEST(BodyFraming, ContentLength) {
  const std::vector<FramingCase> cases = {
      {"6.3 rule 6", "Content-Length: 1\r\n", "length 1"},
      {"6.3 rule 6: an empty body", "Content-Length: 0\r\n", "none"},
      {"RFC 9110 8.6: leading zeros are digits", "Content-Length: 0005\r\n", "length 5"},
      {"RFC 9110 8.6", "Content-Length: 000\r\n", "none"},
      {"RFC 9110 5.5: space around the value is not part of it", "Content-Length: \t 7 \t\r\n",
       "length 7"},
      {"RFC 9110 5.1: case of the name", "cONTENT-lENGTH:7\r\n", "length 7"},
      {"6.3 rule 5: 2^64 - 1", "Content-Length: 18446744073709551615\r\n",
       "length 18446744073709551615"},
      {"6.3 rule 5: 2^64 overflows", "Content-Length: 18446744073709551616\r\n", "bad 400"},
      {"6.3 rule 5: 2^64 + 5 must not be 5", "Content-Length: 18446744073709551621\r\n", "bad 400"},
      {"6.3 rule 5: 10 * 2^64", "Content-Length: 184467440737095516160\r\n", "bad 400"},
      {"6.3 rule 5", "Content-Length: " + std::string(300, '9') + "\r\n", "bad 400"},
      {"6.3 rule 5: empty", "Content-Length:\r\n", "bad 400"},
      {"6.3 rule 5: empty", "Content-Length:  \r\n", "bad 400"},
      {"6.3 rule 5: sign", "Content-Length: +5\r\n", "bad 400"},
      {"6.3 rule 5: sign", "Content-Length: -5\r\n", "bad 400"},
      {"6.3 rule 5: hexadecimal", "Content-Length: 0x5\r\n", "bad 400"},
      {"6.3 rule 5: hexadecimal", "Content-Length: a\r\n", "bad 400"},
      {"6.3 rule 5: space inside", "Content-Length: 1 2\r\n", "bad 400"},
      {"6.3 rule 5: tab inside", "Content-Length: 1\t2\r\n", "bad 400"},
      {"6.3 rule 5: fraction", "Content-Length: 5.0\r\n", "bad 400"},
      {"6.3 rule 5: exponent", "Content-Length: 1e2\r\n", "bad 400"},
      {"6.3 rule 5: separators", "Content-Length: 1_000\r\n", "bad 400"},
      {"6.3 rule 5: quoted", "Content-Length: \"5\"\r\n", "bad 400"},
      {"6.3 rule 5: parameter", "Content-Length: 5;a=b\r\n", "bad 400"},
      {"6.3 rule 5: other digits (obs-text)", "Content-Length: \xd9\xa5\r\n", "bad 400"},
      {"6.3 rule 5: a list of different values", "Content-Length: 5, 6\r\n", "bad 400"},
      {"6.3 rule 5 and RFC 9110 8.6: a list of equal values may be refused",
       "Content-Length: 5, 5\r\n", "bad 400"},
      {"6.3 rule 5: empty list elements", "Content-Length: 5,\r\n", "bad 400"},
      {"6.3 rule 5: empty list elements", "Content-Length: ,5\r\n", "bad 400"},
      {"6.3 rule 5: different lines", "Content-Length: 5\r\nContent-Length: 6\r\n", "bad 400"},
      {"6.3 rule 5: equal lines may be refused", "Content-Length: 5\r\nContent-Length: 5\r\n",
       "bad 400"},
      {"6.3 rule 5: one line of two is bad", "Content-Length: 0\r\nContent-Length: x\r\n",
       "bad 400"},
      {"6.3 rule 5: lines apart from each other",
       "Content-Length: 0\r\nA: b\r\ncontent-length: 0\r\n", "bad 400"},
  };
  expect_all(cases);
  expect_all(cases, "1.0");
}

TEST(BodyFraming, FieldsThatOnlyLookLikeContentLength) {
  expect_all({
      {"5.1", "Content-Lengt: 5\r\n", "none"},
      {"5.1", "Content-Length2: 5\r\n", "none"},
      {"5.1", "Content_Length: 5\r\n", "none"},
      {"5.1: no space before the colon", "Content-Length : 5\r\n", "no head"},
      {"5.2: no folding", "Content-Length:\r\n 5\r\n", "no head"},
  });
}

TEST(BodyFraming, TransferEncoding) {
  expect_all({
      {"6.3 rule 4", "Transfer-Encoding: chunked\r\n", "chunked"},
      {"7: names of codings have no case", "Transfer-Encoding: ChUnKeD\r\n", "chunked"},
      {"RFC 9110 5.1: case of the name", "TRANSFER-ENCODING: chunked\r\n", "chunked"},
      {"RFC 9110 5.5", "Transfer-Encoding: \t chunked \t\r\n", "chunked"},
      {"6.3 rule 4: not chunked", "Transfer-Encoding: gzip\r\n", "bad 400"},
      {"6.3 rule 4: not chunked", "Transfer-Encoding: identity\r\n", "bad 400"},
      {"6.3 rule 4: not chunked", "Transfer-Encoding: xchunked\r\n", "bad 400"},
      {"6.3 rule 4: not chunked", "Transfer-Encoding: chunke\r\n", "bad 400"},
      {"6.3 rule 4: chunked is not last", "Transfer-Encoding: chunked, gzip\r\n", "bad 400"},
      {"6.1: not understood", "Transfer-Encoding: gzip, chunked\r\n", "bad 501"},
      {"6.1: not understood", "Transfer-Encoding: gzip ,\tidentity,Chunked\r\n", "bad 501"},
      {"6.1: not understood", "Transfer-Encoding: gzip\t, chunked\r\n", "bad 501"},
      {"6.1: not understood, a token with digits", "Transfer-Encoding: lz4, chunked\r\n",
       "bad 501"},
      {"6.1: not a token", "Transfer-Encoding: lz{4}, chunked\r\n", "bad 400"},
      {"6.3 rule 4: not chunked", "Transfer-Encoding: gzip, xchunked\r\n", "bad 400"},
      {"6.1: an empty list element", "Transfer-Encoding: gzip,, chunked\r\n", "bad 400"},
      {"6.1: not a token", "Transfer-Encoding: gz ip, chunked\r\n", "bad 400"},
      {"6.1: chunked must not be applied twice", "Transfer-Encoding: chunked, gzip, chunked\r\n",
       "bad 400"},
      {"6.1: chunked must not be applied twice", "Transfer-Encoding: chunked, chunked\r\n",
       "bad 400"},
      {"6.1: chunked must not be applied twice",
       "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "bad 400"},
      {"6.3 rule 4: as one list, chunked is not last",
       "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "bad 400"},
      {"6.1: an empty list element", "Transfer-Encoding: chunked,\r\n", "bad 400"},
      {"6.1: an empty list element", "Transfer-Encoding: ,chunked\r\n", "bad 400"},
      {"6.1: empty", "Transfer-Encoding:\r\n", "bad 400"},
      {"7: chunked has no parameters", "Transfer-Encoding: chunked;a=b\r\n", "bad 400"},
      {"6.1: not a token", "Transfer-Encoding: \"chunked\"\r\n", "bad 400"},
      {"6.1: not a token", "Transfer-Encoding: chunked chunked\r\n", "bad 400"},
      {"6.1: not a token",
       "Transfer-Encoding: \x0b"
       "chunked\r\n",
       "no head"},
      {"6.1: not a token (obs-text)", "Transfer-Encoding: chunked\xa0\r\n", "bad 400"},
      {"6.3 rule 3: both fields", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "bad 400"},
      {"6.3 rule 3: both fields, other order",
       "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "bad 400"},
      {"6.3 rule 3: both fields", "Content-Length: 0\r\nTransfer-Encoding: gzip\r\n", "bad 400"},
  });
}

TEST(BodyFraming, TransferEncodingInHttp10IsFaulty) {
  expect_all(
      {
          {"6.1: HTTP/1.0 with Transfer-Encoding", "Transfer-Encoding: chunked\r\n", "bad 400"},
          {"6.1: HTTP/1.0 with Transfer-Encoding", "Transfer-Encoding: gzip\r\n", "bad 400"},
          {"6.1: HTTP/1.0 with both", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "bad 400"},
      },
      "1.0");
}

// --- chunked bodies -----------------------------------------------------------------------------

using Verdict = ChunkedDecoder::Verdict;

struct Decoded {
  Verdict verdict;
  std::size_t consumed;
  uint64_t data_bytes;

  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << "verdict " << static_cast<int>(decoded.verdict) << ", consumed " << decoded.consumed
             << ", data " << decoded.data_bytes;
}

// Feeds `text` in pieces that end at `splits` (ascending); what comes after the end of the body or
// an error is not offered any more.
Decoded decode(core::Bytes text, const std::vector<std::size_t>& splits = {}) {
  ChunkedDecoder decoder;
  std::size_t at = 0;
  std::vector<std::size_t> ends = splits;
  ends.push_back(text.size());
  for (const std::size_t end : ends) {
    // Copied, so that a read behind the piece is found by a sanitizer.
    const std::vector<char> piece(text.begin() + static_cast<std::ptrdiff_t>(at),
                                  text.begin() + static_cast<std::ptrdiff_t>(end));
    std::size_t consumed = 0;
    const Verdict verdict = decoder.consume({piece.data(), piece.size()}, consumed);
    EXPECT_LE(consumed, piece.size());
    at += consumed;
    if (verdict != Verdict::more) return {verdict, at, decoder.data_bytes()};
    EXPECT_EQ(consumed, piece.size()) << "all of an unfinished body is consumed";
  }
  return {Verdict::more, at, decoder.data_bytes()};
}

struct ValidBody {
  std::string text;
  uint64_t data_bytes;
};

std::vector<ValidBody> valid_bodies() {
  return {
      {"0\r\n\r\n", 0},
      {"00000\r\n\r\n", 0},
      {"5\r\nhello\r\n0\r\n\r\n", 5},
      {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 11},
      {"a\r\n0123456789\r\n0\r\n\r\n", 10},
      {"A\r\n0123456789\r\n0\r\n\r\n", 10},
      {"0000000000000003\r\nabc\r\n0\r\n\r\n", 3},  // 16 digits
      {"3;name\r\nabc\r\n0\r\n\r\n", 3},            // extensions, RFC 9112 section 7.1.1
      {"3;name=value;other=\"qu\\\"o;ted\"\r\nabc\r\n0;last\r\n\r\n", 3},
      {"3 \t;a\r\nabc\r\n0 ;b\r\n\r\n", 3},        // RFC 9110 section 5.6.3: it must be read
      {"3; name = value\r\nabc\r\n0\r\n\r\n", 3},  // bad white space is passed over
      {"3;\t\xe4\r\nabc\r\n0\r\n\r\n", 3},         // obs-text
      {"3\r\n\r\n\r\r\n0\r\n\r\n", 3},             // line ends as data
      {"5\r\n0\r\n\r\n\r\n0\r\n\r\n", 5},          // the end of a body as data
      {std::string("1\r\n\0\r\n0\r\n\r\n", 11), 1},
      {"0\r\nDigest: abc\r\n\r\n", 0},  // trailers, section 7.1.2
      {"1\r\nx\r\n0\r\nA: b\r\nC:\r\nD:e:f\r\n\r\n", 1},
  };
}

TEST(ChunkedDecoder, ValidBodiesAtEverySplitPoint) {
  for (const ValidBody& body : valid_bodies()) {
    const Decoded expected{Verdict::done, body.text.size(), body.data_bytes};
    for (const char* behind : {"", "GET / HTTP/1.1\r\n\r\n", "\r\n", "0\r\n\r\n"}) {
      const std::string text = body.text + behind;
      EXPECT_EQ(decode(text), expected) << text;
      for (std::size_t first = 0; first <= text.size(); ++first) {
        ASSERT_EQ(decode(text, {first}), expected) << text << " at " << first;
        for (std::size_t second = first; second <= text.size(); second += 3) {
          ASSERT_EQ(decode(text, {first, second}), expected)
              << text << " at " << first << " and " << second;
        }
      }
    }
    // Every byte by itself, and every prefix wants more.
    std::vector<std::size_t> everywhere;
    for (std::size_t i = 0; i < body.text.size(); ++i) everywhere.push_back(i);
    EXPECT_EQ(decode(body.text, everywhere), expected);
    for (std::size_t length = 0; length < body.text.size(); ++length) {
      const Decoded prefix = decode(core::Bytes(body.text).substr(0, length));
      EXPECT_EQ(prefix.verdict, Verdict::more) << body.text << " cut to " << length;
      EXPECT_EQ(prefix.consumed, length);
    }
  }
}

// Everything up to `good` bytes is acceptable and the next byte is not.
struct InvalidBody {
  const char* section;
  std::string text;
  std::size_t good;
};

const std::vector<InvalidBody> kInvalidBodies = {
    {"7.1: a size has a digit", "\r\n\r\n", 0},
    {"7.1", ";a\r\n", 0},
    {"7.1", " 5\r\nhello\r\n", 0},
    {"7.1", "-1\r\n", 0},
    {"7.1", "+1\r\n", 0},
    {"7.1: no prefix", "0x5\r\nhello\r\n", 1},
    {"7.1", "g\r\n", 0},
    {"7.1", "5g\r\nhello\r\n", 1},
    {"7.1: space after the size", "5 \r\nhello\r\n", 2},
    {"7.1: a tab after the size", "5\t\r\nhello\r\n", 2},
    {"7.1.1: bad white space is not within a size", "5 5;a\r\nhello\r\n", 2},
    {"7.1: LF alone after the size", "5\nhello\r\n", 1},
    {"7.1: CR alone after the size", "5\rhello\r\n", 2},
    {"7.1: CR CR", "5\r\r\nhello", 2},
    {"7.1.1: LF alone in an extension", "5;a\nhello\r\n", 3},
    {"7.1.1: control byte in an extension", std::string("5;a\0\r\n", 6), 3},
    {"7.1.1: control byte in an extension", "5;\x7f\r\n", 2},
    {"7.1: no line end after the data", "5\r\nhelloX\r\n", 8},
    {"7.1: the data is longer than its size", "4\r\nhello\r\n0\r\n\r\n", 7},
    {"7.1: LF alone after the data", "5\r\nhello\n0\r\n\r\n", 8},
    {"7.1: CR alone after the data", "5\r\nhello\r0\r\n\r\n", 9},
    {"7.1: LF alone at the end", "0\r\n\n", 3},
    {"7.1: CR alone at the end", "0\r\n\rX", 4},
    {"7.1: LF alone after the last size", "0\n\r\n", 1},
    {"7.1.2 and 5: a trailer begins with a name", "0\r\n: x\r\n\r\n", 3},
    {"7.1.2 and 5.2: no folding", "0\r\n a: b\r\n\r\n", 3},
    {"7.1.2 and 5: a trailer has a colon", "0\r\nabc\r\n\r\n", 6},
    {"7.1.2 and 5.1: no space before the colon", "0\r\nabc : d\r\n\r\n", 6},
    {"7.1.2: a request is no trailer", "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 6},
    {"7.1.2 and 5.5: control byte in a trailer", "0\r\na: \x01\r\n\r\n", 6},
    {"7.1.2: LF alone", "0\r\na: b\n\r\n", 7},
    {"7.1.2: CR alone", "0\r\na: b\rc\r\n\r\n", 8},
    {"7.1: 2^64", "10000000000000000\r\n", 16},
    {"7.1: more than 16 digits, whatever they are", "00000000000000001\r\nx\r\n", 16},
    {"7.1: must not wrap to a small size", "10000000000000005\r\nhello\r\n", 16},
};

TEST(ChunkedDecoder, InvalidBodiesAtEverySplitPoint) {
  for (const InvalidBody& body : kInvalidBodies) {
    for (std::size_t split = 0; split <= body.text.size(); ++split) {
      const Decoded decoded = decode(body.text, {split});
      ASSERT_EQ(decoded.verdict, Verdict::bad)
          << "section " << body.section << ": " << body.text << " at " << split;
      ASSERT_LE(decoded.consumed, body.good + 1) << body.text;
    }
    EXPECT_EQ(decode(core::Bytes(body.text).substr(0, body.good)).verdict, Verdict::more)
        << body.text;
    EXPECT_EQ(decode(core::Bytes(body.text).substr(0, body.good + 1)).verdict, Verdict::bad)
        << body.text;
  }
}

TEST(ChunkedDecoder, TheSumOfSizesDoesNotWrap) {
  // Each size alone fits into 64 bits.
  EXPECT_EQ(decode("ffffffffffffffff\r\n").verdict, Verdict::more);
  EXPECT_EQ(decode("1\r\nx\r\nffffffffffffffff\r\n").verdict, Verdict::bad);
  EXPECT_EQ(decode("1\r\nx\r\nfffffffffffffffe\r\n").verdict, Verdict::more);
}

TEST(ChunkedDecoder, HugeSizeIsPassedOverWithoutEnd) {
  ChunkedDecoder decoder;
  std::size_t consumed = 0;
  ASSERT_EQ(decoder.consume("ffffffffffffffff\r\n", consumed), Verdict::more);
  const std::string data(100'000, '\r');
  for (int i = 1; i <= 20; ++i) {
    ASSERT_EQ(decoder.consume(data, consumed), Verdict::more);
    ASSERT_EQ(consumed, data.size());
    ASSERT_EQ(decoder.data_bytes(), data.size() * static_cast<std::size_t>(i));
  }
}

TEST(ChunkedDecoder, MetadataIsLimited) {
  constexpr std::size_t kLimit = 16 * 1024;
  const auto extension = [](std::size_t size) {
    return "1;" + std::string(size, 'e') + "\r\nx\r\n0\r\n\r\n";
  };
  EXPECT_EQ(decode(extension(kLimit)).verdict, Verdict::done);
  EXPECT_EQ(decode(extension(kLimit + 1)).verdict, Verdict::bad);
  const auto trailer = [](std::size_t size) {
    return "0\r\nn:" + std::string(size - 2, 't') + "\r\n\r\n";
  };
  EXPECT_EQ(decode(trailer(kLimit)).verdict, Verdict::done);
  EXPECT_EQ(decode(trailer(kLimit + 1)).verdict, Verdict::bad);
  // So is white space before an extension (RFC 9110 section 5.6.3).
  const auto blanks = [](std::size_t size) {
    return "1" + std::string(size, ' ') + ";\r\nx\r\n0\r\n\r\n";
  };
  EXPECT_EQ(decode(blanks(kLimit)).verdict, Verdict::done);
  EXPECT_EQ(decode(blanks(kLimit + 1)).verdict, Verdict::bad);
  EXPECT_EQ(decode("1;" + std::string(kLimit, 'e') + "\r\nx\r\n0 ;\r\n\r\n").verdict, Verdict::bad);
  // A name alone is counted too.
  EXPECT_EQ(decode("0\r\n" + std::string(kLimit + 1, 'n')).verdict, Verdict::bad);

  // Of all chunks together, and of both kinds.
  std::string many;
  for (std::size_t i = 0; i < kLimit / 2; ++i) many += "1;e\r\nx\r\n";
  EXPECT_EQ(decode(many).verdict, Verdict::more);
  std::string trailers = "0\r\n";
  for (std::size_t i = 0; i < kLimit / 4; ++i) trailers += "n:\r\n";
  EXPECT_EQ(decode(many + trailers + "\r\n").verdict, Verdict::done);
  EXPECT_EQ(decode(many + trailers + "n:" + std::string(kLimit, 'v')).verdict, Verdict::bad);
}

TEST(ChunkedDecoder, RandomBodiesInRandomPieces) {
  std::mt19937 random(20231114);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    uint64_t data_bytes = 0;
    for (auto chunk = random() % 5; chunk > 0; --chunk) {
      const std::size_t size = 1 + random() % (random() % 4 == 0 ? 5000 : 20);
      char digits[20];
      std::snprintf(digits, sizeof(digits), random() % 2 == 0 ? "%zx" : "%05zX", size);
      text += digits;
      if (random() % 3 == 0) text += ";a=\"" + std::string(random() % 30, 'b') + "\"";
      text += "\r\n";
      for (std::size_t i = 0; i < size; ++i) text += "\r\n0;:A\0z"[random() % 8];
      text += "\r\n";
      data_bytes += size;
    }
    text += "0\r\n";
    for (auto trailer = random() % 3; trailer > 0; --trailer) text += "Name: value\r\n";
    text += "\r\n";
    const Decoded expected{Verdict::done, text.size(), data_bytes};
    text += std::string(random() % 100, 'x');

    std::vector<std::size_t> splits;
    for (auto i = random() % 8; i > 0; --i) splits.push_back(random() % (text.size() + 1));
    std::sort(splits.begin(), splits.end());
    ASSERT_EQ(decode(text, splits), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace http::h1
