// Endpoints that take the body of a request: /echo and /upload, through a session.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "http/target/upload_digest.h"
#include "tests/support/expected_response.h"
#include "tests/support/http_server.h"

namespace http::target {
namespace {

using namespace test_support;

class RequestBodyTest : public ::testing::Test {
 protected:
  RequestBodyTest() {
    server.files.put("a.txt", "a file", kOld);
    server.responder.add_target(target);
  }

  std::string answer(const std::string& request) { return test_support::answer(server, request); }
  static std::string post(const std::string& path, const std::string& fields) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }
  static std::string with_length(const std::string& path, const std::string& body,
                                 const std::string& fields = "") {
    return post(path, "Content-Length: " + std::to_string(body.size()) + "\r\n" + fields) + body;
  }
  // In chunks of that size.
  static std::string in_chunks(const std::string& body, std::size_t size) {
    std::string text;
    char head[32];
    for (std::size_t at = 0; at < body.size(); at += size) {
      const std::string chunk = body.substr(at, size);
      std::snprintf(head, sizeof(head), "%zx\r\n", chunk.size());
      text += head + chunk + "\r\n";
    }
    return text + "0\r\n\r\n";
  }
  // What chunks hold.
  static std::string unchunked(std::string_view text) {
    std::string body;
    while (!text.empty()) {
      const std::size_t size = std::stoul(std::string(text.substr(0, 20)), nullptr, 16);
      text.remove_prefix(text.find("\r\n") + 2);
      body += text.substr(0, size);
      EXPECT_EQ(text.substr(size, 2), "\r\n");
      text.remove_prefix(size + 2);
      EXPECT_EQ(size == 0, text.empty()) << "nothing is behind the last chunk";
    }
    return body;
  }
  static std::string echo_head(const std::string& fields, const std::string& ending = "",
                               const std::string& type = "application/octet-stream") {
    return start_line(Status::ok, kNow) + "Content-Type: " + type +
           "\r\nX-Content-Type-Options: nosniff\r\n" + fields + ending + "\r\n";
  }
  static std::string uploaded(std::size_t size, const std::string& hash,
                              const std::string& ending = "") {
    const std::string body =
        "{\"bytes\":" + std::to_string(size) + ",\"xxh64\":\"" + hash + "\"}\n";
    return start_line(Status::ok, kNow) +
           "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + ending + "\r\n" + body;
  }

