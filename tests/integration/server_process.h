// The real spate binary with a directory of its own, on one of the two backends, and the fixture of
// the tests that drive it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/child_process.h"
#include "tests/integration/http_client.h"
#include "tests/integration/temporary_directory.h"

namespace integration {

// Path of the binary under test.
std::string spate_binary();

// A server that listens on a free port of 127.0.0.1.
class ServerProcess {
 public:
  // Waits until it serves, and fails the test if it does not. One thread, if the arguments ask for
  // no other number.
  ServerProcess(const std::string& root, std::vector<std::string> arguments,
                const Restrictions& restrictions);

  uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  ChildProcess& process() { return process_; }
  // Connections that it holds open.
  std::size_t open_connections() const;

 private:
  ChildProcess process_;
  uint16_t port_ = 0;
  std::size_t sockets_at_start_ = 0;
};

// Polls until `done` comes true; false when it does not within the patience.
template <class Done>
[[nodiscard]] bool eventually(Done done) {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Time since it was made.
class Stopwatch {
 public:
  std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start_);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Each test runs on both backends. The parameter is the value of --io.
class ServerTest : public ::testing::TestWithParam<const char*> {
 protected:
  // Skips the test where this machine does not allow the backend, with the server's own reason.
  void SetUp() override;
  // A server that still runs must end well: SIGTERM, exit code 0, no report of a sanitizer.
  void TearDown() override;

  void start(std::vector<std::string> arguments = {}, const Restrictions& restrictions = {});
  // The same with another root than root_.
  void start_at(const std::string& root, std::vector<std::string> arguments = {},
                const Restrictions& restrictions = {});
  // Sends SIGTERM and expects exit code 0.
  void stop();

  ServerProcess& server() { return *server_; }
  ChildProcess& process() { return server_->process(); }
  HttpClient connect(int receive_buffer = 0) { return HttpClient(server_->port(), receive_buffer); }
  // By a connection of its own.
  Response get(const std::string& path, const std::string& fields = "") {
    return connect().get(path, fields);
  }
  std::string write_content(const std::string& name, uint64_t seed, std::size_t size) {
    std::string content = make_content(seed, size);
    root_.write(name, content);
    return content;
  }

  TemporaryDirectory root_;

 private:
  std::unique_ptr<ServerProcess> server_;
};

#define SPATE_ON_BOTH_BACKENDS(fixture)                                      \
  INSTANTIATE_TEST_SUITE_P(Io, fixture, ::testing::Values("uring", "epoll"), \
                           [](const auto& info) { return std::string(info.param); })

}  // namespace integration
