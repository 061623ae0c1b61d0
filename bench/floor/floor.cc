#include "bench/floor/floor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench::floor {
namespace {

constexpr char kUsage[] =
    "--port N [--body BYTES | --file PATH] [--pipeline | --close]\n"
    "  --port N      listen on 127.0.0.1:N; 0 lets the kernel choose\n"
    "  --body BYTES  answer with a body of this size from memory (default 0)\n"
    "  --file PATH   answer with this file by sendfile\n"
    "  --pipeline    one response per blank line read, all of a read in one write\n"
    "  --close       close after the first response\n";

[[noreturn]] void usage(const std::string& complaint) {
  std::fprintf(stderr, "%s: %s\nusage: %s %s", program_invocation_short_name, complaint.c_str(),
               program_invocation_short_name, kUsage);
  std::exit(2);
}

template <class Integer>
Integer parse_number(std::string_view option, std::string_view text) {
  Integer number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    usage(std::string(option) + ": not a number that fits: " + std::string(text));
  }
  return number;
}

// The fields that spate sends, so that the head has its size.
std::string make_head(std::size_t body_size, bool close) {
  char tag[32];
  std::snprintf(tag, sizeof tag, "%016x-%zx", 0x6955b900U, body_size);
  return "HTTP/1.1 200 OK\r\n"
         "Server: floor\r\n"
         "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
         "Content-Type: application/octet-stream\r\n"
         "X-Content-Type-Options: nosniff\r\n"
         "Content-Length: " +
         std::to_string(body_size) +
         "\r\n"
         "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
         "ETag: \"" +
         tag + "\"\r\nAccept-Ranges: bytes\r\n" + (close ? "Connection: close\r\n" : "") + "\r\n";
}

// Letters in order, so that a client can check every byte.
std::string make_body(std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; i++) body[i] = static_cast<char>('a' + i % 26);
  return body;
}

std::uint8_t match(std::uint8_t matched, char byte) {
  if (byte == '\n')
    return matched == 1 || matched == 3 ? static_cast<std::uint8_t>(matched + 1) : 0;
  if (byte == '\r') return matched == 2 ? 3 : 1;
  return 0;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  bool has_port = false;
  bool has_body = false;
  for (int i = 1; i < argc; i++) {
    const std::string_view option = argv[i];
    if (option == "--pipeline") {
      options.pipeline = true;
    } else if (option == "--close") {
      options.close = true;
    } else if (option != "--port" && option != "--body" && option != "--file") {
      usage("unknown option: " + std::string(option));
    } else if (++i == argc) {
      usage(std::string(option) + " needs a value");
    } else if (option == "--port") {
      options.port = parse_number<std::uint16_t>(option, argv[i]);
      has_port = true;
    } else if (option == "--body") {
      options.body_size = parse_number<std::size_t>(option, argv[i]);
      has_body = true;
    } else {
      options.file = argv[i];
    }
  }
  if (!has_port) usage("--port is needed");
  if (has_body && !options.file.empty()) usage("--body and --file exclude each other");
  if (options.pipeline && options.close) usage("--pipeline and --close exclude each other");
  if (options.pipeline && !options.file.empty()) usage("--pipeline needs a body in memory");
  return options;
}

void fail(const char* what, int error_number) {
  std::fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
               std::strerror(error_number));
  std::exit(1);
}

int listen_on(std::uint16_t port) {
  // sendfile has no MSG_NOSIGNAL, and a client that goes away must not end the floor.
  std::signal(SIGPIPE, SIG_IGN);

  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket", errno);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    fail("bind", errno);
  }
  if (listen(listener, 4096) < 0) fail("listen", errno);
  return listener;
}

void print_ready(int listener, const char* detail) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("ready %d %s\n", ntohs(address.sin_port), detail);
  std::fflush(stdout);
}

Response::Response(const Options& options) {
  std::size_t body_size = options.body_size;
  if (!options.file.empty()) {
    file_ = open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file_ < 0 || fstat(file_, &status) < 0) fail(options.file.c_str(), errno);
    if (!S_ISREG(status.st_mode)) fail(options.file.c_str(), EINVAL);
    body_size = static_cast<std::size_t>(status.st_size);
  }
  const std::string head = make_head(body_size, options.close);
  head_size_ = head.size();
  size_ = head_size_ + body_size;
  const std::string one = has_file() ? head : head + make_body(body_size);
  const std::size_t copies = options.pipeline ? kPipelineCopies : 1;
  for (std::size_t i = 0; i < copies; i++) memory_ += one;
}

std::int64_t Response::send_file_part(int socket, std::uint64_t owed, std::size_t offset) const {
  std::int64_t sent;
  if (offset < head_size_) {
    sent = send(socket, memory_.data() + offset, head_size_ - offset, MSG_MORE | MSG_NOSIGNAL);
  } else {
    // `owed` ends at the end of a response, so what is left of this one is never more than it.
    const std::size_t left = size_ - offset;
    off_t from = static_cast<off_t>(offset - head_size_);
    sent = sendfile(socket, file_, &from, left < owed ? left : static_cast<std::size_t>(owed));
    if (sent == 0) return -ENODATA;  // the file shrank
  }
  return sent < 0 ? -errno : sent;
}

std::vector<Connection> make_connections() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  constexpr rlim_t kMost = 65536;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > kMost) {
    limit.rlim_cur = kMost;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) fail("setrlimit", errno);
  }
  return std::vector<Connection>(limit.rlim_cur);
}

std::size_t count_blank_lines(std::string_view bytes, std::uint8_t& matched) {
  std::size_t count = 0;
  std::size_t i = 0;
  // A blank line that the previous read began.
  for (; i < bytes.size() && matched != 0; i++) {
    matched = match(matched, bytes[i]);
    if (matched == 4) {
      count++;
      matched = 0;
    }
  }
  const char* at = bytes.data() + i;
  const std::size_t left = bytes.size() - i;
  if (left >= 4) {
    // Bytes counted in bytes, so that one vector holds many counters; 252 of them cannot overflow.
    for (std::size_t start = 0; start < left - 3; start += 252) {
      const std::size_t end = start + 252 < left - 3 ? start + 252 : left - 3;
      std::uint8_t found = 0;
      for (std::size_t j = start; j < end; j++) {
        found = static_cast<std::uint8_t>(found + ((at[j] == '\r') & (at[j + 1] == '\n') &
                                                   (at[j + 2] == '\r') & (at[j + 3] == '\n')));
      }
      count += found;
    }
  }
  // A blank line that the next read may complete; one that is complete was counted above.
  const bool complete = left >= 4 && std::string_view(at + left - 4, 4) == "\r\n\r\n";
  for (std::size_t j = left < 3 ? 0 : left - 3; j < left && !complete; j++) {
    matched = match(matched, at[j]);
  }
  return count;
}

}  // namespace bench::floor
