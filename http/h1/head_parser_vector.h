// Between the dispatcher and the vector parsers; nobody else includes it.
//
// A vector parser is compiled for instructions that the machine may lack, so what it shares with
// the rest is plain data: an inline function of the standard library that is instantiated there
// could be the copy that the linker keeps for the whole program.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/cpu.h"
#include "http/h1/head_parser.h"
#include "http/request.h"

namespace http::h1 {

// A bit per byte of a block, the first byte lowest.
struct ScanMaps {
  uint64_t not_token;  // may not stand in a method or a field name
  uint64_t control;    // may not stand in a field value
};

// What a vector parser fills: of `head` all but base, method_text and target, and instead of those
// where they lie.
struct VectorHead {
  RequestHead& head;
  Field* fields;               // head.fields.data()
  uint32_t start = 0;          // of the request line in the input: 0, or 2 behind an empty line
  uint32_t method_length = 0;  // the target follows the method and a space
  uint32_t target_length = 0;
};

// Returns the length of a complete, valid head at the start of `input`, or 0: it declines, and the
// scalar parser decides. Reads less than 64 bytes beyond `size`, and does not let them decide.
// `size` is at most kMaxHeadBytes; limits.head_bytes is not looked at.
using VectorParser = uint32_t (*)(const char* input, size_t size, const HeadLimits& limits,
                                  VectorHead& result);

uint32_t parse_head_sse42(const char* input, size_t size, const HeadLimits& limits,
                          VectorHead& result);
uint32_t parse_head_avx2(const char* input, size_t size, const HeadLimits& limits,
                         VectorHead& result);

// The parser for `isa`, which this machine must support; for Isa::scalar one that always declines.
VectorParser vector_parser(core::Isa isa);

}  // namespace http::h1
