// Requests that are refused: the client gets to read why, whatever it goes on sending.
#include "tests/integration/server_process.h"

namespace integration {
namespace {

class RefusalTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("hello.txt", "hello\n");
  }

  // The response to bytes that end the connection: an end, no reset.
  void expect_refused(const std::string& bytes, int status) {
    HttpClient client = connect();
    client.send(bytes);
    const Response response = client.read_response();
    EXPECT_EQ(response.status, status) << bytes.substr(0, 100);
    EXPECT_EQ(response.field("connection"), "close");
    EXPECT_TRUE(response.complete);
    EXPECT_FALSE(response.body.empty());
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.end(), End::closed) << bytes.substr(0, 100);
  }
};

TEST_P(RefusalTest, SaysWhyAndEnds) {
  start();
  const std::string host = "Host: localhost\r\n";
  expect_refused("GARBAGE\r\n\r\n", 400);
  expect_refused("GET /hello.txt HTTP/1.1\r\n\r\n", 400);
  expect_refused("GET /hello.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
  expect_refused("GET /hello.txt HTTP/1.1\r\n" + host + "Bad Name: x\r\n\r\n", 400);
  expect_refused("GET /hello.txt HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400);
  expect_refused("GET /hello.txt HTTP/2.0\r\n" + host + "\r\n", 505);
  expect_refused("POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
                 400);
  expect_refused("POST / HTTP/1.1\r\n" + host +
                     "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 400);
  expect_refused("GET /../hello.txt HTTP/1.1\r\n" + host + "\r\n", 400);
  expect_refused("GET /%00 HTTP/1.1\r\n" + host + "\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999\r\n\r\n", 413);
  expect_refused("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 400);
}

TEST_P(RefusalTest, AnswersWithoutEndingTheConnection) {
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/missing").status, 404);
  EXPECT_EQ(client.get("/.git/config").status, 404);
  EXPECT_EQ(client.get("/hello.txt", "Expect: more\r\n").status, 417);
  ASSERT_TRUE(client.request("BREW", "/hello.txt"));
  EXPECT_EQ(client.read_response().status, 501);
  ASSERT_TRUE(client.request("DELETE", "/hello.txt"));
  EXPECT_EQ(client.read_response().status, 405);
  EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
}

TEST_P(RefusalTest, BoundsRequestLine) {
  start();
  expect_refused("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
}

TEST_P(RefusalTest, BoundsHead) {
  start();
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n", 431);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 500; ++i) many += "X-" + std::to_string(i) + ": a\r\n";
  expect_refused(many + "\r\n", 431);
}

// A head that stays short of its limit in pieces and then goes beyond.
TEST_P(RefusalTest, BoundsHeadInPieces) {
  start();
  HttpClient client = connect();
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\n"));
  const std::string field = "X-Filler: " + std::string(1000, 'a') + "\r\n";
  for (int i = 0; i < 20; ++i) client.send(field);
  EXPECT_EQ(client.read_response().status, 431);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

// The unread rest must not turn the end into a reset, which could take the response with it.
TEST_P(RefusalTest, ClientThatGoesOnSendingReadsTheAnswer) {
  start();
  HttpClient client = connect();
  ASSERT_TRUE(client.send("NOT A REQUEST\r\n\r\n"));
  const std::string more(64 * 1024, 'x');
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(client.send(more)) << i;
  EXPECT_EQ(client.read_response().status, 400);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

TEST_P(RefusalTest, UploadThatIsTooLargeReadsTheAnswer) {
  start();
  HttpClient client = connect();
  constexpr int kPieces = 64;
  const std::string piece(64 * 1024, 'x');
  ASSERT_TRUE(client.request("POST", "/",
                             "Content-Length: " + std::to_string(kPieces * piece.size()) + "\r\n"));
  for (int i = 0; i < kPieces; ++i) ASSERT_TRUE(client.send(piece)) << i;
  EXPECT_EQ(client.read_response().status, 413);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

// Good requests in front of a bad one are answered, those behind it are not.
TEST_P(RefusalTest, AnswersWhatCameBefore) {
  start();
  HttpClient client = connect();
  const std::string good = "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.send(good + good + "BAD\r\n\r\n" + good));
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_EQ(client.read_response().status, 400);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

// A connection that ends with its response, although more requests came with it.
TEST_P(RefusalTest, DropsRequestsBehindTheLast) {
  start();
  HttpClient client = connect();
  std::string pipeline = "GET /hello.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  for (int i = 0; i < 2000; ++i) pipeline += "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.send(pipeline));
  EXPECT_EQ(client.read_response().body, "hello\n");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

// What a client sends behind the request that it said was its last may come after the end, while
// much of a long response has not been read: the rest must not be lost by a reset.
TEST_P(RefusalTest, LongResponseSurvivesBytesBehindTheLastRequest) {
  const std::string content = write_content("long.bin", 1, 200'000);
  start();
  HttpClient client = connect(4096);
  ASSERT_TRUE(client.request("GET", "/long.bin", "Connection: close\r\n"));
  std::string received = client.read(1000);
  for (std::size_t size = 0; received.size() > size;) {
    client.send("GET /hello.txt HTTP/1.1\r\n");
    size = received.size();
    received += client.read(5000);
  }
  EXPECT_TRUE(received.ends_with(content)) << received.size();
  EXPECT_EQ(client.end(), End::closed);
}

SPATE_ON_BOTH_BACKENDS(RefusalTest);

}  // namespace
}  // namespace integration
