// What a session counts: every final response once, by the status that goes out.
#include "http/h1/session_counters.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "http/h1/head_parser.h"
#include "http/target/target.h"
#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using namespace test_support;

class SessionCountersTest : public ::testing::Test {
 protected:
  SessionCountersTest() {
    server.files.put("a.txt", "content", kNow - 1000);
    server.responder.add_target(target);
  }

  static std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }
  // The bytes on a connection of their own, given at once.
  void ask(const std::string& bytes) {
    HttpConnection connection(server);
    connection.receive(bytes);
  }
  std::map<uint32_t, uint64_t> responses() const {
    std::map<uint32_t, uint64_t> counts;
    for (uint32_t i = StatusCounters::kFirst; i < StatusCounters::kEnd; ++i) {
      if (server.counters.responses.of(i) > 0) counts[i] = server.counters.responses.of(i);
    }
    return counts;
  }
  using Counts = std::map<uint32_t, uint64_t>;

  target::Target target{"/t/", 1};
  HttpServer server;
};

TEST_F(SessionCountersTest, Files) {
  for (int i = 0; i < 3; ++i) ask(get("/a.txt"));
  ask(get("/a.txt") + get("/a.txt", "Range: bytes=0-1\r\n") + get("/none") + get("/a.txt"));
  ask(get("/a.txt", "If-None-Match: *\r\n"));
  ask("HEAD /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(responses(), (Counts{{200, 6}, {206, 1}, {304, 1}, {404, 1}}));
  EXPECT_EQ(server.counters.requests, 9U);
  EXPECT_EQ(server.counters.bad_requests, 0U);
}

TEST_F(SessionCountersTest, ReadyAnswers) {
  ask(get("/a.txt"));
  if (head_parser_isa() == core::Isa::scalar) GTEST_SKIP() << "needs a vector parser";
  Session session;
  const PaddedBytes padded(get("/a.txt"), server.random);
  ASSERT_NE(session.ready_answer(padded.bytes(), server.context).entry, nullptr);
  EXPECT_EQ(responses(), (Counts{{200, 2}}));
  EXPECT_EQ(server.counters.requests, 2U);
}

TEST_F(SessionCountersTest, WhatIsNoRequest) {
  ask("nonsense\r\n\r\n");
  ask("GET /a.txt HTTP/1.1\r\n\r\n");  // no Host
  ask("GET /a.txt HTTP/3.0\r\nHost: a\r\n\r\n");
  ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");  // is told so in HTTP/2, which has no status
  EXPECT_EQ(responses(), (Counts{{400, 2}, {505, 1}}));
  EXPECT_EQ(server.counters.requests, 0U);
  EXPECT_EQ(server.counters.bad_requests, 4U);
}

TEST_F(SessionCountersTest, WhatTheTargetSays) {
  ask(get("/t/status/418") + get("/t/status/599") + get("/t/status/200") + get("/t/status/204"));
  ask(get("/t/status/none"));  // 400, and a request all the same
  EXPECT_EQ(responses(), (Counts{{200, 1}, {204, 1}, {400, 1}, {418, 1}, {599, 1}}));
  EXPECT_EQ(server.counters.requests, 5U);
}

// An answer that takes time is counted when its head goes out, and an upload by what it came to.
TEST_F(SessionCountersTest, AnswersThatTakeTime) {
  HttpConnection waiting(server);
  waiting.receive(get("/t/delay/10ms"));
  EXPECT_EQ(server.counters.requests, 1U);
  EXPECT_EQ(responses(), Counts{});
  server.pass(20'000'000);
  waiting.receive("");
  EXPECT_EQ(responses(), (Counts{{200, 1}}));
  const std::string chunked =
      "POST /t/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  ask(chunked + "5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(responses(), (Counts{{200, 2}}));
  ask(chunked + "nonsense\r\n");
  EXPECT_EQ(responses(), (Counts{{200, 2}, {400, 1}}));
}

}  // namespace
}  // namespace http::h1
