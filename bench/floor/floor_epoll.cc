// The floor of the epoll backend: edge-triggered, one registration per descriptor, one recv per
// event into one hot buffer, one send.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "bench/floor/floor.h"

namespace bench::floor {
namespace {

class EpollFloor {
 public:
  explicit EpollFloor(const Options& options)
      : options_(options), responses_(options), connections_(make_connections()) {
    listener_ = listen_on(options.port);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) fail("epoll_create1", errno);
    add(listener_, EPOLLIN | EPOLLET);
    print_ready(listener_, "epoll");
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait", errno);
      for (int i = 0; i < count; i++) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_) {
          accept_all();
        } else {
          serve(event.data.fd, event.events);
        }
      }
    }
  }

 private:
  void add(int descriptor, std::uint32_t interest) {
    epoll_event event{};
    event.events = interest;
    event.data.fd = descriptor;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl", errno);
  }

  void accept_all() {
    for (;;) {
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) {
        if (errno == EAGAIN) return;
        if (errno == ECONNABORTED || errno == EINTR) continue;
        fail("accept4", errno);
      }
      Connection& connection = connections_[static_cast<std::size_t>(socket)];
      connection = Connection();
      connection.response = &responses_.first();
      add(socket, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  void serve(int socket, std::uint32_t events) {
    Connection& connection = connections_[static_cast<std::size_t>(socket)];
    const bool had_debt = connection.owed > 0;
    if ((events & ~std::uint32_t{EPOLLOUT}) != 0 && !receive(socket, events, connection)) {
      close(socket);
      return;
    }
    // What was parked because the socket was full goes on when there is room again; no sooner.
    if (connection.owed == 0 || (had_debt && (events & EPOLLOUT) == 0)) return;
    if (!send_all(socket, connection) || (options_.close && connection.owed == 0)) close(socket);
  }

  // False at the end of the stream. A read that does not fill the buffer took all there was; only
  // an event that speaks of an end reads on until it comes.
  bool receive(int socket, std::uint32_t events, Connection& connection) {
    const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    for (;;) {
      const ssize_t size = recv(socket, buffer_.data(), buffer_.size(), 0);
      if (size == 0) return false;
      if (size < 0) return errno == EAGAIN;
      const auto received = static_cast<std::size_t>(size);
      const std::size_t requests =
          options_.pipeline ? count_blank_lines({buffer_.data(), received}, connection.matched) : 1;
      if (responses_.are_by_target()) {
        connection.response = &responses_.of({buffer_.data(), received});
      }
      connection.owed += requests * connection.response->size();
      if (received < buffer_.size() && !ends) return true;
    }
  }

  // False if the connection failed. Otherwise all is sent or the socket is full.
  bool send_all(int socket, Connection& connection) {
    const Response& response = *connection.response;
    do {
      std::int64_t sent;
      if (response.has_file()) {
        sent = response.send_file_part(socket, connection.owed, connection.offset);
      } else {
        const std::string_view bytes = response.next(connection.owed, connection.offset);
        sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) sent = -errno;
      }
      if (sent < 0) return sent == -EAGAIN;
      connection.took(static_cast<std::uint64_t>(sent));
    } while (connection.owed > 0);
    return true;
  }

  const Options options_;
  const Responses responses_;
  std::vector<Connection> connections_;
  int listener_ = -1;
  int epoll_ = -1;
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace
}  // namespace bench::floor

int main(int argc, char** argv) {
  static bench::floor::EpollFloor floor(bench::floor::parse_options(argc, argv));
  floor.run();
}
