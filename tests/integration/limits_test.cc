// Limits of requests that the command line sets: a request at the limit is served, one beyond it is
// refused, and the client gets to read why.
#include "tests/integration/server_process.h"

namespace integration {
namespace {

class LimitsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("hello.txt", "hello\n");
  }

  void expect_refused(const std::string& bytes, int status) {
    HttpClient client = connect();
    client.send(bytes);
    const Response response = client.read_response();
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.field("connection"), "close");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.end(), End::closed);
  }

  void expect_served(const std::string& bytes) {
    HttpClient client = connect();
    client.send(bytes);
    EXPECT_EQ(client.read_response().body, "hello\n");
    EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
  }

  // A whole head of exactly that many bytes.
  static std::string head_of(std::size_t size) {
    const std::string begin = "GET /hello.txt HTTP/1.1\r\nHost: a\r\nX: ";
    return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
  }
};

// RFC 6585 section 5.
TEST_P(LimitsTest, Head) {
  start({"--max-head-size", "1K"});
  expect_served(head_of(1024));
  expect_refused(head_of(1025), 431);
}

// RFC 9110 section 15.5.15.
TEST_P(LimitsTest, Target) {
  start({"--max-target-size", "20"});
  expect_served("GET /hello.txt?234567890 HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET /hello.txt?2345678901 HTTP/1.1\r\nHost: a\r\n\r\n", 414);
}

TEST_P(LimitsTest, Fields) {
  start({"--max-fields", "3"});
  expect_served("GET /hello.txt HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n");
  expect_refused("GET /hello.txt HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", 431);
}

// RFC 9110 section 15.5.14.
TEST_P(LimitsTest, Body) {
  start({"--max-body-size", "10"});
  const std::string begin = "GET /hello.txt HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  expect_served(begin + "10\r\n\r\n0123456789");
  expect_refused(begin + "11\r\n\r\n01234567890", 413);
}

// Its length is not known before the response is out: all that is left is the end.
TEST_P(LimitsTest, ChunkedBody) {
  start({"--max-body-size", "10"});
  const std::string begin =
      "GET /hello.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_served(begin + "a\r\n0123456789\r\n0\r\n\r\n");
  HttpClient client = connect();
  client.send(begin + "b\r\n01234567890\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "hello\n");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

SPATE_ON_BOTH_BACKENDS(LimitsTest);

}  // namespace
}  // namespace integration
