// Any answer can be late: requests with `?delay=`, through a session whose clock is set by hand.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"
#include "tests/unit/http/target/timed_target_fixture.h"

namespace http::target {
namespace {

using namespace test_support;

class DelayedTest : public TimedTargetTest {
 protected:
  std::string answer(const std::string& request) { return test_support::answer(server, request); }
  static std::string request(const std::string& method, const std::string& target,
                             const std::string& fields = "") {
    return method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }
  // Expects nothing before, and then all of the answer, when so many milliseconds have passed.
  std::string run_late(const std::string& text, uint64_t milliseconds) {
    HttpConnection connection(server);
    connection.receive(text);
    EXPECT_EQ(connection.output, "");
    EXPECT_TRUE(connection.waits_for_time());
    EXPECT_EQ(connection.carry(), "") << "nothing but the slot is held";
    server.pass(milliseconds * kMillisecondOfTest - 1);
    connection.receive("");
    EXPECT_EQ(connection.output, "");
    server.pass(1);
    connection.receive("");
    EXPECT_FALSE(connection.waits_for_time());
    return connection.output;
  }
};

const char* const kPaths[] = {"/plaintext?",
                              "/json?",
                              "/bytes/100?seed=1&",
                              "/bytes/100000?seed=1&",
                              "/range/50000?",
                              "/stream-bytes/3000?seed=1&",
                              "/stream/3?",
                              "/sse?gap=0&",
                              "/drip?duration=0&",
                              "/echo?",
                              "/status/204?",
                              "/status/503?",
                              "/headers?",
                              "/ip?",
                              "/redirect/2?",
                              "/basic-auth/a/b?",
                              "/cache?",
                              "/cache/60?",
                              "/etag/x?",
                              "/trailers?a=b&"};

TEST_F(DelayedTest, EveryEndpointBeginsLateAndSaysTheSame) {
  for (const std::string path : kPaths) {
    SCOPED_TRACE(path);
    const std::string prompt = path.starts_with("/drip") ? "delay=0" : "";
    for (const std::string method : {"GET", "HEAD"}) {
      for (const std::string fields :
           {"", "Connection: close\r\n", "X-A: b\r\nIf-None-Match: \"x\"\r\n",
            "Range: bytes=5-9\r\n"}) {
        const std::string late = run_late(request(method, path + "delay=10ms", fields), 10);
        EXPECT_EQ(late, answer(request(method, path + prompt, fields)));
      }
    }
    const std::string late = run_late("GET " + path + "delay=10ms HTTP/1.0\r\n\r\n", 10);
    EXPECT_EQ(late, answer("GET " + path + prompt + " HTTP/1.0\r\n\r\n"));
  }
  EXPECT_EQ(server.counters.bad_requests, 0U);
}

TEST_F(DelayedTest, DelaysOfAnEndpointAddUp) {
  EXPECT_TRUE(run_late(get("/delay/30ms?delay=20ms"), 50).ends_with("{\"delay_ns\":50000000}\n"));
  EXPECT_TRUE(run_late(get("/delay/uniform:40ms,40ms"), 40).ends_with("40000000}\n"));
  EXPECT_TRUE(run_late(get("/drip?bytes=1"), 2000).ends_with("*")) << "by default";
}

TEST_F(DelayedTest, NoDelayIsAnsweredAtOnce) {
  EXPECT_EQ(answer(get("/json?delay=0")), answer(get("/json")));
  EXPECT_EQ(answer(get("/bytes/10?seed=1&delay=normal:0,0")), answer(get("/bytes/10?seed=1")));
}

TEST_F(DelayedTest, ABadDelayIsAnsweredAtOnce) {
  const std::string text = answer(get("/json?delay=soon"));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 400 ")) << text;
  EXPECT_TRUE(text.ends_with("found \"soon\" at character 1\n")) << text;
}

TEST_F(DelayedTest, PipelinedRequestsKeepTheirOrder) {
  HttpConnection connection(server);
  const std::string json = answer(get("/json"));
  const std::string file = answer(get("/a.txt"));
  connection.receive(get("/a.txt") + get("/json?delay=10ms") + get("/a.txt") +
                     get("/delay/0?delay=10ms") + get("/json?delay=10ms") +
                     get("/json?delay=10ms"));
  const std::string text = run(connection);
  EXPECT_TRUE(text.starts_with(file + "|" + json + file + "|HTTP/1.1 200 OK")) << text;
  EXPECT_TRUE(text.ends_with("{\"delay_ns\":10000000}\n|" + json + "|" + json)) << text;
  EXPECT_EQ(connection.session.phase(), h1::Phase::idle);
  EXPECT_EQ(server.counters.requests, 8U);
}

TEST_F(DelayedTest, ARequestInPiecesIsDelayedFromItsEnd) {
  HttpConnection connection(server);
  const std::string whole = get("/headers?delay=10ms", "X-A: b\r\n");
  for (const char c : whole.substr(0, whole.size() - 1)) connection.receive(core::Bytes(&c, 1));
  pass(500);
  connection.receive(whole.substr(whole.size() - 1));
  const uint64_t end = server.clock.now();
  EXPECT_TRUE(run(connection).ends_with("\"X-A\":\"b\"}}\n"));
  EXPECT_EQ(server.clock.now() - end, 10 * kMillisecondOfTest);
}

// It is passed over, so that nothing of it is held.
TEST_F(DelayedTest, ABodyComesFirst) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const std::string path : {"/status/201?", "/delay/0?"}) {
    const std::string target = path + "delay=10ms";
    const std::string expected = run_late(request("POST", target), 10);
    EXPECT_EQ(run_late(request("POST", target, "Content-Length: 5\r\n") + "hello", 10), expected);
    EXPECT_EQ(run_late(request("POST", target, chunked) + "5\r\nhello\r\n0\r\n\r\n", 10), expected);
    HttpConnection connection(server);
    connection.receive(request("POST", target, "Content-Length: 5\r\n") + "he");
    EXPECT_EQ(connection.session.phase(), h1::Phase::taking);
    pass(100);
    connection.receive("llo");
    EXPECT_TRUE(connection.waits_for_time());
    connection.receive(get("/a.txt"));
    EXPECT_EQ(run(connection), "|" + expected + answer(get("/a.txt")));
  }
  const std::string upload = request("PUT", "/upload?", "Content-Length: 5\r\n") + "hello";
  const std::string late = request("PUT", "/upload?delay=10ms", "Content-Length: 5\r\n") + "hello";
  EXPECT_EQ(run_late(late, 10), answer(upload));
}

