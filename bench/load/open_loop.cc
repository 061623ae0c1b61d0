// Load at a given rate, for latency that tells the truth about a server that stalls.
//
// Every request has a time before the run begins: arrivals are random and independent (Poisson,
// from a fixed seed), so every server gets the same ones. A request whose time has come takes the
// connection that has been idle longest; if all are busy it waits, and the wait counts, because
// latency is taken from the request's own time. It spins instead of sleeping, so that it is
// punctual; it needs a processor of its own.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bench::load {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

constexpr std::chrono::seconds kPatience{5};  // for responses after the last request's time

constexpr char kUsage[] =
    "--host HOST --port N --rate PER_SECOND --seconds N --connections N --request FILE\n"
    "  FILE holds one whole request; what follows a byte 0 is not read\n";

struct Options {
  std::string host;
  std::string port;
  std::string request;
  std::uint32_t rate = 0;
  std::uint32_t seconds = 0;
  std::uint32_t connections = 0;
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what.c_str());
  std::exit(1);
}

std::uint32_t parse_number(std::string_view option, std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) {
    fail(std::string(option) + ": not a positive number that fits: " + std::string(text));
  }
  return number;
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string value = argv[i + 1];
    if (option == "--host") {
      options.host = value;
    } else if (option == "--port") {
      options.port = value;
    } else if (option == "--rate") {
      options.rate = parse_number(option, value);
    } else if (option == "--seconds") {
      options.seconds = parse_number(option, value);
    } else if (option == "--connections") {
      options.connections = parse_number(option, value);
    } else if (option == "--request") {
      std::ifstream file(value, std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(file), {});
      options.request = all.substr(0, all.find('\0'));
    } else {
      fail("unknown option: " + std::string(option) + "\nusage: " + kUsage);
    }
  }
  if (options.host.empty() || options.port.empty() || options.request.empty() ||
      options.rate == 0 || options.seconds == 0 || options.connections == 0) {
    fail(std::string("something is missing\nusage: ") + kUsage);
  }
  return options;
}

int connect_to(const Options& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(options.host.c_str(), options.port.c_str(), &hints, &found) != 0) {
    fail("no such host: " + options.host);
  }
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || connect(socket, found->ai_addr, found->ai_addrlen) < 0) {
    fail(std::string("connect: ") + std::strerror(errno));
  }
  freeaddrinfo(found);
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(socket, F_SETFL, O_RDWR | O_NONBLOCK);
  return socket;
}

// Bytes of the whole response that `received` begins with; 0 while its head is not complete.
std::size_t response_size(const std::string& received) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  std::string head = received.substr(0, end + 2);
  std::transform(head.begin(), head.end(), head.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view kName = "\r\ncontent-length:";
  const std::size_t at = head.find(kName);
  if (at == std::string::npos) fail("a response without Content-Length");
  return end + 4 + std::strtoul(head.c_str() + at + kName.size(), nullptr, 10);
}

struct Connection {
  int socket = -1;
  std::string received;
  std::size_t size = 0;  // of the response that is under way; 0: not known yet
  Time due;              // of the request that is under way
};

