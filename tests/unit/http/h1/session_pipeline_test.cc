// Many requests on one connection: split anywhere, more than the output holds, and at random.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "http/h1/session.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::h1 {
namespace {

using namespace test_support;

// A request and what it is answered with.
struct Exchange {
  std::string request;
  std::string response;
  bool last = false;
};

class SessionPipelineTest : public ::testing::Test {
 protected:
  SessionPipelineTest() {
    server.files.put("a.txt", small.content, kOld);
    server.files.put("medium.html", medium.content, kOld);
    server.files.put("large.bin", large.content, kOld);
    server.files.put("empty", "", kOld);
    server.files.put("dir/index.html", "index", kOld);
  }

  // Requests of every kind, with plainly written answers.
  std::vector<Exchange> exchanges() const {
    const std::string host = " HTTP/1.1\r\nHost: example.org\r\n";
    const std::string tag = etag_text(kOld, small.content.size());
    return {
        {get("/a.txt"), expected_file(small, kNow)},
        {get("/medium.html"), expected_file(medium, kNow)},
        {get("/large.bin"), expected_file(large, kNow)},
        {get("/empty"), expected_file(empty, kNow)},
        {"\r\n" + get("/a.txt"), expected_file(small, kNow)},
        {"HEAD /a.txt" + host + "\r\n", expected_file(small, kNow, kHeadOnly)},
        {"HEAD /large.bin" + host + "\r\n", expected_file(large, kNow, kHeadOnly)},
        {"HEAD /missing" + host + "\r\n", expected_error(Status::not_found, kNow, kHeadOnly)},
        {get("/missing"), expected_error(Status::not_found, kNow)},
        {get("/dir?q"),
         expected_error(Status::moved_permanently, kNow, kGoesOn, "Location: /dir/?q\r\n")},
        {get("/%00"), expected_error(Status::bad_request, kNow, kCloses), true},
        {get("/.hidden"), expected_error(Status::not_found, kNow)},
        {get("/a.txt", "If-None-Match: " + tag + "\r\n"), expected_not_modified(small, kNow)},
        {get("/a.txt", "Range: bytes=1-3\r\n"), expected_part(small, kNow, 1, 3)},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
         start_line(Status::no_content, kNow) + "Allow: GET, HEAD, OPTIONS\r\n\r\n"},
        {get("/medium.html", "Range: bytes=100-5000\r\n"), expected_part(medium, kNow, 100, 5000)},
        {get("/large.bin", "Range: bytes=-30000\r\n"), expected_part(large, kNow, 10'000, 39'999)},
        {get("/a.txt", "Range: bytes=500-\r\n"),
         expected_error(Status::range_not_satisfiable, kNow, kGoesOn,
                        "Content-Range: bytes */12\r\n")},
        {get("/a.txt", "If-Match: \"x\"\r\n"), expected_error(Status::precondition_failed, kNow)},
        {"POST /a.txt" + host + "Content-Length: 11\r\n\r\nGET / HTTP/",
         expected_error(Status::method_not_allowed, kNow, kGoesOn,
                        "Allow: GET, HEAD, OPTIONS\r\n")},
        {"BREW /a.txt" + host +
             "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\n\r\n\r\r\n0\r\nA: b\r\n\r\n",
         expected_error(Status::not_implemented, kNow)},
        {get("/a.txt", "Content-Length: 2\r\n") + "\r\n", expected_file(small, kNow)},
        {get("/a.txt", "Expect: 100-continue\r\nContent-Length: 3\r\n") + "abc",
         "HTTP/1.1 100 Continue\r\n\r\n" + expected_file(small, kNow)},
        {get("/a.txt", "Expect: x\r\n"), expected_error(Status::expectation_failed, kNow)},
        {"GET /medium.html HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
         expected_file(medium, kNow, kKeepsAlive)},
        // The last of a connection.
        {get("/medium.html", "Connection: close\r\n"), expected_file(medium, kNow, kCloses), true},
        {get("/a.txt", "Connection: close\r\nContent-Length: 3\r\n") + "abc",
         expected_file(small, kNow, kCloses), true},
        {"HEAD /a.txt HTTP/1.0\r\n\r\n", expected_file(small, kNow, Ending{kCloses.field, true}),
         true},
        {"GET /a.txt HTTP/1.1\r\n\r\n", expected_error(Status::bad_request, kNow, kCloses), true},
        {"GET /a.txt HTTP/3.0\r\n\r\n",
         expected_error(Status::http_version_not_supported, kNow, kCloses), true},
        {get("/a.txt", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
         expected_error(Status::bad_request, kNow, kCloses), true},
        {get("/a.txt", "Transfer-Encoding: br, chunked\r\n"),
         expected_error(Status::not_implemented, kNow, kCloses), true},
        {get("/a.txt", "Content-Length: 2000000\r\n"),
         expected_error(Status::content_too_large, kNow, kCloses), true},
        {get("/missing", "Expect: 100-continue\r\nContent-Length: 3\r\n"),
         expected_error(Status::not_found, kNow, kCloses), true},
        {get("/a.txt", "Transfer-Encoding: chunked\r\n") + "z", expected_file(small, kNow), true},
    };
  }

