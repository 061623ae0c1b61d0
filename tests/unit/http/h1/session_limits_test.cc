// The limits of a session that its worker sets: requests per connection (RFC 9112 section 9.6: the
// last response says "close") and the time for a body.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using test_support::get;
using test_support::HttpConnection;
using test_support::HttpServer;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(SessionLimits, LastResponseSaysClose) {
  for (const uint32_t limit : {1u, 2u, 5u}) {
    HttpServer server;
    server.files.put("file", "content", test_support::kOld);
    server.limits.requests = limit;
    HttpConnection connection(server);
    for (uint32_t i = 1; i < limit; ++i) {
      connection.receive(get("/file"));
      ASSERT_FALSE(connection.finished()) << i;
      ASSERT_EQ(count(connection.output, "HTTP/1.1 200"), i);
    }
    EXPECT_EQ(count(connection.output, "Connection: close"), 0u);
    connection.receive(get("/file"));
    EXPECT_EQ(count(connection.output, "HTTP/1.1 200"), limit);
    EXPECT_EQ(count(connection.output, "Connection: close"), 1u);
    EXPECT_EQ(connection.session.phase(), Phase::finished);
    EXPECT_TRUE(connection.session.lingers()) << "the client may have sent more";
    EXPECT_EQ(server.counters.requests, limit);
  }
}

// In a pipeline whose output is full again and again, each request counts once.
TEST(SessionLimits, CountsEachRequestOfAPipelineOnce) {
  constexpr uint32_t kLimit = 200;
  HttpServer server;
  server.files.put("file", std::string(5000, 'x'), test_support::kOld);
  server.limits.requests = kLimit;
  HttpConnection connection(server);
  std::string pipeline;
  for (uint32_t i = 0; i < kLimit + 10; ++i) pipeline += get("/file");
  connection.receive(pipeline);
  EXPECT_EQ(count(connection.output, "HTTP/1.1 200"), kLimit);
  EXPECT_TRUE(connection.finished());
}

// An HTTP/1.0 client that asked to go on is told that it does not.
TEST(SessionLimits, LastResponseToAnOldClient) {
  HttpServer server;
  server.files.put("file", "content", test_support::kOld);
  server.limits.requests = 2;
  HttpConnection connection(server);
  const std::string request = "GET /file HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  connection.receive(request);
  EXPECT_EQ(count(connection.output, "Connection: keep-alive"), 1u);
  connection.receive(request);
  EXPECT_EQ(count(connection.output, "Connection: keep-alive"), 1u);
  EXPECT_EQ(connection.session.phase(), Phase::finished);
}

// 65,536 requests: the count wraps without an end.
TEST(SessionLimits, NoLimit) {
  HttpServer server;
  HttpConnection connection(server);
  const std::string request = get("/missing");
  for (uint32_t i = 0; i < 66'000; ++i) {
    connection.receive(request);
    ASSERT_FALSE(connection.finished()) << i;
    connection.output.clear();
  }
}

// The response is out already; a 408 behind it would be taken for that of another request (RFC 9110
// section 15.5.9).
TEST(SessionLimits, BodyTimeoutIsNotAnswered) {
  for (const char* framing : {"Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"}) {
    HttpServer server;
    server.files.put("file", "content", test_support::kOld);
    HttpConnection connection(server);
    connection.receive(get("/file", framing) + "5\r\n");
    ASSERT_EQ(connection.session.phase(), Phase::body);
    const std::string before = connection.output;
    EXPECT_EQ(count(before, "HTTP/1.1 200"), 1u);
    connection.session.on_body_timeout();
    EXPECT_EQ(connection.session.phase(), Phase::finished);
    EXPECT_TRUE(connection.session.lingers());
    connection.receive("ello12345" + get("/file"));
    EXPECT_TRUE(connection.finished());
    EXPECT_EQ(connection.output, before);
  }
}

// However many have come, and whatever is left of the output.
TEST(SessionLimits, AnswersAQuantumOfAPipelineAtATime) {
  HttpServer server;
  server.files.put("file", "", test_support::kOld);
  HttpConnection connection(server);
  constexpr std::size_t kQuantum = OutputQueue::kMaxResponses;
  std::string pipeline;
  for (std::size_t i = 0; i < 2 * kQuantum + 5; ++i) pipeline += get("/file");
  connection.receive_without_sending(pipeline);
  EXPECT_TRUE(connection.blocked());
  EXPECT_EQ(server.counters.requests, kQuantum);
  connection.send(100);
  connection.receive_without_sending("");
  EXPECT_EQ(server.counters.requests, kQuantum) << "not before all of them are sent";
  connection.send_all();
  connection.receive_without_sending("");
  EXPECT_EQ(server.counters.requests, 2 * kQuantum);
  connection.send_all();
  connection.receive_without_sending("");
  EXPECT_FALSE(connection.blocked());
  connection.send_all();
  EXPECT_EQ(count(connection.output, "HTTP/1.1 200"), 2 * kQuantum + 5);
}

TEST(SessionLimits, TurnedAway) {
  for (const std::string& request :
       {get("/file"), get("/missing") + get("/file"), get("/file", "Connection: close\r\n"),
        "HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n" + get("/file"),
        get("/file", "Expect: 100-continue\r\nContent-Length: 5\r\n"),
        get("/file", "Expect: something else\r\n")}) {
    HttpServer server;
    server.files.put("file", "content", test_support::kOld);
    HttpConnection connection(server);
    connection.session.turn_away();
    connection.receive(request);
    EXPECT_TRUE(connection.output.starts_with("HTTP/1.1 503 ")) << connection.output;
    EXPECT_EQ(count(connection.output, "HTTP/1.1 "), 1u);
    EXPECT_EQ(count(connection.output, "\r\nRetry-After: 1\r\n"), 1u);
    EXPECT_EQ(count(connection.output, "\r\nConnection: close\r\n"), 1u);
    EXPECT_EQ(connection.output.ends_with("\r\n\r\n"), request.starts_with("HEAD "));
    EXPECT_EQ(connection.session.phase(), Phase::finished);
  }
}

}  // namespace
}  // namespace http::h1
