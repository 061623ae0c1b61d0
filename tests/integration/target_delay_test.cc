// Delayed answers of the load-test target on the real server, by raw sockets.
#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class TargetDelayTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("file.txt", "a file\n");
  }
};

constexpr const char* kPaths[] = {"/plaintext?",
                                  "/json?",
                                  "/bytes/100?seed=1&",
                                  "/bytes/300000?seed=1&",
                                  "/range/5000?",
                                  "/gzip?",
                                  "/zstd/300000?",
                                  "/json/50?m=2&",
                                  "/pipeline?",
                                  "/baseline11?a=1&",
                                  "/stream-bytes/3000?seed=1&",
                                  "/stream/3?",
                                  "/sse?gap=0&",
                                  "/drip?duration=0&",
                                  "/echo?",
                                  "/status/503?",
                                  "/headers?",
                                  "/ip?",
                                  "/redirect/2?",
                                  "/basic-auth/a/b?",
                                  "/cache?",
                                  "/cache/60?",
                                  "/etag/x?",
                                  "/trailers?a=b&"};

TEST_P(TargetDelayTest, EveryEndpointBeginsLate) {
  start({"--target"});
  for (const std::string path : kPaths) {
    std::string prompt = path;
    if (path.starts_with("/drip")) prompt += "delay=0";
    HttpClient plain = connect();
    plain.request("GET", prompt, "Connection: close\r\n");
    const std::string expected = plain.read_to_end();
    HttpClient client = connect();
    const Stopwatch watch;
    client.request("GET", path + "delay=30ms", "Connection: close\r\n");
    const std::string late = client.read_to_end();
    EXPECT_GE(watch.elapsed().count(), 30) << path;
    const std::size_t date = expected.find("\r\nDate: ");
    ASSERT_NE(date, std::string::npos);
    EXPECT_EQ(late.substr(0, date), expected.substr(0, date)) << path;
    const std::size_t body = expected.find("\r\n\r\n");
    EXPECT_EQ(difference(late.substr(body), expected.substr(body)), "") << path;
  }
}

TEST_P(TargetDelayTest, BodiesComeFirst) {
  start({"--target"});
  HttpClient client = connect();
  for (const std::string path : {"/echo", "/upload", "/status/201", "/delay/0", "/baseline11"}) {
    client.request("POST", path + "?delay=50ms", "Content-Length: 20000\r\n");
    const Stopwatch watch;
    client.send(std::string(20'000, path == "/baseline11" ? '0' : 'x'));  // the one adds a number
    const Response response = client.read_response();
    EXPECT_EQ(response.status, path == "/status/201" ? 201 : 200) << path;
    if (path == "/echo") {  // counts from the head, which came before
      EXPECT_EQ(response.body, std::string(20'000, 'x'));
    } else {
      EXPECT_GE(watch.elapsed().count(), 50) << path;
    }
  }
}

TEST_P(TargetDelayTest, PipelinesComeOutInOrder) {
  start({"--target"});
  HttpClient client = connect();
  std::string pipeline;
  for (int i = 0; i < 10; ++i) {
    const std::string number = std::to_string(i);
    pipeline += "GET /bytes/" + number + "?delay=uniform:0,20ms HTTP/1.1\r\nHost: a\r\n\r\n";
    pipeline += "GET /file.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    pipeline += "HEAD /range/10" + number + "?delay=5ms HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(pipeline);
  const Stopwatch watch;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(client.read_response().body.size(), static_cast<std::size_t>(i));
    EXPECT_EQ(client.read_response().body, "a file\n");
    EXPECT_EQ(client.read_response(true).field("content-length"), "10" + std::to_string(i));
  }
  EXPECT_GE(watch.elapsed().count(), 49);
}

TEST_P(TargetDelayTest, HalfClosedClientsGetTheirAnswer) {
  start({"--target"});
  const std::string large(5000, 'x');  // a head that does not fit into the slot
  for (const std::string& fields : {std::string(), "X: " + large + "\r\n"}) {
    HttpClient client = connect();
    client.request("GET", "/headers?delay=100ms", fields);
    client.finish_sending();
    EXPECT_EQ(client.read_response().status, 200);
    EXPECT_EQ(client.read_to_end(), "");
  }
}

TEST_P(TargetDelayTest, AbortsFreeTheSlot) {
  start({"--target"});
  std::vector<HttpClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    clients.back().request("GET", "/json?delay=1h");
  }
  ASSERT_TRUE(eventually([&] { return server().open_connections() == 20; }));
  EXPECT_EQ(get("/file.txt").status, 200);
  for (HttpClient& client : clients) client.abort();
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
}

TEST_P(TargetDelayTest, SaysWhatIsWrong) {
  start({"--target"});
  HttpClient client = connect();
  const Response bad = client.get("/bytes/5?delay=normal:20ms");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body, "/bytes/N: delay: expected \",\", found the end at character 12\n");
  EXPECT_EQ(client.get("/json?delay=1ms").status, 200);
}

// The answer says which delay was drawn. None is shorter; how much longer is printed and not
// judged, since a busy machine wakes late.
TEST_P(TargetDelayTest, NoDelayIsTooShort) {
  start({"--target"});
  HttpClient client = connect();
  std::vector<int64_t> errors;
  const std::string path = "/delay/lognormal:p50=2ms,p99=10ms?delay-seed=7";
  for (int i = 0; i < 300; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string body = client.get(path).body;
    const auto passed = std::chrono::steady_clock::now() - begin;
    long long delay = 0;
    ASSERT_EQ(std::sscanf(body.c_str(), "{\"delay_ns\":%lld}", &delay), 1) << body;
    errors.push_back(std::chrono::nanoseconds(passed).count() - delay);
    EXPECT_GE(errors.back(), 0);
  }
  std::sort(errors.begin(), errors.end());
  for (const double quantile : {0.5, 0.9, 0.99}) {
    const auto index = static_cast<std::size_t>(quantile * static_cast<double>(errors.size()));
    std::printf("%s: %g %% of delays are at most %lld us too long\n", GetParam(), 100 * quantile,
                static_cast<long long>(errors[index] / 1000));
  }
}

SPATE_ON_BOTH_BACKENDS(TargetDelayTest);

}  // namespace
}  // namespace integration
