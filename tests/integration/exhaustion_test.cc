// More clients than there is room for: idle ones make room, the others wait for it; nobody who is
// being served notices.
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

using std::chrono::milliseconds;

class ExhaustionTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("hello.txt", "hello\n");
    large_ = write_content("large.bin", 1, kLarge);
  }

  // A client that is in the middle of a download and does not go on reading.
  HttpClient begin_download() {
    HttpClient client = connect(4096);
    client.request("GET", "/large.bin");
    EXPECT_EQ(client.read_response(true).status, 200);
    return client;
  }

  // Clients that have each sent a request and not read the answer.
  std::vector<HttpClient> connect_and_ask(int count, const std::string& path = "/hello.txt") {
    std::vector<HttpClient> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(connect(4096));
      clients.back().request("GET", path);
    }
    return clients;
  }

  // Each in its turn begins a download and leaves.
  static void expect_downloads(std::vector<HttpClient>& clients) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ASSERT_EQ(clients[i].read_response(true).status, 200) << i;
      clients[i].close();
    }
  }

  static void expect_answers(std::vector<HttpClient>& clients) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ASSERT_EQ(clients[i].read_response().body, "hello\n") << i;
      // Leaves, so that the next one gets its place.
      clients[i].close();
    }
  }

  static constexpr std::size_t kLarge = 12'000'000;
  std::string large_;
};

TEST_P(ExhaustionTest, LongestIdleMakeRoom) {
  start({"--max-connections", "32"});
  std::vector<HttpClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect());
    ASSERT_EQ(clients.back().get("/hello.txt").body, "hello\n") << i;
  }
  EXPECT_TRUE(eventually([&] { return server().open_connections() <= 32; }));
  // The first ones have gone, the last one stays.
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(clients[i].read_to_end(), "");
    EXPECT_EQ(clients[i].end(), End::closed);
  }
  EXPECT_EQ(clients.back().get("/hello.txt").body, "hello\n");
}

TEST_P(ExhaustionTest, DownloadsSurviveTheFloodOfOthers) {
  start({"--max-connections", "32"});
  std::vector<HttpClient> downloads;
  for (int i = 0; i < 10; ++i) downloads.push_back(begin_download());
  for (int i = 0; i < 200; ++i) ASSERT_EQ(get("/hello.txt").body, "hello\n") << i;
  for (HttpClient& download : downloads) {
    EXPECT_EQ(difference(download.read(kLarge), large_), "");
  }
}

// Three times as many at once as there is room for: everybody who has asked is answered.
TEST_P(ExhaustionTest, BurstIsAnsweredWhole) {
  start({"--max-connections", "32", "--header-timeout", "10m"});
  for (int round = 0; round < 5; ++round) {
    std::vector<HttpClient> clients = connect_and_ask(100);
    expect_answers(clients);
  }
}

// As many as there is room for, all asking in the same moment.
TEST_P(ExhaustionTest, FullHouseIsAnsweredWhole) {
  constexpr int kConnections = 500;
  start({"--max-connections", std::to_string(kConnections)});
  std::vector<HttpClient> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(connect());
    ASSERT_EQ(clients.back().get("/hello.txt").body, "hello\n");
  }
  for (int round = 0; round < 5; ++round) {
    // The stopped server finds all of them at once.
    process().signal(SIGSTOP);
    for (HttpClient& client : clients) client.request("GET", "/hello.txt");
    process().signal(SIGCONT);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ASSERT_EQ(clients[i].read_response().body, "hello\n") << i << " in round " << round;
    }
  }
}

TEST_P(ExhaustionTest, WaitingClientsAreServedWhenOthersLeave) {
  start({"--max-connections", "32", "--header-timeout", "10m"});
  std::vector<HttpClient> busy;
  for (int i = 0; i < 32; ++i) busy.push_back(begin_download());
  std::vector<HttpClient> waiting = connect_and_ask(40, "/large.bin");
  EXPECT_FALSE(waiting.back().is_readable(milliseconds(100)));
  EXPECT_LT(server().open_connections(), 50U);
  busy.clear();
  expect_downloads(waiting);
}

// The busy ones become idle and stay connected: that is room as well.
TEST_P(ExhaustionTest, WaitingClientsAreServedWhenOthersBecomeIdle) {
  start({"--max-connections", "32", "--keep-alive-timeout", "10m", "--header-timeout", "10m"});
  std::vector<HttpClient> busy;
  for (int i = 0; i < 32; ++i) busy.push_back(begin_download());
  std::vector<HttpClient> waiting = connect_and_ask(40, "/large.bin");
  EXPECT_FALSE(waiting.back().is_readable(milliseconds(100)));
  for (std::size_t i = 0; i < 10; ++i) {
    ASSERT_EQ(difference(busy[i].read(kLarge), large_), "");
  }
  expect_downloads(waiting);
}

// Far more waiting than the server may accept beyond its limit.
TEST_P(ExhaustionTest, LongQueueIsServedWhole) {
  start({"--max-connections", "32", "--header-timeout", "10m"});
  std::vector<HttpClient> busy;
  for (int i = 0; i < 32; ++i) busy.push_back(begin_download());
  // The stopped server has not looked at its queue when the last one comes.
  process().signal(SIGSTOP);
  std::vector<HttpClient> waiting = connect_and_ask(300, "/large.bin");
  process().signal(SIGCONT);
  EXPECT_FALSE(waiting.back().is_readable(milliseconds(100)));
  EXPECT_LT(server().open_connections(), 50U);
  busy.clear();
  expect_downloads(waiting);
}

