#include "bench/load/generator.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace bench::load {

namespace {

constexpr std::size_t kBuffer = 64 * 1024;
// A greedy connection reads so much at a time, so that it does not hold up the timed ones here.
constexpr std::size_t kGreedyBuffer = 256 * 1024;
constexpr std::uint32_t kCopies = 64;
constexpr std::uint64_t kSecond = 1'000'000'000;
// Client addresses, each with its own ports: one has 28,000, and they come back after a minute.
constexpr std::uint32_t kSources = 200;

std::uint64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t nanoseconds(double seconds) {
  return static_cast<std::uint64_t>(seconds * 1e9);
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in address_of(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

std::string error_at(const char* what, int error) {
  return std::string(what) + " " + strerrorname_np(error);
}

std::string copies_of(const std::string& request) {
  std::string copies;
  for (std::uint32_t i = 0; i < kCopies; ++i) copies += request;
  return copies;
}

}  // namespace

Generator::Generator(const Options& options)
    : options_(options), buffer_(kBuffer), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail("epoll_create1");
  const std::string rest = " HTTP/1.1\r\nHost: localhost\r\n";
  const std::string timed =
      "GET " + options.target + rest + (options.close ? "Connection: close\r\n" : "") + "\r\n";
  const std::string greedy = "GET " + options.greedy_target + rest + "\r\n";
  timed_ = Kind{copies_of(timed), timed.size(), options.depth};
  greedy_ = Kind{copies_of(greedy), greedy.size(), options.greedy_depth};
  connections_.resize(options.connections + options.greedy_connections);
  for (std::uint32_t i = options.connections; i < connections_.size(); ++i) {
    connections_[i].greedy = true;
  }
  if (options.close) {
    for (std::uint32_t i = options.connections; i-- > 0;) free_.push_back(i);
  }
}

Generator::~Generator() {
  for (Connection& connection : connections_) {
    if (connection.descriptor >= 0) ::close(connection.descriptor);
  }
  ::close(epoll_);
}

// --- connections ------------------------------------------------------------------------------

// 0, or errno.
int Generator::open(std::uint32_t index) {
  Connection& connection = connections_[index];
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // Ends with a reset, so that nothing is left in TIME_WAIT.
  const linger reset{1, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  int failed = 0;
  if (options_.close) {
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    const sockaddr_in source = address_of(INADDR_LOOPBACK + 1 + sources_++ % kSources, 0);
    failed = bind(descriptor, reinterpret_cast<const sockaddr*>(&source), sizeof(source));
  }
  const bool goes_elsewhere = connection.greedy && options_.greedy_port != 0;
  const sockaddr_in server =
      address_of(INADDR_LOOPBACK, goes_elsewhere ? options_.greedy_port
                                                 : options_.ports[index % options_.ports.size()]);
  if (failed == 0) {
    failed = connect(descriptor, reinterpret_cast<const sockaddr*>(&server), sizeof(server));
  }
  if (failed != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(descriptor);
    return error;
  }
  connection.descriptor = descriptor;
  ++connection.generation;
  connection.opened = now();
  connection.unwritten = 0;
  connection.written = 0;
  connection.awaited.clear();
  connection.head.clear();
  connection.body_left = 0;
  connection.status = 0;
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    {.u64 = std::uint64_t{connection.generation} << 32 | index}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
  return 0;
}

void Generator::end(std::uint32_t index) {
  Connection& connection = connections_[index];
  ::close(connection.descriptor);
  connection.descriptor = -1;
  if (options_.close && !connection.greedy) free_.push_back(index);
}

// It ended without having answered all. One that is meant to stay is opened anew.
void Generator::lose(std::uint32_t index, const std::string& why) {
  Connection& connection = connections_[index];
  if (!connection.greedy && !connection.awaited.empty()) {
    counters_.errors[why] += connection.awaited.size();
  }
  end(index);
  if (!ending_ && (!options_.close || connection.greedy)) {
    if (open(index) != 0) fail("connect");
    fill(index, now());
  }
}

// --- requests ---------------------------------------------------------------------------------

// Everything whose time has come by now.
void Generator::offer_due(std::uint64_t now) {
  if (options_.rate == 0) return;
  const std::uint64_t last = std::min(now, end_);
  while (true) {
    const double at = static_cast<double>(scheduled_) / options_.rate;
    const std::uint64_t time = start_ + nanoseconds(at);
    if (time >= last) return;
    ++counters_.offered;
    lateness_.record(now - time);
    if (!options_.close) {
      offer(static_cast<std::uint32_t>(scheduled_ % options_.connections), time);
    } else if (!free_.empty()) {
      offer(free_.back(), time);
    } else {
      ++counters_.unsent;
    }
    ++scheduled_;
  }
}

void Generator::offer(std::uint32_t index, std::uint64_t time) {
  Connection& connection = connections_[index];
  if (options_.close) {
    if (const int error = open(index); error != 0) {
      ++counters_.errors[error_at("connect", error)];
      return;
    }
    free_.pop_back();
    oldest_.push_back({index, connection.generation});
  }
  connection.due.push_back(time);
  fill(index, now());
}

// Sends as many requests as may be under way.
void Generator::fill(std::uint32_t index, std::uint64_t now) {
  Connection& connection = connections_[index];
  const Kind& kind = kind_of(connection);
  const bool is_timed = options_.rate > 0 && !connection.greedy;
  const std::uint64_t patience = nanoseconds(options_.patience);
  while (connection.awaited.size() < kind.depth) {
    if (is_timed) {
      while (!connection.due.empty() && connection.due.front() + patience < now) {
        ++counters_.given_up;
        connection.due.pop_front();
      }
      if (connection.due.empty()) break;
      connection.awaited.push_back(connection.due.front());
      connection.due.pop_front();
    } else {
      if (ending_ ||
          (options_.close && connection.written + connection.unwritten > 0 && !connection.greedy)) {
        break;
      }
      if (!connection.greedy) ++counters_.offered;
      connection.awaited.push_back(now);
    }
    connection.unwritten += kind.size;
  }
  if (const int error = write(index); error != 0) lose(index, error_at("send", error));
}

// 0, or errno of a connection that is no more.
int Generator::write(std::uint32_t index) {
  Connection& connection = connections_[index];
  const Kind& kind = kind_of(connection);
  while (connection.unwritten > 0) {
    const std::size_t offset = connection.written % kind.size;
    const std::size_t size =
        std::min<std::uint64_t>(connection.unwritten, kind.request.size() - offset);
    const ssize_t sent = send(connection.descriptor, kind.request.data() + offset, size,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == ENOTCONN || errno == EINTR ? 0 : errno;
    connection.unwritten -= static_cast<std::uint64_t>(sent);
    connection.written += static_cast<std::uint64_t>(sent);
  }
  return 0;
}

// Of connections for one request: those that have waited for too long.
void Generator::give_up(std::uint64_t now) {
  const std::uint64_t patience = nanoseconds(options_.patience);
  while (!oldest_.empty()) {
    const auto [index, generation] = oldest_.front();
    const Connection& connection = connections_[index];
    const bool is_open = connection.descriptor >= 0 && connection.generation == generation;
    if (is_open && connection.opened + patience > now) return;
    oldest_.pop_front();
    if (!is_open) continue;
    ++counters_.given_up;
    end(index);
  }
}

// --- responses --------------------------------------------------------------------------------

void Generator::read(std::uint32_t index) {
  const std::uint32_t generation = connections_[index].generation;
  while (true) {
    Connection& connection = connections_[index];
    if (connection.descriptor < 0 || connection.generation != generation) return;
    // Most of a large body is dropped by the kernel without a copy.
    const bool drops = connection.body_left > kBuffer;
    const std::size_t size =
        drops ? std::min<std::uint64_t>(connection.body_left, kGreedyBuffer) : kBuffer;
    const ssize_t received = recv(connection.descriptor, drops ? nullptr : buffer_.data(), size,
                                  MSG_DONTWAIT | (drops ? MSG_TRUNC : 0));
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) {
      const std::string what = received == 0 ? "end" : error_at("receive", errno);
      const bool answered_in_part = connection.status != 0 || !connection.head.empty();
      return lose(index, what + (answered_in_part ? " within an answer" : " before an answer"));
    }
    counters_.bytes += static_cast<std::uint64_t>(received);
    if (drops) {
      connection.body_left -= static_cast<std::uint64_t>(received);
    } else if (!take(index, buffer_.data(), static_cast<std::size_t>(received))) {
      return;
    }
    if (connection.greedy) return;
  }
}

// False when the connection is not the same any more.
bool Generator::take(std::uint32_t index, const char* bytes, std::size_t size) {
  Connection& connection = connections_[index];
  while (size > 0) {
    if (connection.status == 0) {
      // Up to the blank line, which may have begun earlier.
      const std::size_t before = connection.head.size();
      connection.head.append(bytes, size);
      const std::size_t end = connection.head.find("\r\n\r\n", before < 3 ? 0 : before - 3);
      if (end == std::string::npos) return true;
      const std::size_t used = end + 4 - before;
      bytes += used;
      size -= used;
      connection.head.resize(end + 4);
      if (!begin_body(connection)) {
        lose(index, "no answer to this request");
        return false;
      }
    }
    const std::size_t part = std::min<std::uint64_t>(connection.body_left, size);
    connection.body_left -= part;
    bytes += part;
    size -= part;
    if (connection.body_left > 0) return true;
    if (!finish_response(index)) return false;
  }
  return true;
}

bool Generator::begin_body(Connection& connection) {
  const std::string_view head = connection.head;
  static constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t length = head.find(kLength);
  if (!head.starts_with("HTTP/1.1 ") || length == std::string_view::npos) return false;
  std::from_chars(head.data() + 9, head.data() + 12, connection.status);
  std::from_chars(head.data() + length + kLength.size(), head.data() + head.size(),
                  connection.body_left);
  connection.ends = head.find("\r\nConnection: close\r\n") != std::string_view::npos;
  return connection.status != 0 && !connection.awaited.empty();
}

// False when the connection is not the same any more.
bool Generator::finish_response(std::uint32_t index) {
  Connection& connection = connections_[index];
  const std::uint64_t time = now();
  const std::uint64_t since = connection.awaited.front();
  connection.awaited.pop_front();
  const int status = connection.status;
  connection.status = 0;
  connection.head.clear();
  if (connection.greedy) {
    ++counters_.greedy;
  } else if (status == 200) {
    ++counters_.good;
    if (time <= end_) ++counters_.in_time;
    latencies_.record(time - since);
  } else if (status == 503) {
    ++counters_.unavailable;
    unavailable_.record(time - since);
  } else {
    ++counters_.other;
  }
  if (connection.ends) {
    const bool stays = !options_.close || connection.greedy;
    if (stays) {
      lose(index, "behind the last answer");
    } else {
      end(index);
      if (options_.rate == 0 && !ending_) {
        if (open(index) != 0) fail("connect");
        free_.pop_back();
        fill(index, now());
      }
    }
    return false;
  }
  return true;
}

// --- the loop ---------------------------------------------------------------------------------

// Whether nothing is under way or owed any more.
bool Generator::has_all() const {
  return std::all_of(connections_.begin(), connections_.end(), [](const Connection& connection) {
    return connection.greedy || connection.descriptor < 0 ||
           (connection.due.empty() && connection.awaited.empty());
  });
}

void Generator::run() {
  const bool begins_open = !options_.close || options_.rate == 0;
  start_ = now() + (options_.rate > 0 ? kSecond / 10 : 0);
  end_ = start_ + nanoseconds(options_.seconds);
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (!connections_[i].greedy && !begins_open) continue;
    if (!connections_[i].greedy && options_.close) std::erase(free_, i);
    if (open(i) != 0) fail("connect");
    fill(i, now());
  }
  const std::uint64_t last = end_ + nanoseconds(options_.patience);
  std::vector<epoll_event> events(256);
  while (true) {
    const std::uint64_t time = now();
    ending_ = time >= end_;
    if (time >= last || (ending_ && options_.rate == 0)) break;
    offer_due(time);
    if (ending_ && has_all()) break;
    if (options_.close) give_up(time);
    // Never sleeps, so that requests go out in time. One that may sleep looks at the clock now and
    // then.
    const int patience = options_.waits && options_.rate == 0 ? 10 : 0;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto index = static_cast<std::uint32_t>(event.data.u64);
      const auto generation = static_cast<std::uint32_t>(event.data.u64 >> 32);
      if (connections_[index].generation != generation) continue;
      if (connections_[index].descriptor < 0 || connections_[index].greedy) continue;
      read(index);
      if (connections_[index].descriptor >= 0) fill(index, now());
    }
    // A little of each at a time, whether or not there was an event.
    for (std::uint32_t i = options_.connections; i < connections_.size(); ++i) {
      read(i);
      fill(i, now());
    }
  }
  for (const Connection& connection : connections_) {
    if (connection.descriptor >= 0 && !connection.greedy) {
      counters_.given_up += connection.due.size() + connection.awaited.size();
    }
  }
}

}  // namespace bench::load
