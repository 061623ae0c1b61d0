// The system calls of every turn and request, without what libc puts around them: its functions are
// cancellation points, which in a process with more than one thread costs each call two atomic
// operations, 31 instructions. Nobody cancels a thread here. Otherwise they are as libc's: -1 and
// errno. Any thread.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace io {

inline ssize_t receive(int socket, void* out, std::size_t size, int flags) {
  return ::syscall(SYS_recvfrom, socket, out, size, flags, nullptr, nullptr);
}

inline ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}

inline ssize_t send_message(int socket, const msghdr& message, int flags) {
  return ::syscall(SYS_sendmsg, socket, &message, flags);
}

// Not epoll_wait, which newer architectures do not have. `timeout` in milliseconds, -1: none.
inline int wait_for_events(int epoll, epoll_event* events, int room, int timeout) {
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait, epoll, events, room, timeout, nullptr, std::size_t{0}));
}

}  // namespace io
