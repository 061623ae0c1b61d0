// The floor of the io_uring backend: multishot accept, multishot receive into a provided buffer
// ring, one send per read, everything submitted once per turn.
//
// Files: io_uring has no sendfile, so the head and the file are sent by direct calls, and a full
// socket is waited for with a poll. --close: the receive is a single one, so that nothing holds the
// socket when the close linked to the send comes.
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "bench/floor/floor.h"

namespace bench::floor {
namespace {

enum class Op : std::uint32_t { accept, recv, send, poll, close };

class UringFloor {
 public:
  explicit UringFloor(const Options& options)
      : options_(options), responses_(options), connections_(make_connections()) {
    listener_ = listen_on(options.port);
    const char* mode = set_up_ring();
    set_up_buffers();
    arm_accept();
    print_ready(listener_, mode);
  }

  [[noreturn]] void run() {
    for (;;) {
      const int submitted = io_uring_submit_and_wait(&ring_, 1);
      // EBUSY: completions overflowed; taking them makes room.
      if (submitted < 0 && submitted != -EINTR && submitted != -EBUSY) {
        fail("io_uring_enter", -submitted);
      }
      unsigned head;
      unsigned seen = 0;
      io_uring_cqe* cqe;
      io_uring_for_each_cqe(&ring_, head, cqe) {
        complete(*cqe);
        seen++;
      }
      io_uring_cq_advance(&ring_, seen);
      io_uring_buf_ring_advance(buffer_ring_, returned_);
      returned_ = 0;
    }
  }

 private:
  // 256 buffers: more than a burst of 64 connections uses in a turn, and what is touched of them
  // stays in the second-level cache.
  static constexpr unsigned kBuffers = 256;
  static constexpr unsigned kBufferSize = 2048;
  static constexpr int kBufferGroup = 0;
  static constexpr unsigned kSubmissions = 1024;
  static constexpr unsigned kCompletions = 32768;

  const char* set_up_ring() {
    io_uring_params params{};
    params.cq_entries = kCompletions;
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    const char* mode = "io_uring with deferred task work";
    int result = io_uring_queue_init_params(kSubmissions, &ring_, &params);
    if (result == -EINVAL) {  // before Linux 6.1
      params = {};
      params.cq_entries = kCompletions;
      params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_COOP_TASKRUN;
      mode = "io_uring with cooperative task work (the kernel has no deferred task work)";
      result = io_uring_queue_init_params(kSubmissions, &ring_, &params);
    }
    if (result < 0) fail("io_uring_setup", -result);
    io_uring_register_ring_fd(&ring_);  // saves looking the ring up in each call; optional
    return mode;
  }

  void set_up_buffers() {
    void* const entries = mmap(nullptr, kBuffers * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (entries == MAP_FAILED) fail("mmap", errno);
    buffer_ring_ = static_cast<io_uring_buf_ring*>(entries);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(entries);
    registration.ring_entries = kBuffers;
    registration.bgid = kBufferGroup;
    const int result = io_uring_register_buf_ring(&ring_, &registration, 0);
    if (result < 0) fail("io_uring_register_buf_ring", -result);
    io_uring_buf_ring_init(buffer_ring_);
    for (unsigned short i = 0; i < kBuffers; i++) give_back(i);
    io_uring_buf_ring_advance(buffer_ring_, returned_);
    returned_ = 0;
  }

  // The kernel sees the buffer after the turn, with all others of it.
  void give_back(unsigned short buffer) {
    io_uring_buf_ring_add(buffer_ring_, buffers_[buffer].data(), kBufferSize, buffer,
                          io_uring_buf_ring_mask(kBuffers), returned_++);
  }

  io_uring_sqe* next_sqe() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) {
      const int result = io_uring_submit(&ring_);
      sqe = io_uring_get_sqe(&ring_);
      if (sqe == nullptr) fail("io_uring_enter", result < 0 ? -result : EBUSY);
    }
    return sqe;
  }

  // A connection is closed only when the kernel holds nothing of it, so a descriptor is name
  // enough.
  static void name(io_uring_sqe* sqe, Op op, int descriptor) {
    sqe->user_data = std::uint64_t{static_cast<std::uint32_t>(op)} << 32 |
                     static_cast<std::uint32_t>(descriptor);
  }

  void arm_accept() {
    io_uring_sqe* const sqe = next_sqe();
    io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr, SOCK_CLOEXEC);
    name(sqe, Op::accept, listener_);
  }

  void arm_recv(int socket, Connection& connection) {
    if (connection.non_blocking) set_non_blocking(socket, connection, false);
    io_uring_sqe* const sqe = next_sqe();
    io_uring_prep_recv(sqe, socket, nullptr, 0, 0);
    if (!options_.close) sqe->ioprio |= IORING_RECV_MULTISHOT;
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = kBufferGroup;
    name(sqe, Op::recv, socket);
    connection.recv_armed = true;
  }

  // Direct calls must not block, but io_uring does not wait on a socket that has O_NONBLOCK when
  // the operation is submitted: set once per connection, after its receive was armed.
  void set_non_blocking(int socket, Connection& connection, bool on) {
    if (fcntl(socket, F_SETFL, on ? O_RDWR | O_NONBLOCK : O_RDWR) < 0) fail("fcntl", errno);
    connection.non_blocking = on;
  }

