// The load-test target on the real server, by raw sockets.
#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/multipart_body.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

class TargetTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("file.txt", "a file\n");
    root_.write("json", "shadowed\n");
  }
};

TEST_P(TargetTest, IsThereOnlyIfAskedFor) {
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/plaintext").status, 404);
  EXPECT_EQ(client.get("/json").body, "shadowed\n");
}

// As https://github.com/TechEmpower/FrameworkBenchmarks/wiki/Project-Information-Framework-Tests-
// Overview says: these fields and these bodies.
TEST_P(TargetTest, AnswersAsTechEmpowerSpecifies) {
  start({"--target"});
  HttpClient client = connect();
  for (int round = 0; round < 3; ++round) {
    const Response plain = client.get("/plaintext");
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.version, "HTTP/1.1");
    EXPECT_EQ(plain.body, "Hello, World!");
    EXPECT_EQ(plain.field("content-type"), "text/plain");
    EXPECT_EQ(plain.field("content-length"), "13");
    const Response json = client.get("/json");
    EXPECT_EQ(json.body, "{\"message\":\"Hello, World!\"}");
    EXPECT_EQ(json.field("content-type"), "application/json");
    for (const Response* response : {&plain, &json}) {
      EXPECT_EQ(response->field("server"), "spate");
      EXPECT_EQ(response->field("date").size(), 29U);
    }
  }
}

TEST_P(TargetTest, StandsBesideFiles) {
  start({"--target=/t"});
  HttpClient client = connect();
  EXPECT_EQ(client.get("/t/json").body, "{\"message\":\"Hello, World!\"}");
  EXPECT_EQ(client.get("/json").body, "shadowed\n");
  EXPECT_EQ(client.get("/file.txt").body, "a file\n");
  EXPECT_EQ(client.get("/t/nothing").status, 404);
  EXPECT_EQ(client.get("/t/redirect/1").field("location"), "/t/json");
}

TEST_P(TargetTest, SendsBytesOfAnyNumber) {
  start({"--target"});
  HttpClient client = connect();
  const std::string longest = client.get("/bytes/3000000?seed=5").body;
  ASSERT_EQ(longest.size(), 3'000'000U);
  for (const std::size_t size :
       {0U, 1U, 4096U, 4097U, 65'535U, 65'536U, 65'537U, 524'288U, 1'048'577U}) {
    const Response response = client.get("/bytes/" + std::to_string(size) + "?seed=5");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-type"), "application/octet-stream");
    EXPECT_EQ(difference(response.body, longest.substr(0, size)), "") << size;
  }
  EXPECT_EQ(client.head("/bytes/1TiB").field("content-length"), "1099511627776");
}

