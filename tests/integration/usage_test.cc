// The command line as a person meets it: what is wrong stands in one line on standard error, and
// the exit code tells a mistake of usage (2) from a server that could not run (1).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "core/check.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

class UsageTest : public ::testing::Test {
 protected:
  Finished run(std::vector<std::string> arguments, const Restrictions& restrictions = {}) {
    arguments.insert(arguments.begin(), spate_binary());
    return run_to_end(arguments, restrictions);
  }

  // One line that holds all of `parts`.
  static void expect_one_line(const std::string& text, const std::vector<std::string>& parts) {
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_EQ(text.compare(0, 7, "spate: "), 0) << text;
    for (const std::string& part : parts) {
      EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in: " << text;
    }
  }

  void expect_failure(const std::vector<std::string>& arguments, int exit_code,
                      const std::vector<std::string>& parts,
                      const Restrictions& restrictions = {}) {
    const Finished finished = run(arguments, restrictions);
    EXPECT_EQ(finished.exit_code, exit_code) << finished.error_output;
    EXPECT_EQ(finished.output, "");
    expect_one_line(finished.error_output, parts);
  }

  TemporaryDirectory root_;
};

constexpr int kCouldNotRun = 1;
constexpr int kUsage = 2;

TEST_F(UsageTest, RefusesWrongOptions) {
  expect_failure({"--unknown"}, kUsage, {"--unknown", "--help"});
  expect_failure({root_.path(), "another"}, kUsage, {"another"});
  expect_failure({"--io", "kqueue"}, kUsage, {"--io", "uring", "epoll"});
  expect_failure({"--threads", "none"}, kUsage, {"--threads", "none"});
  expect_failure({"--threads", "0"}, kUsage, {"--threads"});
  expect_failure({"--threads"}, kUsage, {"--threads"});
  expect_failure({"--max-connections", "-5"}, kUsage, {"--max-connections"});
  expect_failure({"--cache-size", "many"}, kUsage, {"--cache-size", "many", "64M"});
  for (const char* option : {"--keep-alive-timeout", "--header-timeout", "--body-timeout",
                             "--write-timeout", "--drain-timeout"}) {
    expect_failure({option, "soon"}, kUsage, {option, "soon", "30s"});
    expect_failure({option, "0"}, kUsage, {option});
    expect_failure({option, "-1s"}, kUsage, {option});
    expect_failure({option, "nan"}, kUsage, {option});
  }
  expect_failure({"--listen", "nonsense"}, kUsage, {"--listen", "nonsense", "ADDR:PORT"});
  expect_failure({"--listen", "127.0.0.1:99999"}, kUsage, {"--listen", "99999"});
  expect_failure({"--listen", "example.org:80"}, kUsage, {"--listen", "example.org:80"});
}

TEST_F(UsageTest, RefusesWrongRoots) {
  root_.write("file.txt", "x");
  ASSERT_EQ(mkdir(root_.path("locked").c_str(), 0), 0);
  const auto with = [&](const std::string& root) {
    return std::vector<std::string>{root, "--listen", "127.0.0.1:0"};
  };
  expect_failure(with(root_.path("missing")), kCouldNotRun,
                 {root_.path("missing"), "No such file or directory"});
  expect_failure(with(root_.path("file.txt")), kCouldNotRun, {"file.txt", "Not a directory"});
  Restrictions restrictions;
  restrictions.no_permission_override = true;
  expect_failure(with(root_.path("locked")), kCouldNotRun, {"locked", "Permission denied"},
                 restrictions);
}

