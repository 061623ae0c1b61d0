// The head parser for SSE4.2, which is what the x86-64-v2 level guarantees: a block is four
// registers.
#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "http/field_name.h"
#include "http/h1/head_parser_vector.h"
#include "http/h1/scan_classes.h"
#include "http/h1/scan_target.h"
#include "http/method.h"

SPATE_TARGET_BEGIN("sse4.2")

#include "http/h1/head_parser_impl.h"

namespace http::h1 {

namespace {

class Sse42Scan {
 public:
  explicit Sse42Scan(const char* bytes)
      : parts_{load(bytes), load(bytes + 16), load(bytes + 32), load(bytes + 48)} {}

  ScanMaps maps() const {
    const __m128i a = classes(parts_[0]), b = classes(parts_[1]);
    const __m128i c = classes(parts_[2]), d = classes(parts_[3]);
    return {join(not_token(a), not_token(b), not_token(c), not_token(d)),
            join(control(a), control(b), control(c), control(d))};
  }

  uint64_t not_target() const {
    return join(not_target(parts_[0]), not_target(parts_[1]), not_target(parts_[2]),
                not_target(parts_[3]));
  }

  static uint64_t clear_through_lowest(uint64_t bits, uint64_t marks) {
    return bits & ~(marks ^ (marks - 1));
  }

  class Name {
   public:
    explicit Name(const char* bytes)
        : low_(_mm_or_si128(load(bytes), constant(kScanConstants.case_bit))),
          high_(_mm_or_si128(load(bytes + 16), constant(kScanConstants.case_bit))) {}

    uint32_t first_four() const { return static_cast<uint32_t>(_mm_cvtsi128_si32(low_)); }
    uint32_t equal(const char* entry) const {
      return mask(_mm_cmpeq_epi8(low_, load(entry))) | mask(_mm_cmpeq_epi8(high_, load(entry + 16)))
                                                           << 16;
    }

   private:
    __m128i low_, high_;
  };

 private:
  static __m128i load(const void* from) {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
  }
  // Memory operands of SSE instructions must be aligned, and GCC folds only loads that say so.
  static __m128i constant(const uint8_t* from) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(from));
  }
  static uint32_t mask(__m128i bytes) { return static_cast<uint32_t>(_mm_movemask_epi8(bytes)); }
  static uint64_t join(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (a | b << 16) | uint64_t{c | d << 16} << 32;
  }

  static __m128i classes(__m128i bytes) {
    const __m128i rows =
        _mm_and_si128(_mm_srli_epi16(bytes, 4), constant(kScanConstants.low_nibble));
    return _mm_and_si128(_mm_shuffle_epi8(constant(kScanConstants.low), bytes),
                         _mm_shuffle_epi8(constant(kScanConstants.high), rows));
  }
  static uint32_t not_token(__m128i classes) {
    const __m128i rotated = _mm_add_epi8(classes, constant(kScanConstants.minus_one));
    return mask(_mm_adds_epu8(rotated, constant(kScanConstants.not_token_to_top)));
  }
  static uint32_t control(__m128i classes) {
    return mask(_mm_adds_epu8(classes, constant(kScanConstants.control_to_top)));
  }
  static uint32_t not_target(__m128i bytes) {
    const __m128i rotated = _mm_add_epi8(bytes, constant(kScanConstants.minus_exclamation));
    const __m128i outside = _mm_adds_epu8(rotated, constant(kScanConstants.beyond_tilde_to_top));
    return mask(_mm_or_si128(outside, _mm_cmpeq_epi8(bytes, constant(kScanConstants.hash))));
  }

  __m128i parts_[4];
};

}  // namespace

uint32_t parse_head_sse42(const char* input, size_t size, const HeadLimits& limits,
                          RequestHead& head) {
  return VectorHeadParser<Sse42Scan>::parse(input, size, limits, head);
}

}  // namespace http::h1

SPATE_TARGET_END

#endif