// Nobody can wait for the end of it; the next client gets what it asks for.
TEST_P(TargetTest, OutlivesClientsThatLeaveInTheMiddle) {
  start({"--target"});
  for (int i = 0; i < 10; ++i) {
    HttpClient client = connect();
    client.request("GET", "/bytes/1TiB");
    ASSERT_EQ(client.read_response(true).status, 200);
    EXPECT_EQ(client.read(100'000 * static_cast<std::size_t>(i)).size(),
              100'000 * static_cast<std::size_t>(i));
    if (i % 2 == 0) client.abort();
  }
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
  EXPECT_EQ(get("/json").status, 200);
}

TEST_P(TargetTest, DownloadsCanBeResumed) {
  start({"--target"});
  HttpClient client = connect();
  const std::string whole = client.get("/range/3000000").body;
  std::string body;
  while (body.size() < whole.size()) {
    const std::size_t last = std::min(body.size() + 777'777, whole.size()) - 1;
    const Response part =
        client.get("/range/3000000", "Range: bytes=" + std::to_string(body.size()) + "-" +
                                         std::to_string(last) + "\r\n");
    ASSERT_EQ(part.status, 206);
    body += part.body;
  }
  EXPECT_EQ(difference(body, whole), "");
}

// Copied, referred to, and each longer than one send takes.
TEST_P(TargetTest, SeveralRangesAtOnce) {
  start({"--target"});
  HttpClient client = connect(16 * 1024);
  const std::string whole = client.get("/range/9000000").body;
  std::string sixteen;
  for (int i = 15; i >= 0; --i) {
    const int first = 500'000 * i;
    sixteen += (i < 15 ? "," : "") + std::to_string(first) + "-" + std::to_string(first + 400'000);
  }
  struct Case {
    std::string ranges;
    std::size_t parts;
  };
  for (const Case& each : {Case{"0-1,500-506", 2}, Case{"100-9000,8999999-8999999,50000-60000", 3},
                           Case{"6000000-8999999,0-3000000", 2}, Case{sixteen, 16}}) {
    const std::vector<BodyPart> parts =
        parse_multipart(client.get("/range/9000000", "Range: bytes=" + each.ranges + "\r\n"));
    ASSERT_EQ(parts.size(), each.parts) << each.ranges;
    std::string found;
    for (const BodyPart& part : parts) {
      EXPECT_EQ(part.content_type, "application/octet-stream");
      EXPECT_EQ(part.size, whole.size());
      EXPECT_EQ(difference(part.body, whole.substr(part.first, part.last - part.first + 1)), "");
      found +=
          (found.empty() ? "" : ",") + std::to_string(part.first) + "-" + std::to_string(part.last);
    }
    EXPECT_EQ(found, each.ranges);
  }
  EXPECT_EQ(client.get("/range/9000000", "Range: bytes=" + sixteen + ",-5\r\n").body, whole);
}

TEST_P(TargetTest, SlowReadersGetEveryByte) {
  start({"--target"});
  const std::string expected = get("/bytes/2000000?seed=1").body;
  HttpClient client = connect(16 * 1024);
  client.request("GET", "/bytes/2000000?seed=1");
  EXPECT_EQ(client.read_response(true).status, 200);
  std::string body;
  while (body.size() < expected.size()) {
    const std::string more =
        client.read(std::min<std::size_t>(77'777, expected.size() - body.size()));
    ASSERT_NE(more, "");
    body += more;
  }
  EXPECT_EQ(difference(body, expected), "");
  EXPECT_EQ(client.get("/file.txt").status, 200);
}

TEST_P(TargetTest, SaysWhoAsks) {
  start({"--target"});
  HttpClient client(server().port(), 0, "127.0.0.9");
  EXPECT_EQ(client.get("/ip").body, "{\"origin\":\"127.0.0.9\"}\n");
  EXPECT_EQ(client.get("/headers", "X-A: b\r\n").body,
            "{\"headers\":{\"Host\":\"localhost\",\"X-A\":\"b\"}}\n");
}

TEST_P(TargetTest, AnswersEveryName) {
  start({"--target"});
  HttpClient client = connect();
  EXPECT_EQ(client.get("/status/418").status, 418);
  EXPECT_EQ(client.get("/status/204").status, 204);
  EXPECT_EQ(client.get("/redirect/2").field("location"), "/redirect/1");
  EXPECT_EQ(client.get("/basic-auth/a/b").status, 401);
  // "a:b"
  EXPECT_EQ(client.get("/basic-auth/a/b", "Authorization: Basic YTpi\r\n").status, 200);
  EXPECT_EQ(client.get("/cache").status, 200);
  EXPECT_EQ(client.get("/cache", "If-None-Match: \"x\"\r\n").status, 304);
  EXPECT_EQ(client.get("/cache/5").field("cache-control"), "public, max-age=5");
  EXPECT_EQ(client.get("/etag/x").field("etag"), "\"x\"");
  EXPECT_EQ(client.get("/etag/x", "If-None-Match: \"x\"\r\n").status, 304);
}

TEST_P(TargetTest, SendsTrailers) {
  start({"--target"});
  HttpClient client = connect();
  client.request("GET", "/trailers?X-Sum=5", "Connection: close\r\n");
  const std::string text = client.read_to_end();
  EXPECT_NE(text.find("\r\nTrailer: X-Sum\r\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\r\n0\r\nX-Sum: 5\r\n\r\n")) << text;
}

TEST_P(TargetTest, SaysWhatIsWrongAndGoesOn) {
  start({"--target"});
  HttpClient client = connect();
  const Response bad = client.get("/bytes/abc");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(bad.body,
            "/bytes/N: N must be a whole number of bytes from 0 to 1099511627776, such as 1000 or "
            "64KiB, found 'abc'\n");
  EXPECT_EQ(client.get("/status/99").status, 400);
  EXPECT_EQ(client.get("/bytes").status, 400);
  EXPECT_EQ(client.get("/file.txt").status, 200);
}

// Answers of all kinds in one pipeline, with files between them, to GET and to HEAD.
TEST_P(TargetTest, PipelinesMixWithFiles) {
  start({"--target"});
  const std::string paths[] = {"/plaintext", "/file.txt",   "/bytes/300000?seed=1",
                               "/missing",   "/status/404", "/bytes/10?seed=2",
                               "/bytes/x",   "/json"};
  std::vector<Response> alone;
  for (const std::string& path : paths) alone.push_back(get(path));
  std::string pipeline;
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& path : paths) {
      pipeline += "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      pipeline += "HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
  }
  HttpClient client = connect();
  std::thread sender([&] { EXPECT_TRUE(client.send(pipeline)); });
  for (int round = 0; round < kRounds; ++round) {
    for (const Response& expected : alone) {
      const Response whole = client.read_response();
      ASSERT_EQ(whole.status, expected.status);
      ASSERT_EQ(difference(whole.body, expected.body), "");
      const Response head = client.read_response(true);
      ASSERT_EQ(head.status, expected.status);
      EXPECT_EQ(head.field("content-length"), expected.field("content-length"));
    }
  }
  sender.join();
}

TEST_P(TargetTest, OldClientsAreAnsweredAndClosed) {
  start({"--target"});
  for (const std::string path : {"/plaintext", "/bytes/100000?seed=1", "/status/500", "/ip"}) {
    const Response expected = get(path);
    HttpClient client = connect();
    client.send("GET " + path + " HTTP/1.0\r\n\r\n");
    const Response old = client.read_response();
    EXPECT_EQ(old.status, expected.status);
    EXPECT_EQ(old.field("connection"), "close");
    EXPECT_EQ(difference(old.body, expected.body), "");
    EXPECT_EQ(client.read_to_end(), "");
  }
}

TEST_P(TargetTest, DelaysAreExact) {
  start({"--target"});
  HttpClient client = connect();
  for (const int milliseconds : {0, 1, 20, 50, 150}) {
    const Stopwatch watch;
    const Response response = client.get("/delay/" + std::to_string(milliseconds) + "ms");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{\"delay_ns\":" + std::to_string(milliseconds * 1'000'000) + "}\n");
    EXPECT_GE(watch.elapsed().count(), milliseconds);
  }
  EXPECT_EQ(client.get("/delay/never").status, 400);
}

// Many wait at a time, each on a connection of its own; none holds up another or a file.
TEST_P(TargetTest, DelaysDoNotWaitForEachOther) {
  start({"--target"});
  const Stopwatch watch;
  std::vector<HttpClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().request("GET", "/delay/" + std::to_string(1000 + i) + "ms"));
    EXPECT_EQ(get("/file.txt").status, 200);
  }
  for (HttpClient& client : clients) EXPECT_EQ(client.read_response().status, 200);
  EXPECT_GE(watch.elapsed().count(), 1099);
  EXPECT_LT(watch.elapsed().count(), 20'000);
}

TEST_P(TargetTest, RequestsBehindADelayWait) {
  start({"--target"});
  HttpClient client = connect();
  client.send(
      "GET /file.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /delay/100ms HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /file.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /delay/100ms HTTP/1.1\r\nHost: a\r\n\r\n"
      "HEAD /json HTTP/1.1\r\nHost: a\r\n\r\n");
  const Stopwatch watch;
  EXPECT_EQ(client.read_response().body, "a file\n");
  EXPECT_TRUE(client.read_response().body.starts_with("{\"delay_ns\""));
  EXPECT_EQ(client.read_response().body, "a file\n");
  EXPECT_TRUE(client.read_response().body.starts_with("{\"delay_ns\""));
  EXPECT_EQ(client.read_response(true).field("content-length"), "27");
  EXPECT_GE(watch.elapsed().count(), 195);
}

// More than is kept of requests that wait: the rest stays in the sockets.
TEST_P(TargetTest, AFloodBehindADelayIsAnsweredInOrder) {
  start({"--target"});
  HttpClient client = connect();
  std::string flood = "GET /delay/300ms HTTP/1.1\r\nHost: a\r\n\r\n";
  constexpr int kRequests = 3000;
  for (int i = 0; i < kRequests; ++i) flood += "GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::thread sender([&] { EXPECT_TRUE(client.send(flood)); });
  EXPECT_EQ(client.read_response().status, 200);
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(client.read_response().body.size(), 27U);
  sender.join();
}

TEST_P(TargetTest, HalfClosedClientsGetTheirDelayedAnswer) {
  start({"--target"});
  HttpClient client = connect();
  client.request("GET", "/delay/200ms");
  client.finish_sending();
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_EQ(client.read_to_end(), "");
}

// One that resets is seen at once.
TEST_P(TargetTest, AbortsDuringADelayFreeTheSlot) {
  start({"--target"});
  std::vector<HttpClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    clients.back().request("GET", "/delay/1h");
  }
  ASSERT_TRUE(eventually([&] { return server().open_connections() == 20; }));
  EXPECT_EQ(get("/file.txt").status, 200);
  for (HttpClient& client : clients) client.abort();
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
  EXPECT_EQ(get("/delay/1ms").status, 200);
}

TEST_P(TargetTest, DelaysAreWaitedForInADrain) {
  start({"--target"});
  std::vector<HttpClient> clients;
  for (const char* path : {"/delay/400ms", "/json?delay=400ms"}) {
    clients.push_back(connect());
    clients.back().request("GET", path);
  }
  EXPECT_EQ(get("/file.txt").status, 200);
  process().signal(SIGTERM);
  EXPECT_FALSE(process().ends_within(std::chrono::milliseconds(50)));
  for (HttpClient& client : clients) {
    const Response response = client.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("connection"), "close");
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_EQ(process().wait(), 0);
}

TEST_P(TargetTest, ADrainDoesNotWaitForEver) {
  start({"--target", "--drain-timeout", "200ms"});
  HttpClient paced = connect();
  paced.request("GET", "/delay/1h");
  HttpClient late = connect();
  late.request("GET", "/json?delay=1h");
  EXPECT_EQ(get("/file.txt").status, 200);
  stop();
  EXPECT_EQ(paced.read_to_end(), "");
  EXPECT_EQ(late.read_to_end(), "");
}

TEST_P(TargetTest, StreamsInTime) {
  start({"--target"});
  HttpClient client = connect();
  struct Case {
    const char* path;
    int least;  // milliseconds
    const char* end;
  };
  const Case cases[] = {
      {"/stream/4?gap=30ms", 90, "\r\n{\"id\":3}\n\r\n0\r\n\r\n"},
      {"/sse?count=3&gap=40ms&delay=20ms", 100, "data: {\"id\":2}\n\n\r\n0\r\n\r\n"},
      {"/stream-bytes/3000?chunk=1000&gap=30ms", 60, "\r\n0\r\n\r\n"},
      {"/drip?bytes=5&duration=100ms&delay=50ms", 150, "\r\n\r\n*****"},
  };
  for (const Case& each : cases) {
    const Stopwatch watch;
    client.request("GET", each.path);
    std::string text;
    while (!text.ends_with(each.end)) {
      const std::string more = client.read(1);
      ASSERT_NE(more, "") << each.path << " gave " << text;
      text += more;
    }
    EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n")) << text;
    EXPECT_GE(watch.elapsed().count(), each.least) << each.path;
  }
  EXPECT_EQ(client.get("/file.txt").status, 200);
}

// Faster than a client reads: nothing is lost, and who comes next is served meanwhile.
TEST_P(TargetTest, StreamsToSlowReaders) {
  start({"--target"});
  HttpClient client = connect(16 * 1024);
  client.send("GET /stream/200000 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_response(true).status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(get("/file.txt").status, 200);
  std::string expected;
  for (int i = 0; i < 200'000; ++i) expected += "{\"id\":" + std::to_string(i) + "}\n";
  EXPECT_EQ(difference(client.read_to_end(), expected), "");
}

TEST_P(TargetTest, AbortsDuringAStreamFreeTheSlot) {
  start({"--target"});
  for (const char* path : {"/stream/1000000?gap=1s", "/stream-bytes/1TiB", "/sse?count=9&gap=1m"}) {
    HttpClient client = connect();
    client.request("GET", path);
    EXPECT_EQ(client.read(12), "HTTP/1.1 200");
    client.abort();
  }
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
}

TEST_P(TargetTest, EchoesAndCountsBodies) {
  start({"--target", "--max-body-size", "64M"});
  HttpClient client = connect();
  const std::string body = make_content(1, 5'000'000);
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (int round = 0; round < 3; ++round) {
    std::thread sender([&] {
      EXPECT_TRUE(client.request("POST", "/echo", length));
      EXPECT_TRUE(client.send(body));
    });
    const Response echo = client.read_response();
    sender.join();
    EXPECT_EQ(echo.status, 200);
    EXPECT_EQ(difference(echo.body, body), "");
  }
  client.request("PUT", "/upload?hash=xxh64", length);
  client.send(body);
  EXPECT_TRUE(client.read_response().body.starts_with("{\"bytes\":5000000,\"xxh64\":\""));
  client.request("POST", "/upload?hash=xxh64", "Transfer-Encoding: chunked\r\n");
  client.send("5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "{\"bytes\":5,\"xxh64\":\"26c7827d889f6da3\"}\n");
  client.request("POST", "/echo", "Transfer-Encoding: chunked\r\nConnection: close\r\n");
  client.send("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  const std::string chunks = client.read_to_end();
  EXPECT_NE(chunks.find("hello"), std::string::npos);
  EXPECT_TRUE(chunks.ends_with("\r\n0\r\n\r\n"));
}

TEST_P(TargetTest, AbortsInABodyFreeTheSlot) {
  start({"--target", "--max-body-size", "64M"});
  for (const char* path : {"/echo", "/upload"}) {
    HttpClient client = connect();
    client.request("POST", path, "Content-Length: 60000000\r\n");
    client.send(std::string(100'000, 'x'));
    client.abort();
  }
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
  EXPECT_EQ(get("/file.txt").status, 200);
}

TEST_P(TargetTest, DrainsWhileBytesAreSent) {
  start({"--target"});
  HttpClient client = connect(16 * 1024);
  client.request("GET", "/bytes/20000000?seed=1");
  EXPECT_EQ(client.read_response(true).status, 200);
  process().signal(SIGTERM);
  EXPECT_FALSE(process().ends_within(std::chrono::milliseconds(50)));
  EXPECT_EQ(client.read(20'000'000).size(), 20'000'000U);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(process().wait(), 0);
}

SPATE_ON_BOTH_BACKENDS(TargetTest);

}  // namespace
}  // namespace integration
