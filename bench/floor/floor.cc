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

#include <bit>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace bench::floor {
namespace {

constexpr char kUsage[] =
    "--port N [--body BYTES | --file PATH | --answers LIST] [--pipeline | --close]\n"
    "  --port N        listen on 127.0.0.1:N; 0 lets the kernel choose\n"
    "  --body BYTES    answer with a body of this size from memory (default 0)\n"
    "  --file PATH     answer with this file by sendfile\n"
    "  --answers LIST  answer each target with a file, from memory up to 12 KiB, else by\n"
    "                  sendfile; LIST is a file of lines: TARGET PATH [CODING]\n"
    "  --pipeline      one response per blank line read, all of a read in one write\n"
    "  --close         close after the first response\n";

// Above it, sendfile is cheaper than a copy from memory.
constexpr std::size_t kMostInMemory = std::size_t{12} * 1024;

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
std::string make_head(std::size_t body_size, std::string_view coding, bool close) {
  char tag[32];
  std::snprintf(tag, sizeof tag, "%016x-%zx", 0x6955b900U, body_size);
  std::string negotiated;
  if (!coding.empty()) {
    negotiated = "Content-Encoding: " + std::string(coding) + "\r\nVary: Accept-Encoding\r\n";
  }
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
         tag + "\"\r\nAccept-Ranges: bytes\r\n" + negotiated +
         (close ? "Connection: close\r\n" : "") + "\r\n";
}

// Letters in order, so that a client can check every byte.
std::string make_body(std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; i++) body[i] = static_cast<char>('a' + i % 26);
  return body;
}

Body open_body(const std::string& path) {
  Body body;
  body.file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (body.file < 0 || fstat(body.file, &status) < 0) fail(path.c_str(), errno);
  if (!S_ISREG(status.st_mode)) fail(path.c_str(), EINVAL);
  body.size = static_cast<std::size_t>(status.st_size);
  return body;
}

void read_into_memory(Body& body, const std::string& path) {
  body.memory.resize(body.size);
  if (pread(body.file, body.memory.data(), body.size, 0) != static_cast<ssize_t>(body.size)) {
    fail(path.c_str(), errno);
  }
  close(body.file);
  body.file = -1;
}

Body make_one_body(const Options& options) {
  if (!options.file.empty()) return open_body(options.file);
  Body body;
  body.memory = make_body(options.body_size);
  body.size = options.body_size;
  return body;
}

// The length and the last bytes tell the targets of a site apart.
std::size_t hash_of(std::string_view target) {
  std::uint64_t end = 0;
  if (target.size() >= sizeof end) {
    std::memcpy(&end, target.data() + target.size() - sizeof end, sizeof end);
  } else {
    std::memcpy(&end, target.data(), target.size());
  }
  return static_cast<std::size_t>(((end + target.size()) * 0x9e3779b97f4a7c15) >> 32);
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
    } else if (option != "--port" && option != "--body" && option != "--file" &&
               option != "--answers") {
      usage("unknown option: " + std::string(option));
    } else if (++i == argc) {
      usage(std::string(option) + " needs a value");
    } else if (option == "--port") {
      options.port = parse_number<std::uint16_t>(option, argv[i]);
      has_port = true;
    } else if (option == "--body") {
      options.body_size = parse_number<std::size_t>(option, argv[i]);
      has_body = true;
    } else if (option == "--file") {
      options.file = argv[i];
    } else {
      options.answers = argv[i];
    }
  }
  if (!has_port) usage("--port is needed");
  if (has_body + !options.file.empty() + !options.answers.empty() > 1) {
    usage("--body, --file and --answers exclude each other");
  }
  if (options.pipeline && options.close) usage("--pipeline and --close exclude each other");
  if (options.pipeline && !(options.file.empty() && options.answers.empty())) {
    usage("--pipeline needs a body in memory");
  }
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

Response::Response(const Body& body, std::string_view coding, const Options& options)
    : file_(body.file) {
  const std::string head = make_head(body.size, coding, options.close);
  head_size_ = head.size();
  size_ = head_size_ + body.size;
  const std::string one = head + body.memory;
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

Responses::Responses(const Options& options) : are_by_target_(!options.answers.empty()) {
  if (are_by_target_) {
    read_list(options);
  } else {
    responses_.emplace_back(make_one_body(options), "", options);
  }
}

void Responses::read_list(const Options& options) {
  std::ifstream list(options.answers);
  if (!list) fail(options.answers.c_str(), errno);
  std::vector<std::string> targets;
  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string target;
    std::string path;
    std::string coding;
    if (!(words >> target >> path)) usage(options.answers + ": not TARGET PATH [CODING]: " + line);
    words >> coding;
    Body body = open_body(path);
    if (body.size <= kMostInMemory) read_into_memory(body, path);
    targets.push_back(target);
    responses_.emplace_back(body, coding, options);
  }
  if (targets.empty()) usage(options.answers + ": no target");
  // At most an eighth full, so that hardly any look-up takes a second step.
  slots_.resize(std::bit_ceil(targets.size() * 8));
  for (std::size_t i = 0; i < targets.size(); i++) {
    slots_[slot_of(targets[i])] = {targets[i], i};
  }
}

// Where a target is, or would be.
std::size_t Responses::slot_of(std::string_view target) const {
  std::size_t slot = hash_of(target) & (slots_.size() - 1);
  while (!slots_[slot].target.empty() && slots_[slot].target != target) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

const Response& Responses::of(std::string_view request) const {
  const std::size_t begin = sizeof "GET " - 1;
  const std::size_t end = request.find(' ', begin);
  const Slot& slot = slots_[slot_of(request.substr(0, end).substr(begin))];
  if (slot.target.empty()) fail("a request whose target is not in the list", EINVAL);
  return responses_[slot.response];
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
