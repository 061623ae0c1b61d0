#include "io/listener.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "core/check.h"
#include "io/system_calls.h"

namespace io {

namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

bool to_socket_address(const Address& address, SocketAddress& out) {
  if (address.ipv6) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(address.port);
    out.length = sizeof(*in6);
    return inet_pton(AF_INET6, address.host.c_str(), &in6->sin6_addr) == 1;
  }
  auto* in = reinterpret_cast<sockaddr_in*>(&out.storage);
  in->sin_family = AF_INET;
  in->sin_port = htons(address.port);
  out.length = sizeof(*in);
  return inet_pton(AF_INET, address.host.c_str(), &in->sin_addr) == 1;
}

void set_option(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof(value));
}

// A bound socket, or -1 with errno.
int bind_socket(const Address& address, bool reuse_port) {
  SocketAddress socket_address;
  CHECK(to_socket_address(address, socket_address));  // as it was when it was parsed
  const int family = address.ipv6 ? AF_INET6 : AF_INET;
  const int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (reuse_port) set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  // "[::]" takes IPv4 too, so that ":PORT" is one listener; any other address is IPv6 alone.
  if (address.ipv6) {
    set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, address.host == "::" ? 0 : 1);
  }
  if (bind(descriptor, socket_address.get(), socket_address.length) != 0) {
    const int error = errno;
    close(descriptor);
    errno = error;
    return -1;
  }
  return descriptor;
}

uint16_t bound_port(int descriptor) {
  SocketAddress bound;
  bound.length = sizeof(bound.storage);
  getsockname(descriptor, bound.get(), &bound.length);
  return ntohs(bound.storage.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&bound.storage)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&bound.storage)->sin_port);
}

core::Error listen_error(const Address& address, int error) {
  std::string message = core::system_error("cannot listen on " + address.text(), error).message;
  if (error == EADDRINUSE) {
    message += " (another program has this port: stop it, or choose another port)";
  } else if (error == EACCES) {
    message += " (ports below 1024 need the capability CAP_NET_BIND_SERVICE)";
  } else if (error == EADDRNOTAVAIL) {
    message += " (no interface of this machine has this address)";
  }
  return core::Error{message};
}

}  // namespace

std::string Address::text() const {
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

core::Result<Address> parse_address(const std::string& text) {
  const core::Error malformed{"\"" + text +
                              "\" is not ADDR:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return malformed;
  std::string host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);

  Address address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return malformed;
  if (host.empty()) {
    host = "[::]";
  } else if (host == "localhost") {
    host = "127.0.0.1";
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    address.ipv6 = true;
    host = host.substr(1, host.size() - 2);
  }
  address.host = host;
  SocketAddress binary;
  if (!to_socket_address(address, binary)) return malformed;
  // One spelling of each address, so that "[0::0]" is known to be "[::]".
  char canonical[INET6_ADDRSTRLEN];
  const void* bytes =
      address.ipv6
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6*>(&binary.storage)->sin6_addr)
          : &reinterpret_cast<sockaddr_in*>(&binary.storage)->sin_addr;
  address.host = inet_ntop(address.ipv6 ? AF_INET6 : AF_INET, bytes, canonical, sizeof(canonical));
  return address;
}

core::Result<std::vector<int>> listen_on(Address& address, uint32_t count) {
  // Without SO_REUSEPORT this fails if anyone listens there, so no other server is joined by
  // mistake; it also settles which port 0 becomes.
  const int probe = bind_socket(address, false);
  if (probe < 0 && errno == EAFNOSUPPORT && address.host == "::") {
    address.host = "0.0.0.0";  // a machine without IPv6
    address.ipv6 = false;
    return listen_on(address, count);
  }
  if (probe < 0) return listen_error(address, errno);
  // A bound port is refused by listen() only: two sockets may bind it with SO_REUSEADDR.
  if (listen(probe, 1) != 0) {
    const core::Error error = listen_error(address, errno);
    close(probe);
    return error;
  }
  address.port = bound_port(probe);
  close(probe);

  std::vector<int> listeners;
  for (uint32_t i = 0; i < count; ++i) {
    const int descriptor = bind_socket(address, true);
    if (descriptor >= 0) {
      // Inherited by accepted sockets. A response is handed over whole, so waiting for more to send
      // (Nagle) could only delay its last packet.
      set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
      if (listen(descriptor, static_cast<int>(kLongestAcceptQueue)) == 0) {
        listeners.push_back(descriptor);
        continue;
      }
    }
    const core::Error error = listen_error(address, errno);
    if (descriptor >= 0) close(descriptor);
    for (const int open : listeners) close(open);
    return error;
  }
  return listeners;
}

AcceptQueue accept_queue_of(int descriptor) {
  AcceptQueue queue;
  // Of a listener, "unacknowledged" are the connections that nobody has accepted.
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
    queue.waiting = info.tcpi_unacked;
  }
  uint32_t memory[SK_MEMINFO_VARS] = {};
  size = sizeof(memory);
  if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0) {
    queue.dropped = memory[SK_MEMINFO_DROPS];
  }
  return queue;
}

void limit_accept_queue(int descriptor, uint32_t most) {
  CHECK(listen_again(descriptor, most));
}

void stop_listening(int descriptor) {
  // It is bound and closed then, as before listen(). shutdown() does the same to a listener, but a
  // second one would be inherited by all connections once it listens again. It can not fail for a
  // socket of TCP.
  const sockaddr nobody{AF_UNSPEC, {}};
  // Not by libc: ThreadSanitizer would take it for the making of a descriptor that the thread whose
  // listener it is already has.
  system_call(SYS_connect, descriptor, reinterpret_cast<long>(&nobody), sizeof(nobody), 0, 0, 0);
}

bool listen_again(int descriptor, uint32_t most) {
  return listen(descriptor, static_cast<int>(most)) == 0;
}

bool is_listening(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

sockaddr_storage peer_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    address.ss_family = AF_UNSPEC;
  }
  return address;
}

}  // namespace io
