// Chooses the vector parser, and asks the scalar one when it declines.
#include "http/h1/head_parser.h"

#include <algorithm>
#include <atomic>

#include "core/check.h"
#include "http/h1/head_parser_vector.h"

namespace http::h1 {

namespace {

uint32_t decline(const char*, size_t, const HeadLimits&, RequestHead&) {
  return 0;
}

uint32_t resolve_and_parse(const char* input, size_t size, const HeadLimits& limits,
                           RequestHead& head);

}  // namespace

// Constant until the first call, which replaces it; two threads that make the first call at once
// store the same pointer.
constinit std::atomic<VectorParser> active_parser = resolve_and_parse;

namespace {

VectorParser resolve() {
  const VectorParser parser = vector_parser(core::active_isa().value());
  active_parser.store(parser, std::memory_order_relaxed);
  return parser;
}

uint32_t resolve_and_parse(const char* input, size_t size, const HeadLimits& limits,
                           RequestHead& head) {
  return resolve()(input, size, limits, head);
}

HeadResult parse_through(VectorParser parser, core::Bytes input, const HeadLimits& limits,
                         RequestHead& head) {
  const uint32_t consumed = accept_head(parser, input.substr(0, kMaxHeadBytes), limits, head);
  if (consumed == 0) return parse_head_scalar(input, limits, head);
  return {.verdict = HeadVerdict::complete, .consumed = consumed};
}

}  // namespace

VectorParser vector_parser(core::Isa isa) {
  switch (isa) {
    case core::Isa::scalar:
      return decline;
#if defined(__x86_64__)
    case core::Isa::sse42:
      return parse_head_sse42;
    case core::Isa::avx2:
      return parse_head_avx2;
#else
    default:
      break;
#endif
  }
  UNREACHABLE();
}

HeadResult parse_head(core::Bytes input, const HeadLimits& limits, RequestHead& head) {
  return parse_through(active_parser.load(std::memory_order_relaxed), input, limits, head);
}

HeadResult parse_head_with(core::Isa isa, core::Bytes input, const HeadLimits& limits,
                           RequestHead& head) {
  return parse_through(vector_parser(isa), input, limits, head);
}

core::Isa head_parser_isa() {
  VectorParser parser = active_parser.load(std::memory_order_relaxed);
  if (parser == resolve_and_parse) parser = resolve();
  for (core::Isa isa : core::kIsas) {
    if (core::isa_supported(isa) && vector_parser(isa) == parser) return isa;
  }
  UNREACHABLE();
}

}  // namespace http::h1