  void complete(const io_uring_cqe& cqe) {
    const auto op = static_cast<Op>(cqe.user_data >> 32);
    const auto descriptor = static_cast<int>(cqe.user_data & 0xffffffff);
    if (op == Op::accept) {
      accepted(cqe);
      return;
    }
    Connection& connection = connections_[static_cast<std::size_t>(descriptor)];
    switch (op) {
      case Op::recv:
        received(cqe, descriptor, connection);
        break;
      case Op::send:
        sent(cqe.res, descriptor, connection);
        break;
      case Op::poll:
        connection.send_busy = false;
        if (!connection.closing) send_next(descriptor, connection);
        break;
      case Op::close:  // skipped when the send it was linked to fell short
        connection.send_busy = false;
        if (cqe.res == 0) return;
        if (!connection.closing) send_memory(descriptor, connection);
        break;
      case Op::accept:
        break;
    }
    if (connection.closing && !connection.recv_armed && !connection.send_busy) close(descriptor);
  }

  void accepted(const io_uring_cqe& cqe) {
    if (cqe.res >= 0) {
      Connection& connection = connections_[static_cast<std::size_t>(cqe.res)];
      connection = Connection();
      connection.response = &responses_.first();
      arm_recv(cqe.res, connection);
    } else if (cqe.res != -ECONNABORTED && cqe.res != -EINTR) {
      fail("accept", -cqe.res);
    }
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) arm_accept();
  }

  void received(const io_uring_cqe& cqe, int socket, Connection& connection) {
    connection.recv_armed = (cqe.flags & IORING_CQE_F_MORE) != 0;
    std::size_t requests = 0;
    if ((cqe.flags & IORING_CQE_F_BUFFER) != 0) {
      const auto buffer = static_cast<unsigned short>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
      if (cqe.res > 0) {
        const std::string_view bytes(buffers_[buffer].data(), static_cast<std::size_t>(cqe.res));
        requests = options_.pipeline ? count_blank_lines(bytes, connection.matched) : 1;
        if (responses_.are_by_target()) connection.response = &responses_.of(bytes);
      }
      give_back(buffer);
    }
    if (connection.closing) return;
    if (cqe.res == 0 || (cqe.res < 0 && cqe.res != -ENOBUFS)) {
      begin_close(socket, connection);
      return;
    }
    // Buffers ran out, or the kernel ended the multishot receive. What this turn used is given back
    // before the new receive is submitted.
    if (!connection.recv_armed && (!options_.close || cqe.res == -ENOBUFS)) {
      arm_recv(socket, connection);
    }
    if (requests == 0) return;
    const bool had_debt = connection.owed > 0;
    connection.owed += requests * connection.response->size();
    if (!had_debt) send_next(socket, connection);
  }

  void send_next(int socket, Connection& connection) {
    if (connection.response->has_file()) {
      send_file(socket, connection);
    } else {
      send_memory(socket, connection);
    }
  }

  // The socket is full and does not block.
  void await_room(int socket, Connection& connection) {
    io_uring_sqe* const sqe = next_sqe();
    io_uring_prep_poll_add(sqe, socket, POLLOUT);
    name(sqe, Op::poll, socket);
    connection.send_busy = true;
  }

  // MSG_WAITALL lets the kernel go on after a short write by itself, as far as it can.
  void send_memory(int socket, Connection& connection) {
    const std::string_view bytes = connection.response->next(connection.owed, connection.offset);
    io_uring_sqe* const sqe = next_sqe();
    io_uring_prep_send(sqe, socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_WAITALL);
    name(sqe, Op::send, socket);
    connection.send_busy = true;
    if (options_.close) {
      sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
      io_uring_sqe* const closing = next_sqe();
      io_uring_prep_close(closing, socket);
      name(closing, Op::close, socket);
    }
  }

  void sent(int result, int socket, Connection& connection) {
    connection.send_busy = options_.close;  // then the linked close has still to be heard of
    if (result == -EAGAIN && !options_.close) {
      await_room(socket, connection);
      return;
    }
    if (result < 0) {
      begin_close(socket, connection);
      return;
    }
    connection.took(static_cast<std::uint64_t>(result));
    if (connection.owed > 0 && !connection.closing && !options_.close) {
      send_memory(socket, connection);
    }
  }

  void send_file(int socket, Connection& connection) {
    if (!connection.non_blocking) set_non_blocking(socket, connection, true);
    while (connection.owed > 0) {
      const std::int64_t sent =
          connection.response->send_file_part(socket, connection.owed, connection.offset);
      if (sent == -EAGAIN) {
        await_room(socket, connection);
        return;
      }
      if (sent < 0) {
        begin_close(socket, connection);
        return;
      }
      connection.took(static_cast<std::uint64_t>(sent));
    }
    if (options_.close) begin_close(socket, connection);
  }

  // Ends whatever the kernel still holds; complete() closes when the last of it was heard of.
  void begin_close(int socket, Connection& connection) {
    connection.closing = true;
    if (connection.recv_armed || connection.send_busy) shutdown(socket, SHUT_RDWR);
  }

  const Options options_;
  const Responses responses_;
  std::vector<Connection> connections_;
  int listener_ = -1;
  io_uring ring_{};
  io_uring_buf_ring* buffer_ring_ = nullptr;
  int returned_ = 0;  // buffers given back in this turn
  alignas(4096) std::array<std::array<char, kBufferSize>, kBuffers> buffers_;
};

}  // namespace
}  // namespace bench::floor

int main(int argc, char** argv) {
  static bench::floor::UringFloor floor(bench::floor::parse_options(argc, argv));
  floor.run();
}
