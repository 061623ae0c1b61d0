// Answers that take time, through a session whose clock is set by hand.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::target {
namespace {

using namespace test_support;

constexpr uint64_t kMillisecondOfTest = 1'000'000;

class PacedTest : public ::testing::Test {
 protected:
  PacedTest() {
    server.files.put("a.txt", "a file", kOld);
    server.responder.add_target(target);
  }

  void pass(uint64_t milliseconds) { server.pass(milliseconds * kMillisecondOfTest); }
  // The time until the connection wants to go on, in milliseconds.
  uint64_t wait_of(const HttpConnection& connection) const {
    EXPECT_TRUE(connection.waits_for_time());
    return (connection.paced.until - server.clock.now()) / kMillisecondOfTest;
  }
  // Lets the connection go on whenever it wants to, until it waits no more. What came, with "|"
  // where it had to wait.
  std::string run(HttpConnection& connection) {
    std::string text = std::exchange(connection.output, "");
    while (connection.waits_for_time()) {
      server.pass(connection.paced.until - server.clock.now());
      connection.receive("");
      text += "|" + std::exchange(connection.output, "");
    }
    return text;
  }
  std::string run(const std::string& request) {
    HttpConnection connection(server);
    connection.receive(request);
    return run(connection);
  }
  // What follows the head.
  static std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
  }
  std::string delayed(uint64_t nanoseconds, const std::string& ending = "") const {
    const std::string body = "{\"delay_ns\":" + std::to_string(nanoseconds) + "}\n";
    return start_line(Status::ok, server.clock.wall_seconds()) +
           "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + ending + "\r\n" + body;
  }

  HttpServer server;
  Target target{"/", 7};
};

// --- delay
// ----------------------------------------------------------------------------------------

TEST_F(PacedTest, DelayIsToTheNanosecond) {
  HttpConnection connection(server);
  connection.receive(get("/delay/20ms"));
  EXPECT_EQ(connection.output, "");
  EXPECT_EQ(connection.session.phase(), h1::Phase::answer);
  EXPECT_EQ(wait_of(connection), 20U);
  server.pass(20 * kMillisecondOfTest - 1);
  connection.receive("");
  EXPECT_EQ(connection.output, "");
  server.pass(1);
  connection.receive("");
  EXPECT_EQ(connection.output, delayed(20'000'000));
  EXPECT_EQ(connection.session.phase(), h1::Phase::idle);
  EXPECT_EQ(server.counters.requests, 1U);
}

TEST_F(PacedTest, NoDelayIsAnsweredAtOnce) {
  EXPECT_EQ(test_support::answer(server, get("/delay/0")), delayed(0));
}

TEST_F(PacedTest, RequestsBehindADelayWait) {
  HttpConnection connection(server);
  const std::string file = test_support::answer(server, get("/a.txt"));
  connection.receive(get("/a.txt") + get("/delay/1") + get("/a.txt") + get("/delay/1") +
                     get("/a.txt"));
  EXPECT_EQ(connection.output, file);
  EXPECT_FALSE(connection.carry().empty());
  connection.output.clear();
  pass(1000);
  connection.receive("");
  const std::string first = delayed(kSecond);
  EXPECT_EQ(connection.output.substr(0, first.size()), first);
  EXPECT_EQ(wait_of(connection), 1000U) << "the second one counts from when it was read";
  pass(1000);
  connection.receive("");
  EXPECT_TRUE(connection.output.ends_with("a file"));
  EXPECT_EQ(connection.session.phase(), h1::Phase::idle);
  EXPECT_EQ(connection.carry(), "");
}

// The bound on responses that wait to be sent does not count what has queued nothing.
TEST_F(PacedTest, AnOutputThatIsUsedAgainIsNotFull) {
  HttpConnection connection(server);
  for (int i = 0; i < 100; ++i) {
    connection.receive_without_sending(get("/delay/1ms"));
    ASSERT_TRUE(connection.waits_for_time()) << i;
    pass(1);
    connection.receive("");
  }
  EXPECT_EQ(server.counters.requests, 100U);
  connection.output.clear();
  std::string pipeline;
  for (int i = 0; i < 500; ++i) pipeline += get("/delay/0");
  connection.receive_without_sending(pipeline);
  EXPECT_TRUE(connection.blocked());
  EXPECT_FALSE(connection.queue.takes_response());
  connection.receive("");
  EXPECT_EQ(server.counters.requests, 600U);
}

TEST_F(PacedTest, DelayOfHeadOfOldClientsAndOfTheLast) {
  const std::string rest = " /delay/10ms HTTP/1.1\r\nHost: a\r\n";
  const std::string whole = run("GET" + rest + "\r\n");
  EXPECT_EQ(whole, "|" + delayed(10'000'000));
  EXPECT_EQ(run("HEAD" + rest + "\r\n"), whole.substr(0, whole.find("{")));
  EXPECT_EQ(run("POST" + rest + "Connection: close\r\n\r\n"),
            "|" + delayed(10'000'000, "Connection: close\r\n"));
  EXPECT_EQ(run("GET /delay/10ms HTTP/1.0\r\n\r\n"),
            "|" + delayed(10'000'000, "Connection: close\r\n"));
  EXPECT_EQ(run("GET /delay/10ms HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
            "|" + delayed(10'000'000, "Connection: keep-alive\r\n"));
}

TEST_F(PacedTest, BodyOfADelayedRequestIsPassedOverBehindIt) {
  HttpConnection connection(server);
  connection.receive("POST /delay/10ms HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" +
                     get("/a.txt"));
  EXPECT_EQ(connection.carry().substr(0, 5), "hello");
  const std::string text = run(connection);
  EXPECT_EQ(text, "|" + delayed(10'000'000) + test_support::answer(server, get("/a.txt")));
}

TEST_F(PacedTest, DrainThatBeginsMeanwhileIsSaid) {
  HttpConnection connection(server);
  connection.receive(get("/delay/10ms"));
  server.context.draining = true;
  EXPECT_EQ(run(connection), "|" + delayed(10'000'000, "Connection: close\r\n"));
  EXPECT_TRUE(connection.finished());
}

TEST_F(PacedTest, BytesThatComeMeanwhileChangeNothing) {
  HttpConnection connection(server);
  connection.receive(get("/delay/10ms"));
  for (const char c : get("/a.txt")) {
    connection.receive(core::Bytes(&c, 1));
    EXPECT_TRUE(connection.waits_for_time());
  }
  EXPECT_EQ(run(connection),
            "|" + delayed(10'000'000) + test_support::answer(server, get("/a.txt")));
}

}  // namespace
}  // namespace http::target
