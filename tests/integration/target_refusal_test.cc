// The load-test target refuses connections for a while, on the real server with one worker and with
// two, by raw sockets.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

using std::chrono::milliseconds;

// The error of a connection attempt to [::1]: 0 or an errno value.
int try_to_connect_v6(uint16_t port) {
  const int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(port);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const int error = ::connect(descriptor, generic, sizeof(address)) == 0 ? 0 : errno;
  ::close(descriptor);
  return error;
}

class TargetRefusalTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("file.txt", "a file\n");
  }

  // A request that has connections refused; when it was sent.
  Stopwatch refuse(const std::string& parameters = "fault=refuse:300ms") {
    HttpClient client = connect();
    const Stopwatch watch;
    client.request("GET", "/json?" + parameters);
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.end(), End::reset);
    return watch;
  }

  // Every attempt is refused from now on, and one is not after that time and no sooner.
  void expect_refused_until(const Stopwatch& watch, int64_t end) {
    int attempts = 0;
    EXPECT_TRUE(eventually([&] {
      const int error = try_to_connect(server().port());
      EXPECT_TRUE(error == 0 || error == ECONNREFUSED) << error;
      ++attempts;
      return error == 0;
    }));
    EXPECT_GE(watch.elapsed().count(), end);
    EXPECT_GT(attempts, 3);
  }
};

// The kernel spreads connections among the workers by their ports.
const char* const kThreads[] = {"1", "2"};

TEST_P(TargetRefusalTest, RefusesAtAllWorkersAndServesAgain) {
  for (const char* threads : kThreads) {
    SCOPED_TRACE(threads);
    start({"--target", "--threads", threads});
    for (int round = 0; round < 3; ++round) {
      const Stopwatch watch = refuse();
      expect_refused_until(watch, 300);
      for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/file.txt").body, "a file\n");
    }
    stop();
  }
}

// All other connections are reset too, at whatever worker, and whatever they do.
TEST_P(TargetRefusalTest, OpenConnectionsAreReset) {
  for (const char* threads : kThreads) {
    SCOPED_TRACE(threads);
    start({"--target", "--threads", threads});
    std::vector<HttpClient> idle;
    std::vector<HttpClient> waiting;
    for (int i = 0; i < 20; ++i) {
      idle.push_back(connect());
      EXPECT_EQ(idle.back().get("/file.txt").status, 200);
      waiting.push_back(connect());
      waiting.back().request("GET", "/json?delay=30s");
    }
    // Those that nobody has accepted would be reset too, and not be counted.
    ASSERT_TRUE(eventually([&] { return server().open_connections() == 40; }));
    const Stopwatch watch = refuse("fault=refuse:100ms");
    for (std::vector<HttpClient>* clients : {&idle, &waiting}) {
      for (HttpClient& client : *clients) {
        EXPECT_EQ(client.read_to_end(), "");
        EXPECT_EQ(client.end(), End::reset);
      }
    }
    expect_refused_until(watch, 100);
    EXPECT_EQ(get("/file.txt").body, "a file\n");
    stop();
    EXPECT_NE(process().error_output().find("closed 40 as in a crash, on purpose"),
              std::string::npos)
        << process().error_output();
  }
}

TEST_P(TargetRefusalTest, EveryListenerRefuses) {
  if (try_to_connect_v6(1) == EADDRNOTAVAIL) GTEST_SKIP() << "no IPv6";
  start({"--target", "--threads", "2", "--listen", "[::1]:0"});
  std::smatch found;
  const std::string output = process().output();
  ASSERT_TRUE(std::regex_search(output, found, std::regex("http://\\[::1\\]:([0-9]+)/")));
  const auto port = static_cast<uint16_t>(std::stoi(found[1]));
  ASSERT_EQ(try_to_connect_v6(port), 0);
  const Stopwatch watch = refuse();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(try_to_connect_v6(port), ECONNREFUSED);
    EXPECT_EQ(try_to_connect(server().port()), ECONNREFUSED);
  }
  expect_refused_until(watch, 300);
  EXPECT_TRUE(eventually([&] { return try_to_connect_v6(port) == 0; }));
}

// ":PORT" is one listener for IPv4 and IPv6.
TEST_P(TargetRefusalTest, AListenerOfBothRefusesBoth) {
  if (try_to_connect_v6(1) == EADDRNOTAVAIL) GTEST_SKIP() << "no IPv6";
  start({"--target", "--threads", "2", "--listen", ":0"});
  std::smatch found;
  const std::string output = process().output();
  ASSERT_TRUE(std::regex_search(output, found,
                                std::regex("127\\.0\\.0\\.1:([0-9]+)/  \\(and every other")));
  const auto port = static_cast<uint16_t>(std::stoi(found[1]));
  ASSERT_EQ(try_to_connect_v6(port), 0);
  refuse();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(try_to_connect_v6(port), ECONNREFUSED);
    EXPECT_EQ(try_to_connect(port), ECONNREFUSED);
  }
  EXPECT_TRUE(eventually([&] { return try_to_connect_v6(port) == 0; }));
  EXPECT_TRUE(eventually([&] { return try_to_connect(port) == 0; }));
}

