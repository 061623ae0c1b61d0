// Parser of an HTTP/1.x request head (RFC 9112 sections 2 to 5), strict and stateless.
//
// The vector path may only say yes: it accepts a complete, valid head or declines, and on any doubt
// the scalar parser reads the head again and gives the verdict, so every error is worded once.
// Both accept exactly the same heads with exactly the same result. Any thread; no allocation.
// Cost: see bench/micro/head_parser_benchmark.cc.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "http/request.h"
#include "http/status.h"

namespace http::h1 {

// Upper bounds of one head, in bytes and in field lines.
struct HeadLimits {
  uint32_t head_bytes = 16 * 1024;    // request line, fields and the empty line; at most 65,535
  uint32_t target_bytes = 8 * 1024;   // 414 beyond it
  uint32_t fields = kMaxFields;       // 431 beyond it; at most kMaxFields
};

enum class HeadVerdict : uint8_t { complete, incomplete, bad };

struct HeadResult {
  HeadVerdict verdict;
  uint32_t consumed = 0;                 // complete: bytes of the head, the empty line included
  Status status = Status::bad_request;   // bad: 400, 414, 431 or 505
  const char* reason = "";               // bad: what is wrong, in a few words; static storage
};

// Parses the head at the start of `input`. `input` must have core::kPadding readable bytes behind
// it. An empty line (CRLF) before the request line is skipped (RFC 9112 section 2.2). `incomplete`
// means that every byte so far is acceptable and the limits still allow more; `head` is then, and
// after `bad`, unspecified.
HeadResult parse_head(core::Bytes input, const HeadLimits& limits, RequestHead& head);

// The reference, and the only one that words errors. Needs no padding.
HeadResult parse_head_scalar(core::Bytes input, const HeadLimits& limits, RequestHead& head);

}  // namespace http::h1