TEST_F(UsageTest, RefusesBusyPort) {
  const int busy = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CHECK(bind(busy, generic, length) == 0 && listen(busy, 1) == 0);
  CHECK(getsockname(busy, generic, &length) == 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  expect_failure({root_.path(), "--listen", "127.0.0.1:" + port}, kCouldNotRun,
                 {"127.0.0.1:" + port, "Address already in use", "--listen"});
  close(busy);
  // Nor does a second server join the first by SO_REUSEPORT.
  const ServerProcess first(root_.path(), {}, {});
  const std::string taken = "127.0.0.1:" + std::to_string(first.port());
  expect_failure({root_.path(), "--listen", taken}, kCouldNotRun, {taken, "in use"});
}

TEST_F(UsageTest, RefusesAddressOfAnotherMachine) {
  expect_failure({root_.path(), "--listen", "192.0.2.1:8080"}, kCouldNotRun, {"192.0.2.1:8080"});
}

TEST_F(UsageTest, RefusesLowLimits) {
  Restrictions restrictions;
  restrictions.descriptors = 64;
  expect_failure({root_.path(), "--listen", "127.0.0.1:0"}, kCouldNotRun,
                 {"RLIMIT_NOFILE is 64", "ulimit -n"}, restrictions);
  restrictions.descriptors = 1024;
  expect_failure({root_.path(), "--listen", "127.0.0.1:0", "--max-connections", "5000"},
                 kCouldNotRun, {"--max-connections 5000", "1024", "ulimit -n"}, restrictions);
}

TEST_F(UsageTest, HelpsInGroups) {
  const Finished help = run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.error_output, "");
  for (const char* part : {"ROOT", "Listening:", "Files:", "Limits:", "Timeouts:", "Performance:",
                           "--listen", "--threads", "--io", "--max-connections", "--cache-size",
                           "--keep-alive-timeout", "--header-timeout", "--write-timeout",
                           "--drain-timeout", "--pin", "--no-pin", "--check-system", "--version"}) {
    EXPECT_NE(help.output.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(run({"-h"}).output, help.output);
}

TEST_F(UsageTest, PrintsVersion) {
  const Finished version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.output.compare(0, 6, "spate "), 0);
  EXPECT_EQ(std::count(version.output.begin(), version.output.end(), '\n'), 1);
}

TEST_F(UsageTest, ChecksTheSystem) {
  const Finished check = run({"--check-system"});
  EXPECT_EQ(check.exit_code, 0) << check.error_output;
  EXPECT_EQ(check.error_output, "");
  for (const char* part : {"backend", "threads", "connections", "memory", "advice"}) {
    EXPECT_NE(check.output.find(part), std::string::npos) << part;
  }
}

TEST_F(UsageTest, ReportsWhatItServesWith) {
  root_.write("hello.txt", "hello\n");
  ServerProcess server(root_.path(),
                       {"--io", "epoll", "--threads", "2", "--max-connections", "100"}, {});
  const std::string report = server.process().output();
  for (const std::string& part :
       {root_.path(), server.url(), std::string("backend      epoll"),
        std::string("threads      2"), std::string("connections  100"), std::string("memory"),
        std::string("files        symbolic links are followed beneath the root; no listings;"),
        std::string("limits       head 16.0 KiB (target 8.0 KiB, fields 100), body 1.0 MiB"),
        std::string("requests per connection: no limit; connections per address: no limit")}) {
    EXPECT_NE(report.find(part), std::string::npos) << part << " in: " << report;
  }
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait(), 0);
}

TEST_F(UsageTest, ListensOnSeveralAddresses) {
  root_.write("hello.txt", "hello\n");
  ServerProcess server(root_.path(), {"--listen", "[::1]:0"}, {});
  const std::string report = server.process().output();
  EXPECT_NE(report.find("http://[::1]:"), std::string::npos) << report;
  EXPECT_EQ(HttpClient(server.port()).get("/hello.txt").body, "hello\n");
}

TEST_F(UsageTest, ServesTheCurrentDirectory) {
  root_.write("hello.txt", "hello\n");
  Restrictions restrictions;
  restrictions.directory = root_.path();
  ServerProcess server(".", {}, restrictions);
  EXPECT_EQ(HttpClient(server.port()).get("/hello.txt").body, "hello\n");
}

// A sandbox that forbids io_uring, as the default profile of Docker does.
TEST_F(UsageTest, FallsBackWhereUringIsForbidden) {
  root_.write("hello.txt", "hello\n");
  Restrictions restrictions;
  restrictions.no_uring = true;
  expect_failure({root_.path(), "--io", "uring", "--listen", "127.0.0.1:0"}, kCouldNotRun,
                 {"--io uring", "io_uring_setup", "Operation not permitted", "--io epoll"},
                 restrictions);
  ServerProcess server(root_.path(), {"--io", "auto"}, restrictions);
  EXPECT_EQ(HttpClient(server.port()).get("/hello.txt").body, "hello\n");
  const std::string report = server.process().output();
  EXPECT_NE(report.find("backend      epoll (io_uring does not work here: io_uring_setup: "
                        "Operation not permitted"),
            std::string::npos)
      << report;
  const Finished check = run({"--check-system"}, restrictions);
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_NE(check.output.find("io_uring     not used"), std::string::npos) << check.output;
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait(), 0);
}

}  // namespace
}  // namespace integration
