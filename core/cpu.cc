#include "core/cpu.h"

#include <cstdlib>
#include <string>

namespace core {

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::scalar:
      return "scalar";
    case Isa::sse42:
      return "sse42";
    case Isa::avx2:
      return "avx2";
  }
  UNREACHABLE();
}

bool isa_supported(Isa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (isa) {
    case Isa::scalar:
      return true;
    case Isa::sse42:
      return __builtin_cpu_supports("sse4.2") != 0;
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
             __builtin_cpu_supports("bmi2") != 0;
  }
  UNREACHABLE();
#else
  return isa == Isa::scalar;
#endif
}

Isa best_isa() {
  Isa best = Isa::scalar;
  for (Isa isa : kIsas) {
    if (isa_supported(isa)) best = isa;
  }
  return best;
}

Result<Isa> choose_isa(const char* name) {
  const std::string_view wanted = name == nullptr ? "" : name;
  if (wanted.empty()) return best_isa();
  std::string usable;
  for (Isa isa : kIsas) {
    if (!isa_supported(isa)) continue;
    if (isa_name(isa) == wanted) return isa;
    usable += usable.empty() ? "" : ", ";
    usable += isa_name(isa);
  }
  return Error{"SPATE_ISA=" + std::string(wanted) +
               ": not an instruction set that spate can use on " +
               "this machine; unset it, or use one of: " + usable};
}

const Result<Isa>& active_isa() {
  static const Result<Isa> active = choose_isa(std::getenv("SPATE_ISA"));
  return active;
}

}  // namespace core