  HttpServer server;
  const ExpectedFile small{"hello, world", kOld, "text/plain; charset=utf-8"};
  const ExpectedFile medium{pattern(6000), kOld, "text/html; charset=utf-8"};
  const ExpectedFile large{pattern(40'000), kOld, "application/octet-stream"};
  const ExpectedFile empty{"", kOld, "application/octet-stream"};
};

TEST_F(SessionPipelineTest, EveryExchangeByItself) {
  for (const Exchange& exchange : exchanges()) {
    HttpConnection connection(server);
    connection.receive(exchange.request);
    EXPECT_EQ(connection.output, exchange.response) << exchange.request;
    EXPECT_EQ(connection.finished(), exchange.last) << exchange.request;
    EXPECT_EQ(connection.carry(), "") << exchange.request;
  }
}

// Every split point of one, two and three requests gives the same bytes as no split.
TEST_F(SessionPipelineTest, EverySplitPoint) {
  const std::vector<Exchange> all = exchanges();
  std::mt19937 random(5);
  for (std::size_t first = 0; first < all.size(); ++first) {
    for (std::size_t length = 1; length <= 3; ++length) {
      std::string input = all[first].request;
      std::string expected = all[first].response;
      bool last = all[first].last;
      for (std::size_t i = 1; i < length && !last; ++i) {
        const Exchange& next = all[(first + i * 7) % all.size()];
        input += next.request;
        expected += next.response;
        last = next.last;
      }
      for (std::size_t split = 0; split <= input.size(); ++split) {
        HttpConnection connection(server);
        connection.receive(input.substr(0, split));
        connection.receive(input.substr(split));
        ASSERT_EQ(connection.output, expected) << input << "\nat " << split;
        ASSERT_EQ(connection.finished(), last);
      }
    }
  }
}

TEST_F(SessionPipelineTest, ByteByByte) {
  for (const Exchange& exchange : exchanges()) {
    HttpConnection connection(server);
    const std::string input = get("/a.txt") + exchange.request;
    for (const char c : input) connection.receive(core::Bytes(&c, 1));
    EXPECT_EQ(connection.output, expected_file(small, kNow) + exchange.response)
        << exchange.request;
  }
}

// Thousands of requests in one input. The output fills again and again; order and number hold.
TEST_F(SessionPipelineTest, MoreRequestsThanTheOutputHolds) {
  for (const std::string& path : std::vector<std::string>{"/a.txt", "/missing", "/medium.html"}) {
    const bool is_file = path != "/missing";
    const ExpectedFile& file = path == "/a.txt" ? small : medium;
    std::string input;
    std::string expected;
    constexpr int kRequests = 3000;
    for (int i = 0; i < kRequests; ++i) {
      const bool head_only = i % 3 == 0;
      input += (head_only ? "HEAD " : "GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
      const Ending& ending = head_only ? kHeadOnly : kGoesOn;
      expected += is_file ? expected_file(file, kNow, ending)
                          : expected_error(Status::not_found, kNow, ending);
    }
    const uint64_t before = server.counters.requests;
    HttpConnection connection(server);
    connection.receive_without_sending(input);
    EXPECT_TRUE(connection.blocked());
    int rounds = 0;
    while (connection.blocked()) {
      const std::size_t waiting = connection.carry().size();
      connection.send_all();
      connection.receive_without_sending("");
      ASSERT_LT(connection.carry().size(), waiting) << "each round makes headway";
      ASSERT_LT(++rounds, kRequests);
    }
    connection.send_all();
    EXPECT_EQ(connection.output, expected);
    EXPECT_EQ(server.counters.requests, before + kRequests);
    EXPECT_EQ(connection.session.phase(), Phase::idle);
  }
}

// A full output answers nothing, however often it is asked, and changes nothing.
TEST_F(SessionPipelineTest, AFullOutputChangesNothing) {
  HttpConnection connection(server);
  std::string input;
  for (int i = 0; i < 20; ++i) input += get("/large.bin");
  connection.receive_without_sending(input);
  ASSERT_TRUE(connection.blocked());
  const uint64_t requests = server.counters.requests;
  const std::size_t waiting = connection.carry().size();
  const uint64_t queued = queued_bytes(connection.queue);
  for (int i = 0; i < 10; ++i) {
    connection.send(1);
    connection.receive_without_sending("");
    ASSERT_TRUE(connection.blocked());
    ASSERT_EQ(connection.carry().size(), waiting);
    ASSERT_EQ(server.counters.requests, requests);
    ASSERT_EQ(queued_bytes(connection.queue), queued - static_cast<uint64_t>(i) - 1);
  }
  connection.receive("");
  std::string expected;
  for (int i = 0; i < 20; ++i) expected += expected_file(large, kNow);
  EXPECT_EQ(connection.output, expected);
  EXPECT_EQ(server.counters.requests, 20u);
}

// An error that finds no room is kept for later as well.
TEST_F(SessionPipelineTest, ErrorsBehindAFullOutput) {
  for (const Exchange& exchange : exchanges()) {
    for (const int before : {16, 17, 18, 90, 91, 92}) {
      HttpConnection connection(server);
      const bool files = before < 50;  // 34 segments, or 24 KiB
      std::string input;
      std::string expected;
      for (int i = 0; i < before; ++i) {
        input += get(files ? "/large.bin" : "/a.txt");
        expected += expected_file(files ? large : small, kNow);
      }
      connection.receive(input + exchange.request);
      ASSERT_EQ(connection.output, expected + exchange.response) << exchange.request;
      ASSERT_EQ(connection.finished(), exchange.last);
    }
  }
}

// Random sequences in random pieces, with random parts of the output sent at random times.
TEST_F(SessionPipelineTest, RandomSequences) {
  const std::vector<Exchange> all = exchanges();
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const uint64_t requests_before = server.counters.requests;
    uint64_t answered = 0;
    std::string input;
    std::string expected;
    bool last = false;
    for (std::size_t count = 1 + random() % 60; count > 0 && !last; --count) {
      const Exchange& exchange = all[random() % all.size()];
      if (exchange.last && random() % 8 != 0) continue;
      input += exchange.request;
      expected += exchange.response;
      last = exchange.last;
      ++answered;
    }

    HttpConnection connection(server);
    std::size_t at = 0;
    const std::size_t most = random() % 2 == 0 ? 30 : 3000;
    int idle_rounds = 0;
    while (at < input.size() || connection.blocked() || !connection.queue.empty()) {
      ASSERT_LT(++idle_rounds, 100'000);
      // As the worker: no bytes are taken in while the output is full.
      if (!connection.blocked() && at < input.size()) {
        const std::size_t size = 1 + random() % most;
        connection.receive_without_sending(core::Bytes(input).substr(at, size));
        at = std::min(at + size, input.size());
      }
      if (random() % 3 != 0) {
        connection.send(random() % 4 == 0 ? SIZE_MAX : random() % 20'000);
      }
      if (connection.blocked() && (connection.queue.empty() || random() % 3 == 0)) {
        connection.receive_without_sending("");
      }
    }
    ASSERT_EQ(connection.output, expected) << "seed " << seed;
    ASSERT_EQ(connection.finished(), last) << "seed " << seed;
    ASSERT_EQ(connection.carry(), "") << "seed " << seed;
    if (!last) {
      ASSERT_EQ(server.counters.requests, requests_before + answered);
    }
  }
}

// Nothing that a client can send stops the session from being consistent. Random bytes out of the
// pieces that requests are made of.
TEST_F(SessionPipelineTest, RandomBytes) {
  const std::vector<std::string> pieces = {"GET ",
                                           "HEAD ",
                                           "POST ",
                                           "/",
                                           "/a.txt",
                                           "/dir",
                                           "/medium.html",
                                           " HTTP/1.1\r\n",
                                           " HTTP/1.0\r\n",
                                           "Host: a\r\n",
                                           "\r\n",
                                           "\r\n",
                                           "\n",
                                           "\r",
                                           ":",
                                           " ",
                                           "Content-Length: 5\r\n",
                                           "Transfer-Encoding: chunked\r\n",
                                           "5\r\nhello\r\n",
                                           "0\r\n\r\n",
                                           "Connection: close\r\n",
                                           "Expect: 100-continue\r\n",
                                           "Range: bytes=1-2\r\n",
                                           "?",
                                           "%2e",
                                           "..",
                                           "\x80",
                                           "X: y\r\n",
                                           "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n"};
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937 random(seed);
    std::string input;
    for (std::size_t count = random() % 40; count > 0; --count) {
      input += pieces[random() % pieces.size()];
    }
    HttpConnection whole(server);
    whole.receive(input);
    HttpConnection split(server);
    for (std::size_t at = 0; at < input.size();) {
      const std::size_t size = 1 + random() % 40;
      split.receive(core::Bytes(input).substr(at, size));
      at += size;
    }
    // A line end completes whatever verdict was put off.
    whole.receive("\n");
    split.receive("\n");
    ASSERT_EQ(whole.output, split.output) << "seed " << seed << "\n" << input;
    ASSERT_EQ(whole.finished(), split.finished()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace http::h1
