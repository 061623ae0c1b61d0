// What goes wrong with a response on purpose, as a request names it (`?fault=`): up to 8 faults,
// separated by commas, which a blank may follow, each with the probability of getting it.
//
//   reset@1%              the connection is reset instead of an answer
//   refuse:2s@0.1%        the same, and as if the server had crashed and were started anew: all
//   other
//                         connections are reset too, and new ones are refused for 2 s, 60 s at most
//   fin-before            it is closed before the first byte of the response
//   fin-in-head@0.5%      it is closed within the head
//   fin-in-body:1024@2%   it is closed after 1,024 bytes of the body, with what frames it
//   stall:1000@1%         nothing comes after 1,000 bytes of the response, its head included, and
//                         the connection stays open
//   slow-head:10ms        the head comes byte by byte, with 10 ms between any two
//   wrong-length:+10      Content-Length is 10 more than the body has; -10: less. If there is none,
//                         the size of the first chunk
//   bad-chunk             the body is chunked, and the first of the chunk sizes is no number
//   truncated-gzip        the body is coded with gzip and ends early, although its framing is right
//   503@10%               this status, 400 to 599
//   5xx@10%               500, 502, 503 or 504, one as often as the other
//
// A request gets one fault at most, so probabilities add up to at most 100%; they count to the
// nearest billionth. One fault may be without: it is what all other requests get.
//
// The text is what percent-decoding gives. In the query of a URL a '%' is "%25", unless the decoder
// leaves alone what no two hexadecimal digits follow. '+' may be left out: it is a space in forms.
#pragma once

#include <array>
#include <cstdint>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "http/target/specification.h"

namespace http::target {

enum class FaultKind : uint8_t {
  none,
  reset,
  refuse,
  fin_before,
  fin_in_head,
  fin_in_body,
  stall,
  slow_head,
  wrong_length,
  bad_chunk,
  truncated_gzip,
  status,
};

struct Fault {
  FaultKind kind = FaultKind::none;
  // fin_in_body and stall: bytes before it, at most 2^40; slow_head: nanoseconds, at most an hour;
  // refuse: nanoseconds, at most a minute; wrong_length: the difference, -2^40 to 2^40 and not 0;
  // status: 400 to 599; else 0.
  int64_t amount = 0;
};

// A plain value. No allocation.
class FaultMix {
 public:
  static constexpr uint32_t kMaxFaults = 8;

  static core::Result<FaultMix, SpecificationError> parse(core::Bytes text);

  // No fault, ever.
  FaultMix() = default;

  // Whether there is any.
  bool any() const { return count_ > 0; }
  // What the request gets that draws from `random`.
  Fault decide(core::Random& random) const;

 private:
  static constexpr uint64_t kAlways = 1'000'000'000;  // probabilities are parts of it

  struct Entry {
    Fault fault;
    uint64_t probability = 0;
  };

  static bool read_fault(SpecificationReader& reader, Fault& fault);
  static bool read_amount(SpecificationReader& reader, Fault& fault);
  static bool read_probability(uint64_t left, SpecificationReader& reader, uint64_t& probability);

  std::array<Entry, kMaxFaults> entries_;
  uint32_t count_ = 0;
};

}  // namespace http::target
