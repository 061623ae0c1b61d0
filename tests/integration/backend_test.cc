// The backend that was asked for is the one at work.
#include <algorithm>
#include <cstring>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class BackendTest : public ServerTest {};

TEST_P(BackendTest, IsTheOneAskedFor) {
  constexpr long kWorkers = 2;
  root_.write("hello.txt", "hello\n");
  start({"--threads", "2"});
  EXPECT_EQ(get("/hello.txt").body, "hello\n");
  const std::vector<std::string> descriptors = process().descriptors();
  const auto count = [&](const char* kind) {
    return std::count(descriptors.begin(), descriptors.end(), std::string("anon_inode:") + kind);
  };
  const bool uring = std::strcmp(GetParam(), "uring") == 0;
  EXPECT_EQ(count("[io_uring]"), uring ? kWorkers : 0);
  EXPECT_EQ(count("[eventpoll]"), uring ? 0 : kWorkers);
  const std::string name = uring ? "backend      io_uring (" : "backend      epoll (";
  EXPECT_NE(process().output().find(name), std::string::npos) << process().output();
}

SPATE_ON_BOTH_BACKENDS(BackendTest);

}  // namespace
}  // namespace integration
