#include "io/system_calls.h"

#include <unistd.h>

#include <cerrno>

namespace io {

#if defined(__x86_64__)

long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long fourth asm("r10") = d;
  register long fifth asm("r8") = e;
  register long sixth asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
               : "rcx", "r11", "memory");
  return result;
}

#else

long system_call(long number, long a, long b, long c, long d, long e, long f) {
  const long result = ::syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
}

#endif

}  // namespace io