// Nobody leaves for as long as a client may take with its head: then the others are told.
TEST_P(ExhaustionTest, WaitingClientsAreTurnedAway) {
  start({"--max-connections", "32", "--header-timeout", "2s"});
  std::vector<HttpClient> busy;
  for (int i = 0; i < 32; ++i) busy.push_back(begin_download());
  std::vector<HttpClient> waiting = connect_and_ask(200, "/large.bin");
  std::size_t turned_away = 0;
  for (HttpClient& client : waiting) {
    const Response response = client.read_response(true);
    ASSERT_TRUE(response.status == 200 || response.status == 503) << response.status;
    EXPECT_EQ(response.field("retry-after"), response.status == 503 ? "1" : "");
    EXPECT_EQ(response.field("connection"), response.status == 503 ? "close" : "");
    turned_away += response.status == 503;
    client.close();
  }
  EXPECT_GT(turned_away, 100U);
  // And served again when there is room.
  busy.clear();
  EXPECT_TRUE(eventually([&] { return get("/hello.txt").status == 200; }));
}

// Connections that never ask for anything make room for those that do.
TEST_P(ExhaustionTest, SilentConnectionsDoNotLockOthersOut) {
  start({"--max-connections", "32", "--header-timeout", "10m"});
  std::vector<HttpClient> silent;
  for (int i = 0; i < 60; ++i) silent.push_back(connect());
  for (int i = 0; i < 60; ++i) ASSERT_EQ(get("/hello.txt").body, "hello\n") << i;
}

// The process has fewer descriptors left than it could know of at its start.
TEST_P(ExhaustionTest, OutOfDescriptorsIdleMakeRoom) {
  Restrictions restrictions;
  restrictions.descriptors = 300;
  restrictions.inherited_descriptors = 250;
  start({"--max-connections", "100"}, restrictions);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect());
    ASSERT_EQ(clients.back().get("/hello.txt").body, "hello\n") << i;
  }
  EXPECT_LT(server().open_connections(), 50U);
}

// More downloads of different files than files are kept open.
TEST_P(ExhaustionTest, EveryDownloadOfAnotherFileIsServed) {
  Restrictions restrictions;
  restrictions.descriptors = 600;
  constexpr int kDownloads = 150;
  for (int i = 0; i < kDownloads; ++i) {
    root_.write(std::to_string(i) + ".bin", "");
    std::filesystem::resize_file(root_.path() + "/" + std::to_string(i) + ".bin", 30'000'000);
  }
  start({}, restrictions);
  std::vector<HttpClient> clients;
  for (int i = 0; i < kDownloads; ++i) {
    clients.push_back(connect(4096));
    clients.back().request("GET", "/" + std::to_string(i) + ".bin");
    ASSERT_EQ(clients.back().read_response(true).status, 200) << i;
  }
  EXPECT_GE(server().process().descriptors().size(), kDownloads * 2U) << "all are under way";
  EXPECT_EQ(get("/hello.txt").body, "hello\n");
}

// One client that names a file in many ways and does not read holds one descriptor.
TEST_P(ExhaustionTest, SpellingsThatAreNotReadTakeNothingFromOthers) {
  Restrictions restrictions;
  restrictions.descriptors = 600;
  start({}, restrictions);
  std::vector<HttpClient> holders;
  for (int i = 0; i < 40; ++i) {
    holders.push_back(connect(4096));
    for (const char* spelling : {"/large.bin", "//large.bin", "/./large.bin", "/%6carge.bin",
                                 "/l%61rge.bin", "/lar%67e.bin", "/larg%65.bin", "/large%2ebin"}) {
      holders.back().request("GET", spelling);
    }
    ASSERT_EQ(holders.back().read_response(true).status, 200);
  }
  const std::size_t descriptors = server().process().descriptors().size();
  EXPECT_LT(descriptors, 40U * 2);
  write_content("other.bin", 5, 100'000);
  EXPECT_EQ(get("/other.bin").status, 200);
  EXPECT_EQ(get("/hello.txt").body, "hello\n");
}

TEST_P(ExhaustionTest, OutOfDescriptorsDoesNotSpin) {
  Restrictions restrictions;
  restrictions.descriptors = 300;
  restrictions.inherited_descriptors = 250;
  start({"--max-connections", "100"}, restrictions);
  std::vector<HttpClient> busy;
  busy.push_back(begin_download());
  while (busy.size() < 100) {
    HttpClient client = connect(4096);
    client.request("GET", "/large.bin");
    // No descriptor was left for this one, or none to look at the file with.
    if (!client.is_readable(milliseconds(300)) || client.read_response(true).status != 200) break;
    busy.push_back(std::move(client));
  }
  ASSERT_LT(busy.size(), 50U);
  std::vector<HttpClient> waiting = connect_and_ask(20);
  const milliseconds before = process().cpu_time();
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_LT(process().cpu_time() - before, milliseconds(250));
  busy.clear();
  // Whoever was accepted with the last descriptor, so that none was left to look for the file with,
  // is asked to come again.
  for (HttpClient& client : waiting) {
    const Response response = client.read_response();
    EXPECT_TRUE(response.status == 200 || response.status == 503) << response.status;
    EXPECT_EQ(response.field("retry-after"), response.status == 503 ? "1" : "");
    client.close();
  }
}

SPATE_ON_BOTH_BACKENDS(ExhaustionTest);

}  // namespace
}  // namespace integration