TEST_F(DelayedTest, ABadBodyIsRefusedBeforeTheAnswer) {
  for (const std::string target : {"/status/201?delay=10ms", "/upload?delay=10ms"}) {
    HttpConnection connection(server);
    connection.receive(request("POST", target, "Transfer-Encoding: chunked\r\n") + "x\r\n");
    EXPECT_TRUE(connection.output.starts_with("HTTP/1.1 400 ")) << connection.output;
    EXPECT_TRUE(connection.finished());
  }
}

// What is sent back can not be dropped: it waits, where what waits is kept.
TEST_F(DelayedTest, AnEchoBeginsLate) {
  for (const std::string& body : {std::string("hello"), pattern(100'000)}) {
    const std::string fields = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    HttpConnection connection(server);
    connection.receive(request("POST", "/echo?delay=10ms", fields) + body + get("/a.txt"));
    EXPECT_EQ(connection.carry().size(), body.size() + get("/a.txt").size());
    const std::string expected = "|" + answer(request("POST", "/echo", fields) + body);
    EXPECT_TRUE(run(connection) == expected + answer(get("/a.txt")));
  }
}

TEST_F(DelayedTest, AClientThatExpectsToBeAskedForTheBodyIsAsked) {
  const std::string fields = "Content-Length: 5\r\nExpect: 100-continue\r\n";
  constexpr const char* kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  for (const std::string target : {"/status/201?delay=10ms", "/upload?delay=10ms"}) {
    HttpConnection connection(server);
    connection.receive(request("POST", target, fields));
    EXPECT_EQ(connection.output, kContinue) << target;
    connection.receive("hello");
    EXPECT_TRUE(run(connection).starts_with(kContinue + std::string("|HTTP/1.1 20"))) << target;
  }
  HttpConnection connection(server);
  connection.receive(request("POST", "/echo?delay=10ms", fields));
  EXPECT_EQ(run(connection).find("|HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), 0U);
  connection.receive("hello");
  EXPECT_EQ(connection.output, "hello");
}

// A head that is too long for the slot is kept where what waits is kept.
TEST_F(DelayedTest, LongHeadsWait) {
  const std::size_t longest = h1::HeldRequest::kLongest;
  for (const std::size_t size : {longest - 1, longest, longest + 1, std::size_t{8000}}) {
    std::string text = get("/headers?delay=10ms", "X-A: \r\n");
    text.insert(text.size() - 4, std::string(size - text.size(), 'a'));
    ASSERT_EQ(text.size(), size);
    std::string plain = text;
    plain.erase(plain.find("?delay=10ms"), 11);
    HttpConnection connection(server);
    connection.receive(text + get("/a.txt"));
    EXPECT_EQ(connection.carry().size(),
              size > longest ? size + get("/a.txt").size() : get("/a.txt").size());
    EXPECT_TRUE(run(connection) == "|" + answer(plain) + answer(get("/a.txt"))) << size;
  }
  HttpConnection connection(server);
  connection.receive(request("POST", "/status/201?delay=10ms",
                             "Content-Length: 5\r\nX: " + std::string(longest, 'a') + "\r\n") +
                     "hello" + get("/a.txt"));
  EXPECT_TRUE(run(connection).ends_with(answer(get("/a.txt"))));
}

TEST_F(DelayedTest, EveryRequestHasItsOwnDelay) {
  HttpConnection connection(server);
  std::vector<uint64_t> delays;
  for (int i = 0; i < 20; ++i) {
    connection.receive(get("/json?delay=exp:20ms"));
    delays.push_back(connection.paced.until - server.clock.now());
    run(connection);
  }
  std::sort(delays.begin(), delays.end());
  EXPECT_EQ(std::adjacent_find(delays.begin(), delays.end()), delays.end());
}

// The n-th request of every connection has the same, whatever it is for.
TEST_F(DelayedTest, DelaysWithASeedCanBeHadAgain) {
  const DelayDistribution distribution = *DelayDistribution::parse("lognormal:p50=20ms,p99=1s");
  for (int round = 0; round < 2; ++round) {
    HttpConnection connection(server);
    for (uint64_t i = 0; i < 20; ++i) {
      connection.receive(get("/bytes/5?seed=9&delay=lognormal:p50=20ms,p99=1s&delay-seed=3"));
      core::Random random = core::Random(3).derive(i);
      EXPECT_EQ(connection.paced.until - server.clock.now(), distribution.sample(random));
      run(connection);
    }
  }
}

TEST_F(DelayedTest, ADrainThatBeginsMeanwhileIsSaid) {
  HttpConnection connection(server);
  connection.receive(get("/json?delay=10ms"));
  server.context.draining = true;
  EXPECT_NE(run(connection).find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(connection.finished());
}

TEST_F(DelayedTest, WhatIsNoEndpointIsNotDelayed) {
  EXPECT_EQ(answer(get("/a.txt?delay=10ms")), answer(get("/a.txt")));
  EXPECT_TRUE(answer(request("OPTIONS", "/json?delay=10ms")).starts_with("HTTP/1.1 204 "));
  EXPECT_TRUE(answer(request("POST", "/json?delay=10ms")).starts_with("HTTP/1.1 405 "));
}

}  // namespace
}  // namespace http::target
