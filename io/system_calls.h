// The system calls of every turn and request, without what libc puts around them: its functions are
// cancellation points, which in a process with more than one thread costs each call two atomic
// operations, 31 instructions. Nobody cancels a thread here. Link-time optimisation inlines them.
//
// A failure is returned as -errno, as the kernel says it. Any thread.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstddef>

namespace io {

// Alone in its file, so that a program of the tests can have its own, which counts or fails.
long system_call(long number, long a, long b, long c, long d, long e, long f);

inline ssize_t receive(int socket, void* out, std::size_t size, int flags) {
  return system_call(SYS_recvfrom, socket, reinterpret_cast<long>(out), static_cast<long>(size),
                     flags, 0, 0);
}

inline ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
  return system_call(SYS_sendto, socket, reinterpret_cast<long>(bytes), static_cast<long>(size),
                     flags, 0, 0);
}

inline ssize_t send_message(int socket, const msghdr& message, int flags) {
  return system_call(SYS_sendmsg, socket, reinterpret_cast<long>(&message), flags, 0, 0, 0);
}

// Not epoll_wait, which newer architectures do not have. `timeout` in milliseconds, -1: none.
inline int wait_for_events(int epoll, epoll_event* events, int room, int timeout) {
  return static_cast<int>(
      system_call(SYS_epoll_pwait, epoll, reinterpret_cast<long>(events), room, timeout, 0, 0));
}

}  // namespace io
