// Functions of libc are replaced here, and the inline ones of its checked version are in the way.
#undef _FORTIFY_SOURCE

#include "tests/support/faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>

namespace test_support {

namespace {

std::array<Fault*, kCalls> faults{};
UringTap* tap = nullptr;

Fault*& fault_of(Call call) {
  return faults[static_cast<std::size_t>(call)];
}

// Whether this call fails; errno is set then.
bool fails(Call call) {
  Fault* const fault = fault_of(call);
  if (fault == nullptr || !fault->strikes()) return false;
  errno = fault->error();
  return true;
}

void show_submissions(io_uring* ring) {
  if (tap == nullptr || !tap->on_submission) return;
  for (unsigned at = ring->sq.sqe_head; at != ring->sq.sqe_tail; ++at) {
    tap->on_submission(ring->sq.sqes[at & ring->sq.ring_mask]);
  }
}

void show_completions(io_uring* ring) {
  if (tap == nullptr || !tap->on_completion) return;
  unsigned head;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(ring, head, cqe) tap->on_completion(*cqe);
}

// The function that this file replaces.
template <class Function>
Function* original(Function* /*replacement*/, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

Fault::Fault(Call call, int error, uint32_t times, uint32_t spared)
    : call_(call), error_(error), times_(times), spared_(spared) {
  fault_of(call) = this;
}

Fault::~Fault() {
  fault_of(call_) = nullptr;
}

bool Fault::strikes() {
  if (spared_ > 0) {
    --spared_;
    return false;
  }
  if (struck_ == times_) return false;
  ++struck_;
  return true;
}

UringTap::UringTap() {
  tap = this;
}

UringTap::~UringTap() {
  tap = nullptr;
}

}  // namespace test_support

using test_support::Call;
using test_support::fails;
using test_support::original;
using test_support::show_completions;
using test_support::show_submissions;

#define ORIGINAL(function) static auto* const function##_of_libc = original(&::function, #function)

extern "C" {

int accept4(int descriptor, sockaddr* address, socklen_t* length, int flags) {
  ORIGINAL(accept4);
  return fails(Call::accept) ? -1 : accept4_of_libc(descriptor, address, length, flags);
}

int bind(int descriptor, const sockaddr* address, socklen_t length) noexcept {
  ORIGINAL(bind);
  return fails(Call::bind) ? -1 : bind_of_libc(descriptor, address, length);
}

int dup3(int from, int to, int flags) noexcept {
  ORIGINAL(dup3);
  return fails(Call::replace_descriptor) ? -1 : dup3_of_libc(from, to, flags);
}

int epoll_create1(int flags) noexcept {
  ORIGINAL(epoll_create1);
  return fails(Call::epoll_create) ? -1 : epoll_create1_of_libc(flags);
}

int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept {
  ORIGINAL(epoll_ctl);
  return fails(Call::epoll_control) ? -1 : epoll_ctl_of_libc(epoll, operation, descriptor, event);
}

int eventfd(unsigned count, int flags) noexcept {
  ORIGINAL(eventfd);
  return fails(Call::event_descriptor) ? -1 : eventfd_of_libc(count, flags);
}

DIR* fdopendir(int descriptor) {
  ORIGINAL(fdopendir);
  return fails(Call::directory_stream) ? nullptr : fdopendir_of_libc(descriptor);
}

int fstat(int descriptor, struct stat* attributes) noexcept {
  ORIGINAL(fstat);
  return fails(Call::file_status) ? -1 : fstat_of_libc(descriptor, attributes);
}

int ioctl(int descriptor, unsigned long request, ...) noexcept {
  ORIGINAL(ioctl);
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return fails(Call::socket_control) ? -1 : ioctl_of_libc(descriptor, request, argument);
}

int listen(int descriptor, int backlog) noexcept {
  ORIGINAL(listen);
  return fails(Call::listen) ? -1 : listen_of_libc(descriptor, backlog);
}

ssize_t pread(int descriptor, void* out, std::size_t size, off_t offset) {
  ORIGINAL(pread);
  return fails(Call::read) ? -1 : pread_of_libc(descriptor, out, size, offset);
}

ssize_t preadv2(int descriptor, const iovec* slices, int count, off_t offset, int flags) {
  ORIGINAL(preadv2);
  return fails(Call::read_cached) ? -1 : preadv2_of_libc(descriptor, slices, count, offset, flags);
}

dirent* readdir(DIR* stream) {
  ORIGINAL(readdir);
  return fails(Call::read_directory) ? nullptr : readdir_of_libc(stream);
}

ssize_t recv(int descriptor, void* out, std::size_t size, int flags) {
  ORIGINAL(recv);
  return fails(Call::recv) ? -1 : recv_of_libc(descriptor, out, size, flags);
}

int statx(int directory, const char* path, int flags, unsigned mask,
          struct statx* attributes) noexcept {
  ORIGINAL(statx);
  return fails(Call::known_status) ? -1 : statx_of_libc(directory, path, flags, mask, attributes);
}

// What libc has no function for.
long syscall(long number, ...) noexcept {
  ORIGINAL(syscall);
  // As many as any system call has; the kernel does not look at those that are too many.
  va_list arguments;
  va_start(arguments, number);
  long values[6];
  for (long& value : values) value = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_openat2 && fails(Call::open_beneath)) return -1;
  return syscall_of_libc(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

int socket(int domain, int type, int protocol) noexcept {
  ORIGINAL(socket);
  return fails(Call::socket) ? -1 : socket_of_libc(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int pair[2]) noexcept {
  ORIGINAL(socketpair);
  return fails(Call::socket_pair) ? -1 : socketpair_of_libc(domain, type, protocol, pair);
}

int io_uring_queue_init_params(unsigned entries, io_uring* ring, io_uring_params* parameters) {
  ORIGINAL(io_uring_queue_init_params);
  return fails(Call::uring_setup) ? -errno
                                  : io_uring_queue_init_params_of_libc(entries, ring, parameters);
}

int io_uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* registration, unsigned flags) {
  ORIGINAL(io_uring_register_buf_ring);
  return fails(Call::uring_buffers) ? -errno
                                    : io_uring_register_buf_ring_of_libc(ring, registration, flags);
}

int io_uring_submit(io_uring* ring) {
  ORIGINAL(io_uring_submit);
  if (fails(Call::uring_submit)) return -errno;
  show_submissions(ring);
  const int result = io_uring_submit_of_libc(ring);
  show_completions(ring);
  return result;
}

int io_uring_submit_and_get_events(io_uring* ring) {
  ORIGINAL(io_uring_submit_and_get_events);
  show_submissions(ring);
  const int result = io_uring_submit_and_get_events_of_libc(ring);
  show_completions(ring);
  return result;
}

int io_uring_submit_and_wait_timeout(io_uring* ring, io_uring_cqe** cqe, unsigned count,
                                     __kernel_timespec* timeout, sigset_t* signals) {
  ORIGINAL(io_uring_submit_and_wait_timeout);
  show_submissions(ring);
  const int result = io_uring_submit_and_wait_timeout_of_libc(ring, cqe, count, timeout, signals);
  show_completions(ring);
  return result;
}

}  // extern "C"

namespace io {

// In place of that of io/system_calls.cc.
long system_call(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_recvfrom && test_support::fails(test_support::Call::recv)) return -errno;
  const long result = ::syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
}

}  // namespace io
