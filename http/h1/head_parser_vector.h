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

uint32_t parse_head_sse42(const char* input, size_t size, const HeadLimits& limits,
                          RequestHead& head);
uint32_t parse_head_avx2(const char* input, size_t size, const HeadLimits& limits,
                         RequestHead& head);

// The parser for `isa`, which this machine must support; for Isa::scalar one that always declines.
VectorParser vector_parser(core::Isa isa);

}  // namespace http::h1
