#include "tests/integration/server_process.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace integration {

namespace {

std::vector<std::string> command_line(const std::string& root, std::vector<std::string> arguments) {
  std::vector<std::string> command{spate_binary(), root, "--listen", "127.0.0.1:0"};
  if (std::find(arguments.begin(), arguments.end(), "--threads") == arguments.end()) {
    command.insert(command.end(), {"--threads", "1"});
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::size_t count_sockets(const ChildProcess& process) {
  const std::vector<std::string> descriptors = process.descriptors();
  return static_cast<std::size_t>(std::count_if(
      descriptors.begin(), descriptors.end(),
      [](const std::string& target) { return target.compare(0, 7, "socket:") == 0; }));
}

}  // namespace

std::string spate_binary() {
  return SPATE_BINARY;
}

ServerProcess::ServerProcess(const std::string& root, std::vector<std::string> arguments,
                             const Restrictions& restrictions)
    : process_(command_line(root, std::move(arguments)), restrictions) {
  const std::string mark = "http://127.0.0.1:";
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (port_ == 0) {
    const bool ended = process_.ends_within(std::chrono::milliseconds(1));
    const std::string output = process_.output();
    const std::size_t url = output.find(mark);
    // The whole report is written at once.
    if (url != std::string::npos) {
      port_ = static_cast<uint16_t>(std::atoi(output.c_str() + url + mark.size()));
    }
    if (ended || std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE() << "the server does not start: " << process_.error_output();
      return;
    }
  }
  sockets_at_start_ = count_sockets(process_);
}

std::size_t ServerProcess::open_connections() const {
  return count_sockets(process_) - sockets_at_start_;
}

void ServerTest::SetUp() {
  const Finished check = run_to_end({spate_binary(), "--check-system", "--io", GetParam()});
  if (check.exit_code != 0) GTEST_SKIP() << check.error_output;
}

void ServerTest::TearDown() {
  if (server_ != nullptr && !process().has_ended()) stop();
}

void ServerTest::start(std::vector<std::string> arguments, const Restrictions& restrictions) {
  start_at(root_.path(), std::move(arguments), restrictions);
}

void ServerTest::start_at(const std::string& root, std::vector<std::string> arguments,
                          const Restrictions& restrictions) {
  arguments.insert(arguments.end(), {"--io", GetParam()});
  server_ = std::make_unique<ServerProcess>(root, std::move(arguments), restrictions);
  ASSERT_NE(server_->port(), 0);
}

void ServerTest::stop() {
  process().signal(SIGTERM);
  EXPECT_EQ(process().wait(), 0) << process().error_output();
}

}  // namespace integration
