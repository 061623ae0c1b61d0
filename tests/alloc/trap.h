// Traps for what the hot path must not do, and counters for what it should do rarely: the functions
// of the allocator and some system calls of libc are replaced in this program by ones that count
// and then do the same. operator new of libstdc++ calls malloc, so it is trapped with it.
//
// Only calls of threads that asked to be watched count, and only while the trap is armed. A
// sanitizer replaces the allocator itself, so there is no trap under one.
#pragma once

#include <cstdint>
#include <string>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPATE_TRAPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SPATE_TRAPS 0
#endif
#endif
#ifndef SPATE_TRAPS
#define SPATE_TRAPS 1
#endif

namespace alloc {

inline constexpr bool kTrapWorks = SPATE_TRAPS == 1;

struct Counts {
  uint64_t allocations = 0;  // malloc, calloc, realloc, aligned_alloc and their relatives
  uint64_t frees = 0;
  uint64_t receives = 0;   // recvfrom
  uint64_t sends = 0;      // sendto, sendmsg
  uint64_t sendfiles = 0;  // sendfile
  uint64_t waits = 0;      // epoll_pwait
  uint64_t controls = 0;   // epoll_ctl
  uint64_t accepts = 0;    // accept4
};

// Counts the calls of the thread that made it, while it lives.
class Watch {
 public:
  Watch();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
};
// Starts to count, from zero. From any thread.
void arm();
// Stops counting and returns what was counted.
Counts disarm();
// Where the first allocation or free came from, for addr2line; empty if there was none.
std::string first_offender();

}  // namespace alloc