TEST_P(TargetRefusalTest, TheAdminListenerTellsMeanwhile) {
  start({"--target", "--threads", "2", "--admin", "0"});
  std::smatch found;
  const std::string output = process().output();
  ASSERT_TRUE(
      std::regex_search(output, found, std::regex("admin +http://127\\.0\\.0\\.1:([0-9]+)/")));
  HttpClient other = connect();
  EXPECT_EQ(other.get("/file.txt").status, 200);
  refuse("fault=refuse:500ms");
  EXPECT_EQ(other.read_to_end(), "");
  HttpClient admin(static_cast<uint16_t>(std::stoi(found[1])));
  const std::string metrics = admin.get("/metrics").body;
  const auto sum = [&metrics](const std::string& name) {
    int total = 0;
    const std::regex line(name + "\\{worker=\"[0-9]+\"\\} ([0-9]+)\n");
    for (std::sregex_iterator it(metrics.begin(), metrics.end(), line), end; it != end; ++it) {
      total += std::stoi((*it)[1]);
    }
    return total;
  };
  EXPECT_EQ(try_to_connect(server().port()), ECONNREFUSED);
  EXPECT_EQ(sum("spate_refusals_total"), 1) << metrics;
  EXPECT_EQ(sum("spate_refusal_resets_total"), 1);
  EXPECT_EQ(sum("spate_faults_total"), 1);
  EXPECT_EQ(sum("spate_accept_errors_total"), 0);
}

TEST_P(TargetRefusalTest, ADrainDoesNotWaitForItsEnd) {
  start({"--target", "--threads", "2"});
  refuse("fault=refuse:60s");
  const Stopwatch watch;
  stop();
  EXPECT_LT(watch.elapsed().count(), 20'000);
}

TEST_P(TargetRefusalTest, RoutesRefuseAndChangeMeanwhile) {
  TemporaryDirectory configuration;
  configuration.write("spate.toml", "[[route]]\npath = '/a'\nfault = 'refuse:400ms'\n");
  start({"--config", configuration.path("spate.toml"), "--threads", "2"});
  EXPECT_EQ(get("/file.txt").status, 200);
  HttpClient client = connect();
  const Stopwatch watch;
  client.request("GET", "/a");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::reset);
  configuration.replace("spate.toml", "[[route]]\npath = '/a'\nbody = 'new'\n");
  process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return process().error_output().find("spate.toml") != std::string::npos;
  })) << process().error_output();
  expect_refused_until(watch, 400);
  EXPECT_TRUE(eventually([&] { return get("/a").body == "new"; }));
}

TEST_P(TargetRefusalTest, SaysWhatIsTooLong) {
  start({"--target"});
  const Response bad = get("/json?fault=refuse:61s@1%25");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body,
            "/json: fault: expected a duration of at most 60s, found \"61s\" at character 8\n");
  EXPECT_EQ(get("/file.txt").status, 200);
}

// Clients that come again and again see an answer, a reset or a refusal, and nothing else; then all
// is as before.
TEST_P(TargetRefusalTest, UnderLoad) {
  start({"--target", "--threads", "2"});
  std::atomic<int> answered = 0;
  std::atomic<int> reset = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const Stopwatch watch;
      while (watch.elapsed() < milliseconds(1500)) {
        const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(server().port());
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        if (::connect(descriptor, generic, sizeof(address)) != 0) {
          // Or a reset, of one whose handshake was under way.
          EXPECT_TRUE(errno == ECONNREFUSED || errno == ECONNRESET) << errno;
          ++refused;
          ::close(descriptor);
          std::this_thread::sleep_for(milliseconds(1));
          continue;
        }
        const std::string request =
            "GET /json?fault=refuse:5ms@2%25 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        char answer[1024];
        const bool sent = send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) ==
                          static_cast<ssize_t>(request.size());
        const ssize_t got = sent ? recv(descriptor, answer, sizeof(answer), MSG_WAITALL) : -1;
        if (got > 0) {
          EXPECT_TRUE(std::string_view(answer, static_cast<std::size_t>(got)).ends_with("\"}"));
          ++answered;
        } else {
          EXPECT_NE(got, 0) << "a reset and no end";
          ++reset;
        }
        ::close(descriptor);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(answered, 20);
  EXPECT_GT(reset, 0);
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(eventually([&] { return try_to_connect(server().port()) == 0; }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/file.txt").body, "a file\n");
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
}

SPATE_ON_BOTH_BACKENDS(TargetRefusalTest);

}  // namespace
}  // namespace integration
