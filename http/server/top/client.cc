#include "http/server/top/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/clock.h"

namespace http::server::top {

namespace {

constexpr uint64_t kMillisecond = 1'000'000;

class Socket {
 public:
  explicit Socket(bool ipv6)
      : descriptor_(
            socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        give_up_(core::read_monotonic_clock() + kPatience) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // 0, or an errno value, as the next ones.
  int connect_to(const io::Address& address) {
    if (descriptor_ < 0) return errno;
    sockaddr_storage storage{};
    socklen_t length = sizeof(sockaddr_in);
    if (address.ipv6) {
      auto* in6 = reinterpret_cast<sockaddr_in6*>(&storage);
      in6->sin6_family = AF_INET6;
      in6->sin6_port = htons(address.port);
      inet_pton(AF_INET6, address.host.c_str(), &in6->sin6_addr);
      length = sizeof(sockaddr_in6);
    } else {
      auto* in = reinterpret_cast<sockaddr_in*>(&storage);
      in->sin_family = AF_INET;
      in->sin_port = htons(address.port);
      inet_pton(AF_INET, address.host.c_str(), &in->sin_addr);
    }
    if (connect(descriptor_, reinterpret_cast<sockaddr*>(&storage), length) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (const int error = wait_for(POLLOUT); error != 0) return error;
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  }

  int send_all(core::Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN && errno != EINTR) {
        return errno;
      } else if (const int error = wait_for(POLLOUT); error != 0) {
        return error;
      }
    }
    return 0;
  }

  int receive_all(std::string& bytes) {
    char part[16 * 1024];
    while (bytes.size() <= kMostBytes) {
      const ssize_t got = recv(descriptor_, part, sizeof(part), 0);
      if (got == 0) return 0;
      if (got > 0) {
        bytes.append(part, static_cast<std::size_t>(got));
      } else if (errno != EAGAIN && errno != EINTR) {
        return errno;
      } else if (const int error = wait_for(POLLIN); error != 0) {
        return error;
      }
    }
    return EMSGSIZE;
  }

 private:
  int wait_for(short events) {
    while (true) {
      const uint64_t now = core::read_monotonic_clock();
      if (now >= give_up_) return ETIMEDOUT;
      pollfd event{descriptor_, events, 0};
      const int ready = poll(&event, 1, static_cast<int>((give_up_ - now) / kMillisecond) + 1);
      if (ready > 0) return 0;
      if (ready < 0 && errno != EINTR) return errno;
    }
  }

  int descriptor_;
  uint64_t give_up_;
};

}  // namespace

core::Result<std::string> fetch_page(const io::Address& address, core::Bytes path) {
  const std::string host = address.text();
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
  request.append("\r\nConnection: close\r\n\r\n");
  Socket socket(address.ipv6);
  std::string answer;
  if (const int error = socket.connect_to(address); error != 0) {
    return core::Error{"nobody answers at " + host + ": " + std::generic_category().message(error) +
                       " (start spate with --admin=" + std::to_string(address.port) +
                       ", or name its admin address)"};
  }
  int error = socket.send_all(request);
  if (error == 0) error = socket.receive_all(answer);
  if (error != 0)
    return core::Error{host + " breaks off: " + std::generic_category().message(error)};
  const std::size_t end = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 ") || end == std::string::npos) {
    return core::Error{host + " is no admin address of spate: it has no " + std::string(path)};
  }
  return answer.substr(end + 4);
}

}  // namespace http::server::top