class OpenLoop {
 public:
  explicit OpenLoop(const Options& options) : options_(options), connections_(options.connections) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (std::uint32_t i = 0; i < options.connections; i++) {
      connections_[i].socket = connect_to(options);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].socket, &event);
      idle_.push_back(i);
    }
  }

  void run() {
    plan_arrivals();
    const Time start = Clock::now();
    const Time end = start + std::chrono::seconds(options_.seconds) + kPatience;
    freed_ = start;
    std::size_t next = 0;
    for (;;) {
      const Time now = Clock::now();
      while (next < arrivals_.size() && !idle_.empty() && start + arrivals_[next] <= now) {
        send_request(start + arrivals_[next], now);
        next++;
      }
      if ((next == arrivals_.size() && busy_ == 0) || now > end || closed_ == connections_.size()) {
        break;
      }
      receive();
    }
    unanswered_ = arrivals_.size() - latencies_.size() - refused_ - closed_;
  }

  void print() {
    std::sort(latencies_.begin(), latencies_.end());
    std::sort(lateness_.begin(), lateness_.end());
    std::printf(
        "{\"requests\": %zu, \"seconds\": %u, \"bytes\": %llu, \"p50_us\": %.1f, \"p90_us\": %.1f, "
        "\"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, \"lateness_us\": %.1f, "
        "\"errors\": {\"status\": %zu, \"closed\": %zu, \"timeout\": %zu}}\n",
        latencies_.size(), options_.seconds, static_cast<unsigned long long>(bytes_),
        at(latencies_, 0.5), at(latencies_, 0.9), at(latencies_, 0.99), at(latencies_, 0.999),
        at(latencies_, 1.0), at(lateness_, 0.99), refused_, closed_, unanswered_);
  }

 private:
  static double at(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return 0.0;
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return sorted[std::min(index, sorted.size() - 1)];
  }

  static double microseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
  }

  void plan_arrivals() {
    std::mt19937_64 random(1);
    std::exponential_distribution<double> gap(options_.rate);
    for (double time = gap(random); time < options_.seconds; time += gap(random)) {
      arrivals_.push_back(
          std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(time)));
    }
    latencies_.reserve(arrivals_.size());
    lateness_.reserve(arrivals_.size());
  }

  void send_request(Time due, Time now) {
    const std::uint32_t index = idle_.front();
    idle_.pop_front();
    // What is this program's own fault: both the time and a connection had come.
    lateness_.push_back(microseconds(now - std::max(due, freed_)));
    Connection& connection = connections_[index];
    connection.due = due;
    connection.size = 0;
    connection.received.clear();
    const ssize_t sent =
        send(connection.socket, options_.request.data(), options_.request.size(), MSG_NOSIGNAL);
    busy_++;
    if (sent != static_cast<ssize_t>(options_.request.size())) close_connection(index);
  }

  void close_connection(std::uint32_t index) {
    close(connections_[index].socket);
    connections_[index].socket = -1;
    busy_--;
    closed_++;
  }

  void receive() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), events.size(), 0);
    for (int i = 0; i < count; i++) {
      read_response(events[static_cast<std::size_t>(i)].data.u32);
    }
  }

  void read_response(std::uint32_t index) {
    Connection& connection = connections_[index];
    const ssize_t size = recv(connection.socket, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      // An idle connection that the server closes would be no error of the server, but with a
      // request every few milliseconds none idles that long.
      const auto place = std::find(idle_.begin(), idle_.end(), index);
      if (place != idle_.end()) {
        idle_.erase(place);
        busy_++;
      }
      close_connection(index);
      return;
    }
    bytes_ += static_cast<std::uint64_t>(size);
    connection.received.append(buffer_.data(), static_cast<std::size_t>(size));
    if (connection.size == 0) connection.size = response_size(connection.received);
    if (connection.size == 0 || connection.received.size() < connection.size) return;
    const Time now = Clock::now();
    if (connection.received.compare(0, 12, "HTTP/1.1 200") == 0) {
      latencies_.push_back(microseconds(now - connection.due));
    } else {
      refused_++;
    }
    if (idle_.empty()) freed_ = now;
    busy_--;
    idle_.push_back(index);
  }

  const Options options_;
  std::vector<Connection> connections_;
  std::deque<std::uint32_t> idle_;  // longest idle first
  int epoll_ = -1;
  Time freed_;  // when a connection became idle after none had been
  std::vector<Clock::duration> arrivals_;
  std::vector<double> latencies_;  // microseconds
  std::vector<double> lateness_;   // microseconds
  std::uint64_t bytes_ = 0;
  std::size_t busy_ = 0;
  std::size_t closed_ = 0;
  std::size_t refused_ = 0;
  std::size_t unanswered_ = 0;
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace
}  // namespace bench::load

int main(int argc, char** argv) {
  bench::load::OpenLoop load(bench::load::parse_options(argc, argv));
  load.run();
  load.print();
}
