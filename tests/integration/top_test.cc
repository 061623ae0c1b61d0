// `spate top` against the real server: its numbers are those of the server, it leaves a terminal as
// it found it, and who is no spate is told apart.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <regex>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class TopTest : public ServerTest {
 protected:
  void start_admin() {
    start({"--admin", "0", "--threads", "2", "--target"});
    const std::string output = process().output();
    std::smatch found;
    ASSERT_TRUE(
        std::regex_search(output, found, std::regex("admin +http://127\\.0\\.0\\.1:([0-9]+)/\n")))
        << output;
    admin_port_ = found[1];
  }
  Finished top_once(const std::string& address) {
    return run_to_end({"/usr/bin/env", "LC_ALL=C.UTF-8", "COLUMNS=100", spate_binary(), "top",
                       "--once", address});
  }

  std::string admin_port_;
};
SPATE_ON_BOTH_BACKENDS(TopTest);

// `spate top` with a terminal of its own.
class TerminalProcess {
 public:
  explicit TerminalProcess(const std::vector<std::string>& command)
      : terminal_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    EXPECT_EQ(grantpt(terminal_), 0);
    EXPECT_EQ(unlockpt(terminal_), 0);
    const std::string name = ptsname(terminal_);
    other_end_ = open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const winsize size{30, 70, 0, 0};
    EXPECT_EQ(ioctl(other_end_, TIOCSWINSZ, &size), 0);
    settings_before_ = settings();
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      setsid();
      const int controlling = open(name.c_str(), O_RDWR);  // becomes it: of a new session the first
      for (const int descriptor : {0, 1, 2}) dup2(controlling, descriptor);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
  }
  ~TerminalProcess() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    close(other_end_);
    close(terminal_);
  }

  termios settings() const {
    termios settings{};
    EXPECT_EQ(tcgetattr(terminal_, &settings), 0);  // the other end is hung up with the session
    return settings;
  }
  const termios& settings_before() const { return settings_before_; }  // the program began
  bool shows(const std::string& text) {
    return eventually([&] {
      read_some();
      return shown_.find(text) != std::string::npos;
    });
  }
  void type(const std::string& keys) {
    EXPECT_EQ(write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  void signal(int number) { kill(pid_, number); }
  int wait() {
    int status = 0;
    const bool has_ended = eventually([&] {
      read_some();
      return waitpid(pid_, &status, WNOHANG) == pid_;
    });
    EXPECT_TRUE(has_ended);
    if (!has_ended) return -1;
    pid_ = -1;
    read_some();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& shown() const { return shown_; }

 private:
  void read_some() {
    pollfd event{terminal_, POLLIN, 0};
    while (poll(&event, 1, 0) > 0 && (event.revents & POLLIN) != 0) {
      char part[4096];
      const ssize_t got = read(terminal_, part, sizeof(part));
      if (got <= 0) return;
      shown_.append(part, static_cast<std::size_t>(got));
    }
  }

  int terminal_;
  int other_end_ = -1;
  termios settings_before_{};
  pid_t pid_ = -1;
  std::string shown_;
};

TEST_P(TopTest, OnceHasTheNumbersOfTheServer) {
  start_admin();
  std::atomic<bool> goes_on{true};
  std::thread load([&] {
    HttpClient client = connect();
    while (goes_on) client.get("/plaintext");
  });
  const Finished finished = top_once(admin_port_);
  goes_on = false;
  load.join();
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_EQ(finished.error_output, "");
  const std::string& text = finished.output;
  const std::string backend = std::string(GetParam()) == "uring" ? "io_uring" : "epoll";
  EXPECT_NE(text.find(", " + backend + ", up "), std::string::npos) << text;
  std::smatch found;
  ASSERT_TRUE(std::regex_search(text, found, std::regex("\nrequests/s +([0-9,.]+) +█\n"))) << text;
  EXPECT_NE(found[1], "0");
  EXPECT_TRUE(std::regex_search(text, std::regex("\nsent +[0-9.]+ [kM]bit/s +█\n"))) << text;
  EXPECT_TRUE(std::regex_search(text, std::regex("\nconnections +1 open, [0-9.]+/s new"))) << text;
  EXPECT_TRUE(std::regex_search(text, std::regex("\ntime, p99\\.9 +[0-9.]+ (µs|ms|s)"))) << text;
  EXPECT_TRUE(std::regex_search(text, std::regex("\n0 +[0-9.,]+ +[█░]+ [0-9]+ %\n1 +"))) << text;
}

TEST_P(TopTest, WithoutLoadNothingIsMadeUp) {
  start_admin();
  const Finished finished = top_once("127.0.0.1:" + admin_port_);
  EXPECT_EQ(finished.exit_code, 0) << finished.error_output;
  EXPECT_NE(finished.output.find("\nrequests/s    0 "), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("\ntime, p50     no request"), std::string::npos)
      << finished.output;
  EXPECT_NE(finished.output.find("\nthere was no load to judge\n"), std::string::npos)
      << finished.output;
}

TEST_P(TopTest, WhoIsNoAdminAddressIsTold) {
  start_admin();
  const std::string port = std::to_string(server().port());
  const Finished files = top_once(port);
  EXPECT_EQ(files.exit_code, 1);
  EXPECT_EQ(files.output, "");
  EXPECT_EQ(files.error_output,
            "spate top: 127.0.0.1:" + port + " is no admin address of spate: it has no /stats\n");
  root_.write("stats", "no JSON");
  EXPECT_EQ(top_once(port).error_output, "spate top: 127.0.0.1:" + port +
                                             " is no admin address of spate: its answer is no "
                                             "JSON\n");
  stop();
  const Finished gone = top_once(admin_port_);
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_EQ(gone.error_output, "spate top: nobody answers at 127.0.0.1:" + admin_port_ +
                                   ": Connection refused (start spate with --admin=" + admin_port_ +
                                   ", or name its admin address)\n");
}

TEST_P(TopTest, OnATerminalItDrawsAndLeavesItAsItWas) {
  start_admin();
  const std::vector<std::string> command = {spate_binary(), "top", admin_port_};
  for (const std::string end : {"q", "\x03", "SIGTERM"}) {
    TerminalProcess top(command);
    ASSERT_TRUE(top.shows("\x1b[?1049h"));
    ASSERT_TRUE(top.shows("requests/s    0 ")) << top.shown();
    EXPECT_EQ(top.settings().c_lflag & static_cast<tcflag_t>(ECHO | ICANON), 0U);
    if (end == "SIGTERM") {
      top.signal(SIGTERM);
    } else {
      top.type("x" + end);  // no other key ends it
    }
    EXPECT_EQ(top.wait(), 0) << end;
    EXPECT_TRUE(top.shown().ends_with("\x1b[?25h\x1b[?1049l")) << end;
    EXPECT_EQ(top.settings().c_lflag, top.settings_before().c_lflag) << end;
  }
}

TEST_P(TopTest, AServerThatGoesAwayIsWaitedFor) {
  start_admin();
  TerminalProcess top({spate_binary(), "top", admin_port_});
  ASSERT_TRUE(top.shows("requests/s    0 ")) << top.shown();
  stop();
  ASSERT_TRUE(top.shows("nobody answers at 127.0.0.1:" + admin_port_)) << top.shown();
  top.type("q");
  EXPECT_EQ(top.wait(), 0);
}

}  // namespace
}  // namespace integration
