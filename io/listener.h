// Listening TCP sockets. Each worker has its own for every address (SO_REUSEPORT), so that the
// kernel spreads connections and no accept queue is shared.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"

namespace io {

// An address to listen on, as a person wrote it and as the kernel takes it.
struct Address {
  std::string host;  // numeric, without brackets
  uint16_t port = 0;
  bool ipv6 = false;

  // "127.0.0.1:8080" or "[::1]:8080".
  std::string text() const;
};

// Reads "ADDR:PORT", "[ADDR]:PORT" or ":PORT" (every IPv4 and IPv6 address); ADDR is numeric or
// "localhost". The error says what was expected.
core::Result<Address> parse_address(const std::string& text);

// One listening socket for each of `count` workers on `address`, in that order; `port` 0 becomes a
// free port, which is stored into `address`. Fails if another process listens there, although
// SO_REUSEPORT would allow to join it.
core::Result<std::vector<int>> listen_on(Address& address, uint32_t count);

// What a listener holds for accept().
struct AcceptQueue {
  uint32_t waiting = 0;  // connections
  uint32_t dropped = 0;  // SYNs and handshakes since it listens, most for want of room; wraps
};

// As many as net.core.somaxconn allows.
inline constexpr uint32_t kLongestAcceptQueue = 65'535;

// Two system calls; nothing where the kernel does not tell.
AcceptQueue accept_queue_of(int descriptor);
// How many may wait from now on; those that do already stay. One system call.
void limit_accept_queue(int descriptor, uint32_t most);

// Connections are refused from now on (ECONNREFUSED), and those that wait are reset. The port stays
// this socket's, if it was bound to it by number. Nothing if it is so already. One system call, by
// any thread, also while another one accepts.
void stop_listening(int descriptor);
// Ends that, with room for `most` to wait. False if the kernel does not let it, for instance
// because another program listens there by now (EADDRINUSE). One system call.
[[nodiscard]] bool listen_again(int descriptor, uint32_t most);
// One system call.
bool is_listening(int descriptor);

// Where an accepted connection came from; AF_UNSPEC if it is gone. One system call.
sockaddr_storage peer_of(int descriptor);

}  // namespace io
