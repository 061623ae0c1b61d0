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
  start({"--header-timeout", "400ms"});
  HttpClient client = connect();
  const Stopwatch watch;
  ASSERT_TRUE(client.request("POST", "/hello.txt", "Content-Length: 10\r\n"));
  ASSERT_TRUE(client.send("half"));
  EXPECT_EQ(client.read_response().status, 405);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_GE(watch.elapsed(), kAtLeast);
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
