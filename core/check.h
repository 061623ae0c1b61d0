// Checks of our own reasoning. What the network, the disk or the user can cause is never checked
// here; it is a value (core/result.h). A failed check is a bug in spate: it says where and stops.
//
// CHECK stays on in release: use it for O(1) facts. DCHECK is for the rest and for inner loops.
#pragma once

namespace core {

// Prints "file:line: check failed: condition" to standard error and aborts. Any thread.
[[noreturn, gnu::cold]] void check_failed(const char* file, int line, const char* condition);

}  // namespace core

#define CHECK(condition) \
  ((condition) ? (void)0 : ::core::check_failed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
#define DCHECK(condition) ((void)sizeof((condition) ? 1 : 0))
#else
#define DCHECK(condition) CHECK(condition)
#endif

#define UNREACHABLE() ::core::check_failed(__FILE__, __LINE__, "unreachable")
