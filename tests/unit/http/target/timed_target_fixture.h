// A server with the load-test target whose clock is set by hand, for tests of answers that take
// time.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "http/target/target.h"
#include "tests/support/http_server.h"

namespace http::target {

inline constexpr uint64_t kMillisecondOfTest = 1'000'000;

class TimedTargetTest : public ::testing::Test {
 protected:
  TimedTargetTest() {
    server.files.put("a.txt", "a file", test_support::kOld);
    server.responder.add_target(target);
  }

  void pass(uint64_t milliseconds) { server.pass(milliseconds * kMillisecondOfTest); }
  // Lets the connection go on whenever it wants to, until it waits no more. What came, with "|"
  // where it had to wait.
  std::string run(test_support::HttpConnection& connection) {
    std::string text = std::exchange(connection.output, "");
    while (connection.waits_for_time()) {
      server.pass(connection.paced.until - server.clock.now());
      connection.receive("");
      text += "|" + std::exchange(connection.output, "");
    }
    return text;
  }

  test_support::HttpServer server;
  Target target{"/", 7};
};

}  // namespace http::target
