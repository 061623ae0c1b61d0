// Parser of an HTTP/1.x request head (RFC 9112 sections 2 to 5), strict and stateless.
//
// The vector path may only say yes: it accepts a complete, valid head or declines, and on any doubt
// the scalar parser reads the head again and gives the verdict, so every error is worded once.
// Both accept exactly the same heads with exactly the same result. Any thread; no allocation.
// Cost: see bench/micro/head_parser_benchmark.cc.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/check.h"
#include "core/cpu.h"
#include "http/request.h"
#include "http/status.h"

namespace http::h1 {

// Field keeps offsets in 16 bits.
inline constexpr uint32_t kMaxHeadBytes = 65'535;

// Upper bounds of one head, in bytes and in field lines. Beyond head_bytes it is 414 in the request
// line and 431 after it. Values above the stated maximum count as the maximum.
struct HeadLimits {
  uint32_t head_bytes = 16 * 1024;   // all that is consumed; at most kMaxHeadBytes
  uint32_t target_bytes = 8 * 1024;  // 414 beyond it
  uint32_t fields = kMaxFields;      // 431 beyond it; at most kMaxFields
};

enum class HeadVerdict : uint8_t { complete, incomplete, bad };

struct HeadResult {
  HeadVerdict verdict;
  uint32_t consumed = 0;  // complete: bytes of the head and of an empty line around it
  Status status = Status::bad_request;  // bad: 400, 414, 431 or 505
  const char* reason = "";              // bad: what is wrong, in a few words; static storage
};

// Parses the head at the start of `input`. `input` must have core::kPadding readable bytes behind
// it; no byte beyond those is read, and what they hold never matters. One empty line (CRLF) before
// the request line is skipped (RFC 9112 section 2.2). `incomplete` means that every byte so far is
// acceptable and the limits still allow more; `head` is then, and after `bad`, unspecified. A
// verdict other than `incomplete` stays the same whatever bytes follow.
//
// Runs the code for core::active_isa(), which must not be an error. One indirect call per head.
HeadResult parse_head(core::Bytes input, const HeadLimits& limits, RequestHead& head);

// Fills all of `head` but base, method_text and target, which follow from method_length and
// target_length: the target follows the method and a space. Returns the length of a complete, valid
// head at the start of `input`, or 0: it declines, and the scalar parser decides. Reads less than
// 64 bytes beyond `size`, and does not let them decide. `size` is at most kMaxHeadBytes;
// limits.head_bytes is not looked at.
using VectorParser = uint32_t (*)(const char* input, size_t size, const HeadLimits& limits,
                                  RequestHead& head);

// Accepts a head by a vector parser: its length, and the same as parse_head(); or 0, and
// parse_head_scalar() knows the verdict. Of the input or limits.head_bytes, one is at most
// kMaxHeadBytes.
[[gnu::always_inline]] inline uint32_t accept_head(VectorParser parser, core::Bytes input,
                                                   const HeadLimits& limits, RequestHead& head) {
  const std::size_t size = std::min(input.size(), std::size_t{limits.head_bytes});
  DCHECK(size <= kMaxHeadBytes);
  const uint32_t consumed = parser(input.data(), size, limits, head);
  if (consumed == 0) [[unlikely]]
    return 0;
  head.base = input.data();
  head.method_text = {head.base, head.method_length};
  head.target = {head.base + head.method_length + 1, head.target_length};
  return consumed;
}

// The parser of core::active_isa(), once one head has been parsed.
extern std::atomic<VectorParser> active_parser;

[[gnu::always_inline]] inline uint32_t accept_head(core::Bytes input, const HeadLimits& limits,
                                                   RequestHead& head) {
  return accept_head(active_parser.load(std::memory_order_relaxed), input, limits, head);
}

// The same as parse_head() by the code for `isa`, which this machine must support. For tests and
// benchmarks.
HeadResult parse_head_with(core::Isa isa, core::Bytes input, const HeadLimits& limits,
                           RequestHead& head);

// The ISA of the code that parse_head() runs, told from the very pointer that it calls through.
core::Isa head_parser_isa();

// The reference, and the only one that words errors. Needs no padding.
HeadResult parse_head_scalar(core::Bytes input, const HeadLimits& limits, RequestHead& head);

}  // namespace http::h1
