// The client's end of a connection under test, and the bytes that travel through it.
//
// A Peer's socket never blocks: tests are single-threaded and take turns between the two ends.
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "core/check.h"

namespace contract {

// An owned descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

// Open descriptors of this process.
inline int count_descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  CHECK(directory != nullptr);
  int count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count - 3;  // ".", ".." and the directory itself
}

// Lets this process open no more than a few descriptors, until the end of the scope.
class DescriptorLimit {
 public:
  DescriptorLimit() {
    CHECK(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    // The kernel refuses numbers, not counts: the lowest free number is the first one refused.
    const int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(lowest_free >= 0);
    ::close(lowest_free);
    set(static_cast<rlim_t>(lowest_free));
  }
  ~DescriptorLimit() { lift(); }
  void lift() { set(before_.rlim_cur); }

 private:
  void set(rlim_t soft) {
    rlimit limit = before_;
    limit.rlim_cur = soft;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  rlimit before_;
};

// A listening socket on a free port of 127.0.0.1. Its connections do not wait for acknowledgements
// before they send a little more, like the ones of the server.
struct LoopbackListener {
  explicit LoopbackListener(int backlog = 1024)
      : descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    sockaddr* generic = reinterpret_cast<sockaddr*>(&address);
    const int on = 1;
    CHECK(setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
    CHECK(bind(descriptor.get(), generic, length) == 0);
    CHECK(listen(descriptor.get(), backlog) == 0);
    CHECK(getsockname(descriptor.get(), generic, &length) == 0);
    port = ntohs(address.sin_port);
  }

  Descriptor descriptor;
  uint16_t port;
};

class Peer {
 public:
  Peer() = default;

  // Creates the socket now and connects later: connecting needs no new descriptor then.
  static Peer create(int receive_buffer = 0) {
    Peer peer;
    peer.socket_ = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK(peer.socket_.is_open());
    if (receive_buffer > 0) {
      CHECK(setsockopt(peer.socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                       sizeof(receive_buffer)) == 0);
    }
    return peer;
  }

  // One that does not wait to be connected: there may be no room in the listener's queue.
  static Peer begin(uint16_t port) {
    Peer peer = create();
    CHECK(fcntl(peer.socket_.get(), F_SETFL, O_NONBLOCK) == 0);
    const int error = peer.connect_to(port);
    CHECK(error == 0 || error == EINPROGRESS);
    return peer;
  }

  // 0 or an errno value. The kernel accepts for the listener, so this does not wait for it.
  int connect_to(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int result =
        ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    if (result != 0) return errno;
    CHECK(fcntl(socket_.get(), F_SETFL, O_NONBLOCK) == 0);
    // Closing resets the connection, so that thousands of them leave nothing in TIME_WAIT.
    const linger abort{1, 0};
    CHECK(setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)) == 0);
    return 0;
  }

  static Peer connect(uint16_t port, int receive_buffer = 0) {
    Peer peer = create(receive_buffer);
    CHECK(peer.connect_to(port) == 0);
    return peer;
  }

  bool is_open() const { return socket_.is_open(); }
  int descriptor() const { return socket_.get(); }
  uint16_t port() const { return port_of(socket_.get(), getsockname); }
  // The port of the other end of an accepted socket: which peer it belongs to.
  static uint16_t remote_port(int descriptor) { return port_of(descriptor, getpeername); }

  // Bytes that the socket took, or -errno (-EAGAIN: full).
  ssize_t write(std::string_view bytes, int flags = 0) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), flags | MSG_NOSIGNAL);
    return sent >= 0 ? sent : -errno;
  }
  // Bytes read, 0 at the end of the stream, or -errno (-EAGAIN: nothing there).
  ssize_t read(char* out, std::size_t size) {
    const ssize_t received = recv(socket_.get(), out, size, 0);
    return received >= 0 ? received : -errno;
  }
  // The end of the stream, after what was written. Harmless if the connection is gone.
  void finish() { CHECK(shutdown(socket_.get(), SHUT_WR) == 0 || errno == ENOTCONN); }
  // The connection is gone at once for both ends.
  void reset() { socket_.close(); }

 private:
  static uint16_t port_of(int descriptor, int (*query)(int, sockaddr*, socklen_t*)) {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    if (query(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
    return ntohs(address.sin_port);
  }

  Descriptor socket_;
};

// Content that names its place: byte `position` of stream `seed`.
inline uint64_t pattern_word(uint64_t seed, uint64_t word) {
  uint64_t mixed = seed * 0x9e37'79b9'7f4a'7c15 + word;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
  return mixed ^ (mixed >> 31);
}

inline std::string pattern(uint64_t seed, uint64_t from, std::size_t length) {
  const uint64_t first_word = from / 8;
  const std::size_t skipped = static_cast<std::size_t>(from % 8);
  std::string words((skipped + length + 7) / 8 * 8, '\0');
  for (std::size_t i = 0; i * 8 < words.size(); ++i) {
    const uint64_t word = pattern_word(seed, first_word + i);
    std::memcpy(words.data() + i * 8, &word, 8);
  }
  return words.substr(skipped, length);
}

// Where two byte strings part, in a sentence; empty if they are equal. Megabytes are not printed.
inline std::string difference(std::string_view actual, std::string_view expected) {
  if (actual == expected) return "";
  std::size_t at = 0;
  while (at < actual.size() && at < expected.size() && actual[at] == expected[at]) ++at;
  return "they part at byte " + std::to_string(at) + "; " + std::to_string(actual.size()) +
         " bytes, expected " + std::to_string(expected.size());
}

// A file without a name that holds pattern(seed, 0, size).
inline Descriptor make_file(uint64_t seed, std::size_t size) {
  char name[] = "/tmp/spate-contract-XXXXXX";
  Descriptor file(mkstemp(name));
  CHECK(file.is_open());
  unlink(name);
  const std::string content = pattern(seed, 0, size);
  for (std::size_t written = 0; written < size;) {
    const ssize_t result = ::write(file.get(), content.data() + written, size - written);
    CHECK(result > 0);
    written += static_cast<std::size_t>(result);
  }
  return file;
}

}  // namespace contract
