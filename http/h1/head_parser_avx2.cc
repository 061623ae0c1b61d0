// The head parser for AVX2: a block is two registers.
#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "http/field_name.h"
#include "http/h1/head_parser_vector.h"
#include "http/h1/scan_classes.h"
#include "http/h1/scan_target.h"
#include "http/method.h"

SPATE_TARGET_BEGIN("avx2,bmi,bmi2")

#include "http/h1/head_parser_impl.h"

namespace http::h1 {

namespace {

class Avx2Scan {
 public:
  explicit Avx2Scan(const char* bytes) : low_(load(bytes)), high_(load(bytes + 32)) {}

  ScanMaps maps() const {
    const __m256i low = classes(low_), high = classes(high_);
    return {join(not_token(low), not_token(high)), join(control(low), control(high))};
  }

  uint64_t not_target() const { return join(not_target(low_), not_target(high_)); }

  static uint64_t clear_through_lowest(uint64_t bits, uint64_t marks) {
    return _andn_u64(_blsmsk_u64(marks), bits);
  }

  class Name {
   public:
    explicit Name(const char* bytes)
        : folded_(_mm256_or_si256(load(bytes), load(kScanConstants.case_bit))) {}

    uint32_t first_four() const {
      return static_cast<uint32_t>(_mm_cvtsi128_si32(_mm256_castsi256_si128(folded_)));
    }
    uint32_t equal(const char* entry) const {
      return mask(_mm256_cmpeq_epi8(folded_, load(entry)));
    }

   private:
    __m256i folded_;
  };

 private:
  static __m256i load(const void* from) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
  }
  static uint32_t mask(__m256i bytes) { return static_cast<uint32_t>(_mm256_movemask_epi8(bytes)); }
  static uint64_t join(uint32_t low, uint32_t high) { return low | uint64_t{high} << 32; }

  static __m256i classes(__m256i bytes) {
    const __m256i rows =
        _mm256_and_si256(_mm256_srli_epi16(bytes, 4), load(kScanConstants.low_nibble));
    return _mm256_and_si256(_mm256_shuffle_epi8(load(kScanConstants.low), bytes),
                            _mm256_shuffle_epi8(load(kScanConstants.high), rows));
  }
  static uint32_t not_token(__m256i classes) {
    const __m256i rotated = _mm256_add_epi8(classes, load(kScanConstants.minus_one));
    return mask(_mm256_adds_epu8(rotated, load(kScanConstants.not_token_to_top)));
  }
  static uint32_t control(__m256i classes) {
    return mask(_mm256_adds_epu8(classes, load(kScanConstants.control_to_top)));
  }
  static uint32_t not_target(__m256i bytes) {
    const __m256i rotated = _mm256_add_epi8(bytes, load(kScanConstants.minus_exclamation));
    const __m256i outside = _mm256_adds_epu8(rotated, load(kScanConstants.beyond_tilde_to_top));
    return mask(_mm256_or_si256(outside, _mm256_cmpeq_epi8(bytes, load(kScanConstants.hash))));
  }

  __m256i low_, high_;
};

}  // namespace

uint32_t parse_head_avx2(const char* input, size_t size, const HeadLimits& limits,
                         RequestHead& head) {
  return VectorHeadParser<Avx2Scan>::parse(input, size, limits, head);
}

}  // namespace http::h1

SPATE_TARGET_END

#endif
