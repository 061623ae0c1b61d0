// The end of the server: what is under way is finished, everything else ends at once.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

using std::chrono::milliseconds;

class DrainTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("hello.txt", "hello\n");
    large_ = write_content("large.bin", 1, kLarge);
  }

  // A client with a small window that has read the head of a long response.
  HttpClient begin_download() {
    HttpClient client = connect(16 * 1024);
    client.request("GET", "/large.bin");
    EXPECT_EQ(client.read_response(true).status, 200);
    return client;
  }

  // Sends the signal and waits until it was obeyed: nobody listens any more.
  void begin_drain(int signal = SIGTERM) {
    process().signal(signal);
    EXPECT_TRUE(eventually([&] { return try_to_connect(server().port()) == ECONNREFUSED; }));
  }

  static constexpr std::size_t kLarge = 20'000'000;
  std::string large_;
};

TEST_P(DrainTest, EndsAtOnceWithoutConnections) {
  start({"--threads", "2"});
  stop();
  EXPECT_NE(process().error_output().find("spate: served 0 requests"), std::string::npos);
}

TEST_P(DrainTest, DownloadsFinish) {
  start({"--threads", "2"});
  std::vector<HttpClient> downloads;
  for (int i = 0; i < 4; ++i) downloads.push_back(begin_download());
  begin_drain();
  EXPECT_FALSE(process().ends_within(milliseconds(50)));
  for (HttpClient& download : downloads) {
    EXPECT_EQ(difference(download.read(kLarge), large_), "");
    EXPECT_EQ(download.read_to_end(), "");
    EXPECT_EQ(download.end(), End::closed);
  }
  EXPECT_EQ(process().wait(), 0);
}

TEST_P(DrainTest, InterruptDrainsAsWell) {
  start();
  HttpClient download = begin_download();
  begin_drain(SIGINT);
  EXPECT_EQ(difference(download.read(kLarge), large_), "");
  EXPECT_EQ(process().wait(), 0);
}

TEST_P(DrainTest, IdleConnectionsEndAtOnce) {
  start();
  HttpClient download = begin_download();
  std::vector<HttpClient> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(connect());
    if (i % 2 == 0) {
      ASSERT_EQ(idle.back().get("/hello.txt").body, "hello\n");
    }
  }
  ASSERT_TRUE(eventually([&] { return server().open_connections() == 21; }));
  begin_drain();
  for (HttpClient& client : idle) {
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.end(), End::closed);
  }
  EXPECT_EQ(difference(download.read(kLarge), large_), "");
}

// A request whose head is whole is under way until its body has come.
TEST_P(DrainTest, BegunBodiesArePassedOver) {
  start();
  HttpClient body = connect();
  ASSERT_TRUE(body.request("POST", "/hello.txt", "Content-Length: 10\r\n"));
  EXPECT_EQ(body.read_response().status, 405);
  begin_drain();
  EXPECT_FALSE(process().ends_within(milliseconds(50)));
  ASSERT_TRUE(body.send("ten bytes!"));
  EXPECT_EQ(body.read_to_end(), "");
  EXPECT_EQ(process().wait(), 0);
}

// One that has only begun does not hold up the end until its time is over.
TEST_P(DrainTest, BegunHeadsEndAtOnce) {
  start({"--header-timeout", "10m", "--drain-timeout", "10m"});
  HttpClient head = connect();
  ASSERT_TRUE(head.send("GET /hello.txt HTTP/1.1\r\nHost:"));
  HttpClient next = connect();
  EXPECT_EQ(next.get("/hello.txt").status, 200);
  ASSERT_TRUE(next.send("GET"));
  ASSERT_TRUE(eventually([&] { return server().open_connections() == 2; }));
  // The first bytes were seen before a request that came after them was answered.
  EXPECT_EQ(get("/hello.txt").status, 200);
  // This one's head has begun behind a request whose response is under way.
  HttpClient download = begin_download();
  ASSERT_TRUE(download.send("GET"));
  begin_drain();
  for (HttpClient* client : {&head, &next}) {
    EXPECT_EQ(client->read_to_end(), "");
    EXPECT_EQ(client->end(), End::closed);
  }
  EXPECT_EQ(difference(download.read(kLarge), large_), "");
  EXPECT_EQ(download.read_to_end(), "");
  EXPECT_EQ(process().wait(), 0);
}

TEST_P(DrainTest, SecondSignalStopsAtOnce) {
  start({"--drain-timeout", "10m", "--threads", "2"});
  HttpClient stalled = begin_download();
  begin_drain();
  EXPECT_FALSE(process().ends_within(milliseconds(50)));
  stop();
  EXPECT_LT(stalled.read_to_end().size(), kLarge);
}

TEST_P(DrainTest, EndsWhenItsTimeIsUp) {
  start({"--drain-timeout", "400ms"});
  HttpClient stalled = begin_download();
  const Stopwatch watch;
  stop();
  EXPECT_GE(watch.elapsed(), milliseconds(350));
  EXPECT_LT(stalled.read_to_end().size(), kLarge);
}

// Requests at full speed when the signal comes: each connection ends between two responses or says
// so in the last one, and never in the middle.
TEST_P(DrainTest, BusyConnectionsEndBetweenResponses) {
  start({"--threads", "2"});
  std::atomic<int> served{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([this, &served] {
      HttpClient client = connect();
      while (client.request("GET", "/hello.txt")) {
        const Response response = client.read_response();
        if (response.status == 0) {  // the connection had ended before the request
          EXPECT_EQ(client.take_received(), "");
          break;
        }
        EXPECT_EQ(response.body, "hello\n");
        ++served;
        if (response.field("connection") == "close") {
          EXPECT_EQ(client.read_to_end(), "");
          break;
        }
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return served > 500; }));
  stop();
  for (std::thread& client : clients) client.join();
}

SPATE_ON_BOTH_BACKENDS(DrainTest);

}  // namespace
}  // namespace integration
