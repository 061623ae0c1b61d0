// As many delayed requests at once as descriptors allow, on the real server: each costs its slot,
// all are answered, and none too early.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

using Clock = std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
constexpr bool kIsSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kIsSanitized = false;
#endif

constexpr auto kDelay = std::chrono::milliseconds(3'000);

class TargetCrowdTest : public ServerTest {
 protected:
  struct Client {
    int descriptor = -1;
    Clock::time_point asked;
    double late = -1;  // milliseconds; below 0: not answered
    std::string text;
  };

  ~TargetCrowdTest() override {
    for (const Client& client : clients_) {
      // Nothing stays behind in TIME_WAIT.
      const linger abort{1, 0};
      setsockopt(client.descriptor, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
      ::close(client.descriptor);
    }
    if (epoll_ >= 0) ::close(epoll_);
  }

  // What the server can hold, and this process beside what it needs itself.
  std::size_t most_connections() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    std::smatch found;
    const std::string output = process().output();
    EXPECT_TRUE(std::regex_search(output, found, std::regex("connections +([0-9]+) at most")));
    const std::size_t most = std::min<std::size_t>(limit.rlim_cur, 20'000) - 100;
    return std::min({most, std::stoul(found[1]) / 100 * 95, kIsSanitized ? 500UL : 20'000UL});
  }

  void connect_all(std::size_t count) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    clients_.resize(count);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server().port());
    for (std::size_t i = 0; i < count; ++i) {
      Client& client = clients_[i];
      client.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_GE(client.descriptor, 0);
      ASSERT_EQ(
          ::connect(client.descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
      epoll_event event{EPOLLIN, {.u64 = i}};
      ASSERT_EQ(epoll_ctl(epoll_, EPOLL_CTL_ADD, client.descriptor, &event), 0);
    }
  }

  void ask_all(std::string_view request) {
    for (Client& client : clients_) {
      client.asked = Clock::now();
      ASSERT_EQ(::send(client.descriptor, request.data(), request.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(request.size()));
    }
  }

  // What has come within `time`; how many answers were complete.
  std::size_t receive(std::chrono::milliseconds time) {
    std::size_t answers = 0;
    epoll_event events[256];
    const int count = epoll_wait(epoll_, events, 256, static_cast<int>(time.count()));
    for (int i = 0; i < count; ++i) {
      Client& client = clients_[events[i].data.u64];
      char bytes[512];
      const ssize_t got = ::recv(client.descriptor, bytes, sizeof(bytes), MSG_DONTWAIT);
      EXPECT_GT(got, 0) << "it has ended";
      if (got <= 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, client.descriptor, nullptr);
      if (got > 0) client.text.append(bytes, static_cast<std::size_t>(got));
      if (!client.text.ends_with("Hello, World!")) continue;
      const std::chrono::duration<double, std::milli> passed = Clock::now() - client.asked;
      client.late = passed.count() - static_cast<double>(kDelay.count());
      ++answers;
    }
    return answers;
  }

  std::vector<Client> clients_;
  int epoll_ = -1;
};

TEST_P(TargetCrowdTest, IsAnsweredInTime) {
  // Nobody is to be closed who waits for all others to be connected.
  start({"--target", "--threads", "2", "--header-timeout", "300s"});
  EXPECT_EQ(get("/plaintext?delay=1ms").status, 200);
  const std::size_t count = most_connections();
  const uint64_t at_start = process().resident_memory();
  ASSERT_NO_FATAL_FAILURE(connect_all(count));
  ASSERT_TRUE(eventually([&] { return server().open_connections() >= count; }));
  const uint64_t idle = process().resident_memory();
  const Stopwatch watch;
  ASSERT_NO_FATAL_FAILURE(ask_all("GET /plaintext?delay=3s HTTP/1.1\r\nHost: a\r\n\r\n"));
  while (watch.elapsed() < kDelay / 2) EXPECT_EQ(receive(std::chrono::milliseconds(50)), 0U);
  const uint64_t held = process().resident_memory();
  std::size_t answers = 0;
  while (answers < count && watch.elapsed() < 10 * kDelay) {
    answers += receive(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(answers, count);

  std::vector<double> late;
  for (const Client& client : clients_) {
    EXPECT_TRUE(client.text.starts_with("HTTP/1.1 200 OK\r\n"));
    late.push_back(client.late);
  }
  std::sort(late.begin(), late.end());
  EXPECT_GE(late.front(), 0);
  const auto per_connection = [count](uint64_t from, uint64_t to) {
    return static_cast<double>(to - std::min(from, to)) / static_cast<double>(count);
  };
  std::printf(
      "%s: %zu delays of %lld ms at once; resident %.1f MiB, with idle connections %.1f, during "
      "delays %.1f (%.0f B each); late by %.2f ms (p50), %.2f (p99), %.2f (max)\n",
      GetParam(), count, static_cast<long long>(kDelay.count()),
      static_cast<double>(at_start) / (1 << 20), static_cast<double>(idle) / (1 << 20),
      static_cast<double>(held) / (1 << 20), per_connection(at_start, held), late[count / 2],
      late[count * 99 / 100], late.back());
  // The slot of a connection and that of an answer that takes time; and what all share, of which
  // io_uring's receive buffers can come to 4 MiB.
  if (!kIsSanitized) {
    EXPECT_LT(per_connection(at_start, held), 1200 + 8e6 / static_cast<double>(count));
  }
}

SPATE_ON_BOTH_BACKENDS(TargetCrowdTest);

}  // namespace
}  // namespace integration
