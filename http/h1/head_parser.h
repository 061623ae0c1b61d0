// Parser of an HTTP/1.x request head (RFC 9112 sections 2 to 5), strict and stateless.
//
// The vector path may only say yes: it accepts a complete, valid head or declines, and on any doubt
// the scalar parser reads the head again and gives the verdict, so every error is worded once.
// Both accept exactly the same heads with exactly the same result. Any thread; no allocation.
// Cost: see bench/micro/head_parser_benchmark.cc.
#pragma once

#include <cstdint>

#include "core/bytes.h"
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

// The same by the code for `isa`, which this machine must support. For tests and benchmarks.
HeadResult parse_head_with(core::Isa isa, core::Bytes input, const HeadLimits& limits,
                           RequestHead& head);

// The ISA of the code that parse_head() runs, told from the very pointer that it calls through.
core::Isa head_parser_isa();

// The reference, and the only one that words errors. Needs no padding.
HeadResult parse_head_scalar(core::Bytes input, const HeadLimits& limits, RequestHead& head);

}  // namespace http::h1