  HttpServer server;
  Target target{"/", 7};
};

// What `xxhsum -H1` prints.
constexpr const char* kHashOfNothing = "ef46db3751d8e999";
constexpr const char* kHashOfHello = "26c7827d889f6da3";  // "hello"

constexpr const char* kHashed = "/upload?hash=xxh64";

TEST_F(RequestBodyTest, EchoesABodyOfKnownLength) {
  for (const std::size_t size : {1U, 1000U, 22'000U, 24'576U, 100'000U, 1'048'576U}) {
    const std::string body = pattern(size);
    EXPECT_TRUE(answer(with_length("/echo", body)) ==
                echo_head("Content-Length: " + std::to_string(size) + "\r\n") + body)
        << size;
  }
  const std::string nothing = echo_head("Content-Length: 0\r\n");
  EXPECT_EQ(answer(get("/echo")), nothing);
  EXPECT_EQ(answer(with_length("/echo", "")), nothing);
  EXPECT_EQ(answer(with_length("/echo", "x", "Content-Type: text/csv\r\n")),
            echo_head("Content-Length: 1\r\n", "", "text/csv") + "x");
}

TEST_F(RequestBodyTest, EchoesChunks) {
  const std::string head = echo_head("Transfer-Encoding: chunked\r\n");
  const std::string fields = "Transfer-Encoding: chunked\r\n";
  for (const std::size_t chunk : {1U, 100U, 23'000U, 100'000U}) {
    const std::string body = pattern(3 * chunk + chunk / 2);
    const std::string text = answer(post("/echo", fields) + in_chunks(body, chunk));
    ASSERT_TRUE(text.starts_with(head));
    EXPECT_TRUE(unchunked(text.substr(head.size())) == body) << chunk;
  }
  EXPECT_EQ(answer(post("/echo", fields) + "0\r\n\r\n"), head + "0\r\n\r\n");
}

TEST_F(RequestBodyTest, EchoesAtEverySplit) {
  const std::string last = get("/a.txt");
  const std::string file = answer(last);
  const std::string requests[] = {
      with_length("/echo", "hello, world"),
      post("/echo", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n",
      with_length("/upload", "hello, world"),
      post("/upload", "Transfer-Encoding: chunked\r\n") +
          "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"};
  for (const std::string& request : requests) {
    const bool is_chunked = request.find("chunked") != std::string::npos;
    const bool is_echo = request.find("/echo") != std::string::npos;
    const std::string whole = answer(request);
    const std::size_t head = whole.find("\r\n\r\n") + 4;
    for (std::size_t at = 0; at <= request.size(); ++at) {
      HttpConnection connection(server);
      connection.receive(request.substr(0, at));
      connection.receive(request.substr(at) + last);
      ASSERT_TRUE(connection.output.ends_with(file));
      const std::string text = connection.output.substr(0, connection.output.size() - file.size());
      EXPECT_EQ(text.substr(0, head), whole.substr(0, head));
      if (is_echo && is_chunked) {
        EXPECT_EQ(unchunked(text.substr(head)), "hello, world");
      } else {
        EXPECT_EQ(text, whole);
      }
    }
  }
}

TEST_F(RequestBodyTest, EchoOfALastRequestEndsTheConnection) {
  const std::string close = "Connection: close\r\n";
  HttpConnection connection(server);
  connection.receive(with_length("/echo", "hello", close));
  EXPECT_EQ(connection.output, echo_head("Content-Length: 5\r\n", close) + "hello");
  EXPECT_TRUE(connection.finished());
  EXPECT_EQ(answer("POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"),
            echo_head("Content-Length: 5\r\n", close) + "hello");
}

TEST_F(RequestBodyTest, HeadOfAnEcho) {
  HttpConnection connection(server);
  connection.receive("HEAD /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(connection.output, echo_head("Content-Length: 5\r\n"));
  EXPECT_EQ(connection.session.phase(), h1::Phase::idle);
}

// A client that sends and does not read is not read on from.
TEST_F(RequestBodyTest, EchoWaitsForItsReader) {
  HttpConnection connection(server);
  const std::string body = pattern(200'000);
  connection.receive_without_sending(with_length("/echo", body));
  EXPECT_TRUE(connection.blocked());
  EXPECT_LE(queued_bytes(connection.queue), core::ChunkPool::kChunkSize);
  EXPECT_GT(connection.carry().size(), 170'000U);
}

TEST_F(RequestBodyTest, CountsAndHashesUploads) {
  EXPECT_EQ(answer(with_length(kHashed, "hello")), uploaded(5, kHashOfHello));
  EXPECT_EQ(answer(with_length(kHashed, "")), uploaded(0, kHashOfNothing));
  EXPECT_EQ(
      answer(post(kHashed, "Transfer-Encoding: chunked\r\n") + "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
      uploaded(5, kHashOfHello));
  EXPECT_EQ(answer(with_length(kHashed, "hello", "Connection: close\r\n")),
            uploaded(5, kHashOfHello, "Connection: close\r\n"));
  const std::string large = pattern(1'000'000);
  const std::string whole = answer(with_length(kHashed, large));
  EXPECT_EQ(whole, answer(post(kHashed, "Transfer-Encoding: chunked\r\n") + in_chunks(large, 777)));
  EXPECT_NE(whole.find("\"bytes\":1000000,"), std::string::npos);
}

TEST_F(RequestBodyTest, CountsUploads) {
  const std::string head = start_line(Status::ok, kNow) +
                           "Content-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n";
  EXPECT_EQ(answer(with_length("/upload", "hello")), head + "Content-Length: 1\r\n\r\n5");
  EXPECT_EQ(answer(with_length("/upload", "")), head + "Content-Length: 1\r\n\r\n0");
  EXPECT_EQ(answer(post("/upload", "Transfer-Encoding: chunked\r\n") +
                   in_chunks(pattern(1'000'000), 777)),
            head + "Content-Length: 7\r\n\r\n1000000");
  EXPECT_TRUE(answer(with_length("/upload?hash=md5", "hello"))
                  .ends_with("\r\n\r\n/upload: hash must be xxh64, found 'md5'\n"));
}

TEST_F(RequestBodyTest, UploadsOfOneConnectionDoNotMix) {
  HttpConnection connection(server);
  connection.receive(with_length(kHashed, "hello") + with_length(kHashed, "hello") +
                     with_length(kHashed, ""));
  EXPECT_EQ(connection.output,
            uploaded(5, kHashOfHello) + uploaded(5, kHashOfHello) + uploaded(0, kHashOfNothing));
}

TEST_F(RequestBodyTest, ExpectationsAreMet) {
  HttpConnection connection(server);
  connection.receive(post(kHashed, "Content-Length: 5\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(connection.output, "HTTP/1.1 100 Continue\r\n\r\n");
  connection.output.clear();
  connection.receive("hello");
  EXPECT_EQ(connection.output, uploaded(5, kHashOfHello));
}

TEST_F(RequestBodyTest, BodiesBeyondTheLimit) {
  server.limits.body_bytes = 10;
  const std::string too_large = expected_error(Status::content_too_large, kNow, kCloses);
  EXPECT_EQ(answer(with_length("/upload", "hello world")), too_large);
  EXPECT_EQ(answer(with_length("/echo", "hello world")), too_large);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(answer(post("/upload", chunked) + in_chunks("hello world", 3)), too_large);
  HttpConnection echo(server);
  echo.receive(post("/echo", chunked) + in_chunks("hello world", 3));
  EXPECT_TRUE(echo.finished());
  EXPECT_TRUE(echo.session.lingers());
  EXPECT_FALSE(echo.output.ends_with("0\r\n\r\n")) << "it is seen that it is not all";
}

TEST_F(RequestBodyTest, BadChunks) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(answer(post("/upload", chunked) + "5\r\nhelloX"),
            expected_error(Status::bad_request, kNow, kCloses));
  HttpConnection echo(server);
  echo.receive(post("/echo", chunked) + "5\r\nhelloX" + get("/a.txt"));
  EXPECT_TRUE(echo.finished());
  EXPECT_EQ(echo.output, echo_head("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n");
  EXPECT_EQ(server.counters.bad_requests, 2U);
}

TEST_F(RequestBodyTest, Methods) {
  EXPECT_TRUE(answer(get("/upload")).starts_with("HTTP/1.1 405"));
  EXPECT_NE(answer(get("/upload")).find("\r\nAllow: POST, PUT, PATCH, OPTIONS\r\n"),
            std::string::npos);
  EXPECT_EQ(answer("PUT /upload?hash=xxh64 HTTP/1.1\r\nHost: a\r\n\r\n"),
            uploaded(0, kHashOfNothing));
}

TEST(UploadDigest, IsThatOfTheWholeHoweverItComes) {
  const std::string text = pattern(1000);
  UploadDigest whole;
  whole.reset();
  whole.add(text);
  for (const std::size_t step : {1U, 7U, 32U, 33U, 999U}) {
    UploadDigest parts;
    parts.reset();
    for (std::size_t at = 0; at < text.size(); at += step) parts.add(text.substr(at, step));
    EXPECT_EQ(parts.hash(), whole.hash());
    EXPECT_EQ(parts.size(), 1000U);
  }
}

}  // namespace
}  // namespace http::target
