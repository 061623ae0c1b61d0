// Another program that has a port: it listens at it until the end of the scope.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "core/check.h"

namespace test_support {

class PortTaker {
 public:
  // Takes a port of 127.0.0.1 at which nobody listens, also one that somebody has bound and insists
  // on, as the listeners of a server that refuses connections do.
  explicit PortTaker(uint16_t port) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    CHECK(listener_ >= 0);
    const int on = 1;
    CHECK(setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    CHECK(listen(listener_, 1) == 0);
  }
  ~PortTaker() { close(listener_); }
  PortTaker(const PortTaker&) = delete;
  PortTaker& operator=(const PortTaker&) = delete;

 private:
  const int listener_;
};

}  // namespace test_support
