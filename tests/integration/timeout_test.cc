// Clients that let time pass. Only lower bounds are measured; how much later a deadline comes is
// the machine's affair, up to kPatience.
#include "tests/integration/server_process.h"

namespace integration {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTimeout{400};
// The clocks of the two ends are read at different moments.
constexpr milliseconds kAtLeast = kTimeout - milliseconds{50};

class TimeoutTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("hello.txt", "hello\n");
  }
};

TEST_P(TimeoutTest, SilentConnectionEndsWithoutAnAnswer) {
  start({"--header-timeout", "400ms"});
  const Stopwatch watch;
  HttpClient client = connect();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

// RFC 9112 section 2.2: an empty line before the request line is nothing of a request.
TEST_P(TimeoutTest, EmptyLineEndsWithoutAnAnswer) {
  start({"--header-timeout", "400ms"});
  const Stopwatch watch;
  HttpClient client = connect();
  ASSERT_TRUE(client.send("\r\n"));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

TEST_P(TimeoutTest, PartialHeadIsAnsweredWith408) {
  start({"--header-timeout", "400ms"});
  const Stopwatch watch;
  HttpClient client = connect();
  ASSERT_TRUE(client.send("GET /hello.txt HTTP/1.1\r\nHost: lo"));
  const Response response = client.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

// Bytes that trickle in do not put the deadline off: this would never end.
TEST_P(TimeoutTest, TricklingHeadIsAnsweredWith408) {
  start({"--header-timeout", "400ms"});
  HttpClient client = connect();
  EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
  const Stopwatch watch;
  ASSERT_TRUE(client.send("GET /hello.txt HTTP/1.1\r\nHost: "));
  while (!client.is_readable(milliseconds(20)) && watch.elapsed() < kPatience) client.send("a");
  EXPECT_EQ(client.read_response().status, 408);
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

TEST_P(TimeoutTest, StalledBodyEndsTheConnection) {
  start({"--body-timeout", "400ms"});
  HttpClient client = connect();
  const Stopwatch watch;
  ASSERT_TRUE(client.request("POST", "/hello.txt", "Content-Length: 10\r\n"));
  ASSERT_TRUE(client.send("half"));
  EXPECT_EQ(client.read_response().status, 405);
  EXPECT_EQ(client.read_to_end(), "") << "no 408 behind the response";
  EXPECT_EQ(client.end(), End::closed);
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

// Bytes that trickle in put off neither the end of the body's time nor that of lingering.
TEST_P(TimeoutTest, TricklingBodyEndsTheConnection) {
  start({"--body-timeout", "400ms", "--min-rate", "1K"});
  for (const char* framing : {"Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    HttpClient client = connect();
    const Stopwatch watch;
    ASSERT_TRUE(client.request("POST", "/hello.txt", framing));
    ASSERT_TRUE(client.send("ffff\r\n"));
    EXPECT_EQ(client.read_response().status, 405);
    while (!client.is_readable(milliseconds(20)) && watch.elapsed() < kPatience) client.send("a");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.end(), End::closed) << "it saw the response and not a reset";
    EXPECT_GE(watch.elapsed(), kAtLeast);
    EXPECT_TRUE(eventually([&] {
      client.send("a");
      return server().open_connections() == 0;
    }));
    EXPECT_GE(watch.elapsed(), kAtLeast + milliseconds(1900)) << "it lingers for two seconds";
  }
}

// Slow, but above the minimum rate.
TEST_P(TimeoutTest, SteadyBodyIsPassedOver) {
  constexpr std::size_t kPiece = 500;
  start({"--body-timeout", "2s", "--min-rate", "100"});
  HttpClient client = connect();
  const Stopwatch watch;
  ASSERT_TRUE(client.request("POST", "/hello.txt", "Content-Length: 1000000\r\n"));
  EXPECT_EQ(client.read_response().status, 405);
  std::size_t left = 1'000'000;
  for (; watch.elapsed() < milliseconds(4500); left -= kPiece) {
    ASSERT_TRUE(client.send(std::string(kPiece, 'a')));
    std::this_thread::sleep_for(milliseconds(50));
  }
  ASSERT_TRUE(client.send(std::string(left, 'a')));
  EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
}

TEST_P(TimeoutTest, IdleConnectionEnds) {
  start({"--keep-alive-timeout", "400ms", "--header-timeout", "20s"});
  HttpClient client = connect();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
  const Stopwatch watch;
  EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), End::closed);
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

TEST_P(TimeoutTest, RequestsPutTheIdleDeadlineOff) {
  start({"--keep-alive-timeout", "2s"});
  HttpClient client = connect();
  const Stopwatch watch;
  while (watch.elapsed() < milliseconds(2500)) {
    ASSERT_EQ(client.get("/hello.txt").body, "hello\n");
    std::this_thread::sleep_for(milliseconds(100));
  }
}

TEST_P(TimeoutTest, ClientThatStopsReadingIsClosed) {
  write_content("large", 1, 20'000'000);
  start({"--write-timeout", "400ms", "--header-timeout", "20s"});
  HttpClient client = connect(4096);
  const Stopwatch watch;
  client.request("GET", "/large");
  EXPECT_EQ(client.read(4096).size(), 4096U);
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
  EXPECT_GE(watch.elapsed(), kAtLeast);
  // The client finds out that it did not get everything.
  EXPECT_LT(client.read_to_end().size(), 20'000'000U);
  EXPECT_EQ(get("/hello.txt").body, "hello\n");
}

// What the socket still holds of an earlier response does not hide that nothing is read.
TEST_P(TimeoutTest, ClientThatStopsReadingItsSecondResponseIsClosed) {
  write_content("large", 1, 20'000'000);
  start({"--write-timeout", "400ms", "--keep-alive-timeout", "10m"});
  HttpClient client = connect(4096);
  EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
  const Stopwatch watch;
  client.request("GET", "/large");
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

// It reads all the time, and sends complete all the time; but not at the minimum rate.
TEST_P(TimeoutTest, ReaderBelowTheMinimumRateIsClosed) {
  write_content("large", 1, 20'000'000);
  start({"--write-timeout", "400ms", "--min-rate", "1G"});
  HttpClient client = connect(16 * 1024);
  const Stopwatch watch;
  client.request("GET", "/large");
  std::size_t received = 0;
  for (std::size_t size = 1; size > 0; received += size) {
    size = client.read(10'000).size();
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_GE(watch.elapsed(), kAtLeast);
  EXPECT_LT(received, 20'000'000U);
  EXPECT_EQ(client.end(), End::reset) << "what it has not read was kept in the socket";
}

// A reader whose socket is so full that the kernel reports room less than once in the time that it
// has, but who takes enough.
TEST_P(TimeoutTest, SteadyReaderIsServedWhole) {
  const std::string first = write_content("first", 1, 1'500'000);
  const std::string large = write_content("large", 2, 7'000'000);
  start({"--write-timeout", "1500ms", "--min-rate", "10K"});
  HttpClient client = connect(64 * 1024);
  const Stopwatch watch;
  // The first response lies in the socket when the second one begins.
  client.request("GET", "/first");
  EXPECT_TRUE(client.is_readable(kPatience));
  client.request("GET", "/large");
  std::string received;
  while (watch.elapsed() < milliseconds(5000)) {
    received += client.read(16'000);
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_LT(received.size(), first.size() + large.size() / 2) << "the server still sends";
  client.request("GET", "/hello.txt", "Connection: close\r\n");
  received += client.read_to_end();
  EXPECT_EQ(client.end(), End::closed);
  const std::size_t body = received.find("\r\n\r\n") + 4;
  EXPECT_EQ(difference(received.substr(body, first.size()), first), "");
  const std::size_t second = received.find("\r\n\r\n", body + first.size()) + 4;
  EXPECT_EQ(difference(received.substr(second, large.size()), large), "");
}

// Many responses from memory, none of them read.
TEST_P(TimeoutTest, ClientThatPipelinesWithoutReadingIsClosed) {
  write_content("medium", 1, 16'000);
  start({"--write-timeout", "400ms", "--header-timeout", "20s"});
  HttpClient client = connect(4096);
  const Stopwatch watch;
  std::string pipeline;
  for (int i = 0; i < 1000; ++i) pipeline += "GET /medium HTTP/1.1\r\nHost: a\r\n\r\n";
  // The server may close before it has read everything.
  client.send(pipeline);
  EXPECT_TRUE(client.is_readable(kPatience));
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 0; }));
  EXPECT_GE(watch.elapsed(), kAtLeast);
}

SPATE_ON_BOTH_BACKENDS(TimeoutTest);

}  // namespace
}  // namespace integration
