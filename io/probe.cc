#include "io/probe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "io/uring_backend.h"

namespace io {

std::string why_not_uring() {
  auto backend = UringBackend::create(Capacity{1, 1});
  if (!backend.ok()) {
    std::string reason = backend.error().message;
    if (reason.find("Operation not permitted") != std::string::npos) {
      reason += " (forbidden by the sandbox or by sysctl kernel.io_uring_disabled)";
    }
    return reason;
  }
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return core::system_error("socketpair", errno).message;
  }
  const SocketId id{0, 1};
  UringBackend& ring = **backend;
  ring.open(id, pair[0]);
  [[maybe_unused]] const ssize_t written = write(pair[1], "x", 1);

  std::string reason = "multishot receive gave no completion";
  bool closed = false;
  constexpr int kTurns = 8;  // one for the receive, one for the close, and some to spare
  for (int turn = 0; turn < kTurns && !closed; ++turn) {
    ring.wait(ring.read_clock().monotonic + 50'000'000);
    Completion completion;
    while (ring.next(completion)) {
      if (completion.op == Op::recv) {
        reason = completion.result == 1
                     ? ""
                     : core::system_error("multishot receive", -completion.result).message +
                           " (Linux 6.0 or newer is needed)";
        ring.close(id);
      }
      closed = closed || completion.op == Op::close;
    }
  }
  close(pair[1]);
  return reason;
}

}  // namespace io
