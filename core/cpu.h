// Which vector instructions spate uses. The best that the processor and the kernel allow, unless
// the environment variable SPATE_ISA names another (scalar, sse42, avx2), which is there for tests
// and for comparing.
//
// The environment is read once, by the first call of active_isa(). main() makes that call before it
// starts a thread, so that a bad value is one printed line and not a crash later. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/result.h"

namespace core {

// From the plainest to the widest; avx2 includes the bit manipulation of BMI and BMI2.
//
// There is no AVX-512: measured for the head parser, it gains too little for one more variant to
// keep. A head of 709 bytes took 90 ns with it and 93 ns with AVX2, one of 48 bytes 17.1 ns with
// either (Zen 4, GCC 12): most of the work is per field line and not per block.
enum class Isa : uint8_t { scalar, sse42, avx2 };

inline constexpr std::array kIsas = {Isa::scalar, Isa::sse42, Isa::avx2};

// "avx2": the word that SPATE_ISA takes. Static storage.
std::string_view isa_name(Isa isa);

// True when this processor has every instruction that spate's code for `isa` uses and the kernel
// saves the registers that they need.
bool isa_supported(Isa isa);

Isa best_isa();

// The ISA that `name` asks for; best_isa() when it is null or empty. The error of an unknown or
// unsupported one is a line for the user that lists what this machine can run.
Result<Isa> choose_isa(const char* name);

// choose_isa(SPATE_ISA) as the environment was at the first call; the same answer ever after.
const Result<Isa>& active_isa();

}  // namespace core
