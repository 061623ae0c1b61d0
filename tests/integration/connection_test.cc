// What a client may do with one connection, byte by byte.
#include "tests/integration/server_process.h"

namespace integration {
namespace {

class ConnectionTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("hello.txt", "hello\n");
    root_.write("other.txt", "another\n");
  }
};

TEST_P(ConnectionTest, KeepsAlive) {
  start();
  HttpClient client = connect();
  for (int i = 0; i < 100; ++i) {
    const Response response = client.get(i % 2 == 0 ? "/hello.txt" : "/other.txt");
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(response.version, "HTTP/1.1");
    ASSERT_EQ(response.body, i % 2 == 0 ? "hello\n" : "another\n");
    ASSERT_EQ(response.field("connection"), "");
  }
  EXPECT_EQ(server().open_connections(), 1U);
}

TEST_P(ConnectionTest, TwoWorkersServeManyConnections) {
  start({"--threads", "2"});
  std::vector<HttpClient> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(connect());
  for (int round = 0; round < 3; ++round) {
    for (HttpClient& client : clients) client.request("GET", "/hello.txt");
    for (HttpClient& client : clients) ASSERT_EQ(client.read_response().body, "hello\n");
  }
}

TEST_P(ConnectionTest, ClosesWhenAsked) {
  start();
  HttpClient client = connect();
  const Response response = client.get("/hello.txt", "Connection: close\r\n");
  EXPECT_EQ(response.body, "hello\n");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

// A pipeline far beyond what the output holds, written at once and read only after.
TEST_P(ConnectionTest, AnswersThousandPipelinedRequestsInOrder) {
  constexpr int kRequests = 1000;
  constexpr int kFiles = 10;
  for (int i = 0; i < kFiles; ++i) {
    root_.write("file" + std::to_string(i), "this is file " + std::to_string(i));
  }
  start();
  std::string pipeline;
  for (int i = 0; i < kRequests; ++i) {
    pipeline += "GET /file" + std::to_string(i % kFiles) + "?" + std::to_string(i) +
                " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a pipelining client\r\n\r\n";
  }
  HttpClient client = connect();
  ASSERT_TRUE(client.send(pipeline));
  for (int i = 0; i < kRequests; ++i) {
    const Response response = client.read_response();
    ASSERT_EQ(response.status, 200) << i;
    ASSERT_EQ(response.body, "this is file " + std::to_string(i % kFiles)) << i;
  }
}

// Bodies of every kind in one pipeline: copied, referred to, by sendfile, none.
TEST_P(ConnectionTest, AnswersPipelineOfMixedSizes) {
  const std::string small = write_content("small", 1, 100);
  const std::string medium = write_content("medium", 2, 10'000);
  const std::string large = write_content("large", 3, 300'000);
  start();
  HttpClient client = connect();
  std::string pipeline;
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    for (const char* path : {"/large", "/small", "/missing", "/medium", "/medium", "/large"}) {
      pipeline += std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }
  }
  ASSERT_TRUE(client.send(pipeline));
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string* content : {&large, &small, &medium, &medium, &medium, &large}) {
      const Response response = client.read_response();
      // The third is the missing one.
      if (response.status == 404) continue;
      ASSERT_EQ(response.status, 200);
      ASSERT_EQ(difference(response.body, *content), "") << round;
    }
  }
}

TEST_P(ConnectionTest, ReadsOneBytePerPacket) {
  start();
  HttpClient client = connect();
  const std::string request = "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX-Empty:\r\n\r\n";
  for (int i = 0; i < 2; ++i) {
    for (const char c : request) ASSERT_TRUE(client.send({&c, 1}));
    EXPECT_EQ(client.read_response().body, "hello\n");
  }
}

