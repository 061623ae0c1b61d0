// Answers that take time, through a session whose clock is set by hand.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"
#include "tests/unit/http/target/timed_target_fixture.h"

namespace http::target {
namespace {

using namespace test_support;

class PacedTest : public TimedTargetTest {
 protected:
  // The time until the connection wants to go on, in milliseconds.
  uint64_t wait_of(const HttpConnection& connection) const {
    EXPECT_TRUE(connection.waits_for_time());
    return (connection.paced.until - server.clock.now()) / kMillisecondOfTest;
  }
  using TimedTargetTest::run;
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
  const std::string first = delayed(1'000'000'000);
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

// --- pieces
// ---------------------------------------------------------------------------------------

// The chunks of a body, each in brackets, and "|" where it waited.
std::string chunks_of(const std::string& body) {
  std::string text;
  std::size_t at = 0;
  while (at < body.size()) {
    if (body[at] == '|') {
      text += body[at++];
      continue;
    }
    std::size_t digits = 0;
    const std::size_t size = std::stoul(body.substr(at), &digits, 16);
    at += digits;
    EXPECT_EQ(body.substr(at, 2), "\r\n");
    text += "[" + body.substr(at + 2, size) + "]";
    EXPECT_EQ(body.substr(at + 2 + size, 2), "\r\n");
    at += size + 4;
  }
  return text;
}

TEST_F(PacedTest, StreamsLines) {
  const std::string text = run(get("/stream/3?gap=10ms"));
  EXPECT_EQ(text.substr(0, text.find("\r\n\r\n") + 4),
            start_line(Status::ok, kNow) +
                "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
                "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(chunks_of(body_of(text)), "[{\"id\":0}\n]|[{\"id\":1}\n]|[{\"id\":2}\n][]");
  EXPECT_EQ(chunks_of(body_of(run(get("/stream/2")))), "[{\"id\":0}\n][{\"id\":1}\n][]");
  EXPECT_EQ(chunks_of(body_of(run(get("/stream/0")))), "[]");
}

TEST_F(PacedTest, PiecesComeAtTheirTimes) {
  HttpConnection connection(server);
  connection.receive(get("/stream/4?delay=5ms&gap=10ms"));
  EXPECT_EQ(connection.output, "");
  EXPECT_EQ(wait_of(connection), 5U);
  pass(5);
  connection.receive("");
  EXPECT_EQ(wait_of(connection), 10U);
  pass(13);  // late by three: the next one comes when it would have come
  connection.receive("");
  EXPECT_EQ(wait_of(connection), 7U);
  pass(100);
  connection.receive("");
  EXPECT_EQ(connection.session.phase(), h1::Phase::idle) << "what was missed came at once";
}

TEST_F(PacedTest, OldClientsGetNoChunks) {
  const std::string text = run("GET /stream/2?gap=1ms HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(text, start_line(Status::ok, kNow) +
                      "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
                      "Connection: close\r\n\r\n{\"id\":0}\n|{\"id\":1}\n");
}

TEST_F(PacedTest, StreamsBytesInChunks) {
  // Small chunks are copied, large ones referred to; the last one is what is left.
  for (const std::size_t chunk : {1U, 1000U, 4096U, 4097U, 70'000U}) {
    const std::size_t size = 5 * chunk + chunk / 2;
    const std::string path =
        "/stream-bytes/" + std::to_string(size) + "?seed=3&chunk=" + std::to_string(chunk);
    const std::string expected =
        body_of(test_support::answer(server, get("/bytes/" + std::to_string(size) + "?seed=3")));
    std::string framed;
    for (std::size_t at = 0; at < size; at += chunk) {
      framed += "[" + expected.substr(at, chunk) + "]";
    }
    EXPECT_TRUE(chunks_of(body_of(run(get(path)))) == framed + "[]") << path;
  }
  const std::string by_default = body_of(run(get("/stream-bytes/30000?seed=1")));
  EXPECT_TRUE(by_default.starts_with("2800\r\n")) << "10 KiB";
  EXPECT_EQ(body_of(run(get("/stream-bytes/30000?seed=1&chunk_size=10240"))), by_default);
}

// A client that does not read is not written for.
TEST_F(PacedTest, LongStreamsWaitForTheirReader) {
  HttpConnection connection(server);
  connection.receive_without_sending(get("/stream-bytes/1TiB?chunk=1000"));
  EXPECT_TRUE(connection.blocked());
  EXPECT_LE(queued_bytes(connection.queue), core::ChunkPool::kChunkSize);
  for (int i = 0; i < 100; ++i) {
    connection.send_all();
    connection.receive_without_sending("");
    EXPECT_TRUE(connection.blocked());
  }
  EXPECT_GT(connection.output.size(), 1'000'000U);
}

TEST_F(PacedTest, Drips) {
  const std::string text = run(get("/drip?numbytes=3&duration=20ms&delay=10ms"));
  EXPECT_EQ(text, "|" + start_line(Status::ok, kNow) +
                      "Content-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n"
                      "Content-Length: 3\r\n\r\n*|*|*");
  EXPECT_EQ(run(get("/drip?bytes=1&duration=1h&delay=0")).back(), '*') << "at once";
  EXPECT_EQ(body_of(run(get("/drip?bytes=4&duration=0&delay=0"))), "****");
  EXPECT_EQ(run(get("/drip?bytes=4&code=503&duration=0&delay=0")).substr(0, 12), "HTTP/1.1 503");
  EXPECT_EQ(run(get("/drip?bytes=4&code=204&duration=0&delay=0")),
            start_line(Status::no_content, kNow) +
                "Content-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n\r\n");
}

// More bytes than milliseconds come several at a time, and no later than asked for.
TEST_F(PacedTest, DripsOfManyBytes) {
  HttpConnection connection(server);
  const uint64_t start = server.clock.now();
  connection.receive(get("/drip?bytes=1000001&duration=100ms&delay=0"));
  std::size_t turns = 0;
  while (connection.waits_for_time()) {
    EXPECT_GE(wait_of(connection), 1U);
    server.pass(connection.paced.until - server.clock.now());
    connection.receive("");
    ++turns;
  }
  EXPECT_EQ(server.clock.now() - start, 100 * kMillisecondOfTest);
  EXPECT_EQ(turns, 100U);
  EXPECT_EQ(body_of(connection.output), std::string(1'000'001, '*'));
}

TEST_F(PacedTest, SendsEvents) {
  const std::string text = run(get("/sse?count=2&gap=10ms"));
  EXPECT_NE(text.find("\r\nContent-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_EQ(
      chunks_of(body_of(text)),
      "[id: 0\nevent: ping\ndata: {\"id\":0}\n\n]|[id: 1\nevent: ping\ndata: {\"id\":1}\n\n][]");
  const uint64_t start = server.clock.now();
  run(get("/sse?count=11&duration=1s&delay=1s"));
  EXPECT_EQ(server.clock.now() - start, 2 * kSecond);
}

TEST_F(PacedTest, HeadOfAStreamHasNoBody) {
  for (const std::string path :
       {"/stream/3?gap=1s", "/drip?delay=0", "/sse?gap=1s", "/stream-bytes/100000?gap=1s"}) {
    const std::string whole = run(get(path));
    const std::string head = run("HEAD " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(head.ends_with("\r\n\r\n")) << path;
    EXPECT_EQ(head.substr(head.find("Content-Type")),
              whole.substr(whole.find("Content-Type"), head.size() - head.find("Content-Type")));
  }
}

}  // namespace
}  // namespace http::target
