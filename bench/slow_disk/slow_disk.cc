// How long hits take while another client asks for what is on a slow disk: a server with one
// thread, a file system in user space each of whose looks takes 100 ms, and a file beside it that
// is hot.
//
//   build/release/bench/slow_disk/slow_disk SPATE [SECONDS]      prints a line for each backend
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/integration/held_file_system.h"

namespace {

using Clock = std::chrono::steady_clock;
using integration::HeldFileSystem;

constexpr auto kLook = std::chrono::milliseconds(100);

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "slow_disk: %s\n", message.c_str());
  std::exit(1);
}

// A server on a port of the kernel's choice, until the end of this object.
class Server {
 public:
  Server(const std::string& binary, const std::string& backend, const std::string& root) {
    int output[2];
    if (pipe(output) != 0) fail("pipe");
    process_ = fork();
    if (process_ == 0) {
      dup2(output[1], STDOUT_FILENO);
      close(output[0]);
      execl(binary.c_str(), binary.c_str(), root.c_str(), "--threads", "1", "--listen",
            "127.0.0.1:0", "--io", backend.c_str(), nullptr);
      _exit(127);
    }
    close(output[1]);
    std::string text;
    char bytes[256];
    const std::string mark = "http://127.0.0.1:";
    std::size_t at = std::string::npos;
    while ((at = text.find(mark)) == std::string::npos ||
           text.find('/', at + mark.size()) == std::string::npos) {
      const ssize_t size = read(output[0], bytes, sizeof(bytes));
      if (size <= 0) fail("the server does not start with --io " + backend);
      text.append(bytes, static_cast<std::size_t>(size));
    }
    std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), port_);
    output_ = output[0];
  }
  ~Server() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    close(output_);
  }
  int connect() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      fail("connect");
    }
    return socket;
  }

 private:
  pid_t process_ = -1;
  uint16_t port_ = 0;
  int output_ = -1;
};

// A request and its response, which fits in one segment.
void ask(int socket, const char* path) {
  const std::string request = std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  char response[4096];
  if (send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0 ||
      recv(socket, response, sizeof(response), 0) <= 0) {
    fail("the server closed a connection");
  }
}

void measure(const std::string& binary, const std::string& backend, const std::string& root,
             HeldFileSystem& slow, std::chrono::seconds time, bool is_disk_used) {
  const Server server(binary, backend, root);
  std::atomic<bool> is_over = false;
  std::vector<std::thread> others;
  if (is_disk_used) {
    slow.hold(HeldFileSystem::Operation::look_up);
    others.emplace_back([&] {  // the disk
      while (!is_over) {
        std::this_thread::sleep_for(kLook);
        slow.release();
        slow.hold(HeldFileSystem::Operation::look_up);
      }
      slow.release();
    });
    others.emplace_back([&, socket = server.connect()] {  // who asks for what is on it
      while (!is_over) ask(socket, "/slow/cold.txt");
      close(socket);
    });
  }
  const int socket = server.connect();
  ask(socket, "/hot.txt");
  std::vector<double> microseconds;
  for (const auto end = Clock::now() + time; Clock::now() < end;) {
    const auto begin = Clock::now();
    ask(socket, "/hot.txt");
    microseconds.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  is_over = true;
  for (std::thread& other : others) other.join();
  close(socket);
  std::sort(microseconds.begin(), microseconds.end());
  const auto at = [&microseconds](double share) {
    return microseconds[static_cast<std::size_t>(share *
                                                 static_cast<double>(microseconds.size() - 1))];
  };
  std::printf("%-6s %-12s %8zu hits  p50 %8.0f us  p99 %8.0f us  max %8.0f us\n", backend.c_str(),
              is_disk_used ? "slow disk" : "alone", microseconds.size(), at(0.5), at(0.99), at(1));
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) fail("usage: slow_disk SPATE [SECONDS]");
  const std::string_view wanted = count > 2 ? arguments[2] : "5";
  int seconds = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), seconds);
  if (error != std::errc{} || *end != '\0' || seconds < 1) fail("not a number of seconds");
  const std::chrono::seconds time(seconds);
  char place[] = "/tmp/slow_disk.XXXXXX";
  if (mkdtemp(place) == nullptr) fail("mkdtemp");
  const std::string root = place;
  std::ofstream(root + "/hot.txt") << std::string(1'000, 'h');
  std::filesystem::create_directory(root + "/slow");
  {
    HeldFileSystem slow(root + "/slow", {{"cold.txt", std::string(1'000, 'c')}});
    if (!slow.refusal().empty()) fail(slow.refusal());
    for (const char* backend : {"uring", "epoll"}) {
      measure(arguments[1], backend, root, slow, time, false);
      measure(arguments[1], backend, root, slow, time, true);
    }
  }
  std::filesystem::remove_all(root);
  return 0;
}
