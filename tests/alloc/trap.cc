// Functions of libc are replaced here, and the inline ones of its checked version are in the way.
#undef _FORTIFY_SOURCE

#include "tests/alloc/trap.h"

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>

// By the linker: where the program begins.
extern "C" char __executable_start;

namespace alloc {

namespace {

thread_local bool watched = false;
std::atomic<bool> armed{false};

struct Counters {
  std::atomic<uint64_t> allocations, frees, receives, sends, sendfiles, waits, controls, accepts;
};
Counters counters;
std::atomic<void*> offender{nullptr};

[[maybe_unused]] void count(std::atomic<uint64_t>& counter) {
  if (watched && armed.load(std::memory_order_relaxed)) {
    counter.fetch_add(1, std::memory_order_relaxed);
  }
}

[[maybe_unused]] void count_memory(std::atomic<uint64_t>& counter, void* caller) {
  if (!watched || !armed.load(std::memory_order_relaxed)) return;
  counter.fetch_add(1, std::memory_order_relaxed);
  void* none = nullptr;
  offender.compare_exchange_strong(none, caller);
}

}  // namespace

Watch::Watch() {
  watched = true;
}

Watch::~Watch() {
  watched = false;
}

void arm() {
  offender = nullptr;
  for (std::atomic<uint64_t>* counter :
       {&counters.allocations, &counters.frees, &counters.receives, &counters.sends,
        &counters.sendfiles, &counters.waits, &counters.controls, &counters.accepts}) {
    *counter = 0;
  }
  armed = true;
}

Counts disarm() {
  armed = false;
  Counts counts;
  counts.allocations = counters.allocations;
  counts.frees = counters.frees;
  counts.receives = counters.receives;
  counts.sends = counters.sends;
  counts.sendfiles = counters.sendfiles;
  counts.waits = counters.waits;
  counts.controls = counters.controls;
  counts.accepts = counters.accepts;
  return counts;
}

std::string first_offender() {
  if (offender == nullptr) return "";
  // The place in the file: what it is loaded at differs with each run.
  char text[64];
  std::snprintf(text, sizeof(text), "called from %#tx",
                static_cast<char*>(offender.load()) - &__executable_start);
  return text;
}

}  // namespace alloc

// The allocator ------------------------------------------------------------------------------

#if SPATE_TRAPS

using alloc::count;
using alloc::count_memory;
using alloc::counters;

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

void* malloc(std::size_t size) {
  count_memory(counters.allocations, __builtin_return_address(0));
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
  count_memory(counters.allocations, __builtin_return_address(0));
  return __libc_calloc(number, size);
}

void* realloc(void* memory, std::size_t size) {
  count_memory(counters.allocations, __builtin_return_address(0));
  return __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  count_memory(counters.allocations, __builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count_memory(counters.allocations, __builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  count_memory(counters.allocations, __builtin_return_address(0));
  *memory = __libc_memalign(alignment, size);
  return *memory != nullptr ? 0 : ENOMEM;
}

void free(void* memory) {
  if (memory != nullptr) count_memory(counters.frees, __builtin_return_address(0));
  __libc_free(memory);
}

// System calls -------------------------------------------------------------------------------

ssize_t sendfile(int socket, int file, off_t* offset, std::size_t size) noexcept {
  count(counters.sendfiles);
  return syscall(SYS_sendfile, socket, file, offset, size);
}

int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept {
  count(counters.controls);
  return static_cast<int>(syscall(SYS_epoll_ctl, epoll, operation, descriptor, event));
}

int accept4(int listener, sockaddr* address, socklen_t* length, int flags) {
  count(counters.accepts);
  return static_cast<int>(syscall(SYS_accept4, listener, address, length, flags));
}

}  // extern "C"

namespace io {

// In place of that of io/system_calls.cc.
long system_call(long number, long a, long b, long c, long d, long e, long f) {
  switch (number) {
    case SYS_recvfrom:
      count(counters.receives);
      break;
    case SYS_sendto:
    case SYS_sendmsg:
      count(counters.sends);
      break;
    case SYS_epoll_pwait:
      count(counters.waits);
      break;
    default:
      break;
  }
  const long result = ::syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
}

}  // namespace io

#endif  // SPATE_TRAPS