TEST_P(ConnectionTest, AnswersHttp10) {
  start();
  HttpClient client = connect();
  ASSERT_TRUE(client.send("GET /hello.txt HTTP/1.0\r\n\r\n"));
  const Response response = client.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello\n");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

TEST_P(ConnectionTest, KeepsHttp10AliveWhenAsked) {
  start();
  HttpClient client = connect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send("GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    const Response response = client.read_response();
    EXPECT_EQ(response.body, "hello\n");
    EXPECT_EQ(response.field("connection"), "keep-alive");
  }
}

TEST_P(ConnectionTest, HalfClosedClientGetsItsResponse) {
  const std::string large = write_content("large", 4, 3'000'000);
  start();
  for (const std::string path : {"/hello.txt", "/large"}) {
    HttpClient client = connect();
    client.request("GET", path);
    client.finish_sending();
    const Response response = client.read_response();
    EXPECT_EQ(difference(response.body, path == "/large" ? large : "hello\n"), "");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.end(), End::closed);
  }
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
}

// The end of the stream comes while requests still wait for room in the output.
TEST_P(ConnectionTest, HalfClosedPipelineIsAnsweredWhole) {
  start();
  HttpClient client = connect();
  std::string pipeline;
  constexpr int kRequests = 500;
  for (int i = 0; i < kRequests; ++i) {
    pipeline += "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  ASSERT_TRUE(client.send(pipeline));
  client.finish_sending();
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.read_response().body, "hello\n") << i;
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

TEST_P(ConnectionTest, ReadsNextRequestBehindBody) {
  start();
  HttpClient client = connect();
  const std::string body(100'000, 'x');
  // The body looks like a request.
  const std::string trap = "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const std::string& sent : {std::string("short"), body, trap}) {
    ASSERT_TRUE(client.request("POST", "/hello.txt",
                               "Content-Length: " + std::to_string(sent.size()) + "\r\n"));
    ASSERT_TRUE(client.send(sent));
    const Response refused = client.read_response();
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.field("allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(client.get("/other.txt").body, "another\n");
  }
}

TEST_P(ConnectionTest, ReadsNextRequestBehindChunkedBody) {
  start();
  HttpClient client = connect();
  ASSERT_TRUE(client.request("POST", "/", "Transfer-Encoding: chunked\r\n"));
  ASSERT_TRUE(client.send("5\r\nhello\r\n3;name=value\r\n, w\r\n0\r\nTrailer: x\r\n\r\n"));
  EXPECT_EQ(client.read_response().status, 405);
  EXPECT_EQ(client.get("/other.txt").body, "another\n");
}

TEST_P(ConnectionTest, InvitesExpectedBody) {
  start();
  HttpClient client = connect();
  const std::string expect = "Expect: 100-continue\r\nContent-Length: 4\r\n";
  // What can be answered is invited, ...
  ASSERT_TRUE(client.request("GET", "/hello.txt", expect));
  EXPECT_EQ(client.read_response().status, 100);
  EXPECT_EQ(client.read_response().body, "hello\n");
  ASSERT_TRUE(client.send("body"));
  // ... what is refused is not, and the connection ends, whether or not the body comes.
  ASSERT_TRUE(client.request("PUT", "/hello.txt", expect));
  const Response refused = client.read_response();
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.field("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
}

// RFC 9112 section 9.6: the last response says so, and what comes behind its request is not read as
// one.
TEST_P(ConnectionTest, EndsAfterItsLastRequest) {
  start({"--max-requests", "3"});
  HttpClient client = connect();
  EXPECT_EQ(client.get("/hello.txt").field("connection"), "");
  std::string pipeline;
  for (int i = 0; i < 4; ++i) pipeline += "GET /other.txt HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.send(pipeline));
  EXPECT_EQ(client.read_response().field("connection"), "");
  const Response last = client.read_response();
  EXPECT_EQ(last.body, "another\n");
  EXPECT_EQ(last.field("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
  EXPECT_EQ(get("/hello.txt").body, "hello\n") << "another connection has its own count";
}

// A client that leaves at any moment leaves nothing behind.
TEST_P(ConnectionTest, ForgetsClientsThatLeave) {
  write_content("large", 5, 8'000'000);
  start();
  for (int i = 0; i < 60; ++i) {
    HttpClient client = connect();
    if (i % 6 > 0) client.request("GET", i % 2 == 0 ? "/hello.txt" : "/large");
    if (i % 6 > 2) client.read(100);
    if (i % 6 == 5) client.abort();
  }
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
  EXPECT_EQ(get("/hello.txt").body, "hello\n");
}

SPATE_ON_BOTH_BACKENDS(ConnectionTest);

}  // namespace
}  // namespace integration
