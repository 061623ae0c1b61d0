// One client may not take every place.
#include <csignal>

#include "tests/integration/server_process.h"

namespace integration {
namespace {

class AddressLimitTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    root_.write("hello.txt", "hello\n");
  }

  // Whether a connection from that address is served; it stays open in `kept` then.
  bool is_served(const char* from = "127.0.0.1") {
    HttpClient client(server().port(), 0, from);
    if (client.get("/hello.txt").status != 200) {
      EXPECT_EQ(client.take_received(), "") << "refused without a word";
      return false;
    }
    kept_.push_back(std::move(client));
    return true;
  }

  std::vector<HttpClient> kept_;
};

// Exactly so many, whichever worker they come to.
TEST_P(AddressLimitTest, IsExactOverAllWorkers) {
  start({"--threads", "3", "--max-connections-per-address", "10"});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(is_served()) << i;
  for (int i = 0; i < 30; ++i) ASSERT_FALSE(is_served()) << i;
  EXPECT_TRUE(eventually([&] { return server().open_connections() == 10; }));
  for (HttpClient& client : kept_) EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
  stop();
  EXPECT_NE(process().error_output().find("30 refused by address"), std::string::npos)
      << process().error_output();
}

TEST_P(AddressLimitTest, IsOfEachAddress) {
  start({"--threads", "2", "--max-connections-per-address", "2"});
  for (const char* address : {"127.0.0.1", "127.0.0.2", "127.1.0.1"}) {
    EXPECT_TRUE(is_served(address));
    EXPECT_TRUE(is_served(address));
    EXPECT_FALSE(is_served(address));
  }
}

// However a connection ends, its place is free again.
TEST_P(AddressLimitTest, PlacesComeBack) {
  start({"--threads", "2", "--max-connections-per-address", "3", "--header-timeout", "200ms"});
  for (int round = 0; round < 20; ++round) {
    while (kept_.size() < 3) {
      ASSERT_TRUE(eventually([&] { return is_served(); }));
    }
    ASSERT_FALSE(is_served());
    switch (round % 4) {
      case 0:
        kept_.clear();
        break;
      case 1:
        EXPECT_EQ(kept_[0].get("/hello.txt", "Connection: close\r\n").status, 200);
        EXPECT_EQ(kept_[0].read_to_end(), "");
        kept_.erase(kept_.begin());
        break;
      case 2:
        kept_[1].send("BAD\r\n\r\n");
        EXPECT_EQ(kept_[1].read_response().status, 400);
        kept_.erase(kept_.begin() + 1);
        break;
      case 3:
        kept_[2].send("GET /hello.txt HTTP/1.1\r\n");
        EXPECT_EQ(kept_[2].read_response().status, 408);
        kept_.pop_back();
        break;
    }
  }
}

// A flood of one address does not push out the idle connections of others.
TEST_P(AddressLimitTest, RefusedConnectionsMakeNobodyLeave) {
  start({"--max-connections", "8", "--max-connections-per-address", "4"});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(is_served("127.0.0.2"));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(is_served("127.0.0.1"));
  for (int i = 0; i < 50; ++i) ASSERT_FALSE(is_served("127.0.0.1"));
  for (HttpClient& client : kept_) EXPECT_EQ(client.get("/hello.txt").body, "hello\n");
}

SPATE_ON_BOTH_BACKENDS(AddressLimitTest);

}  // namespace
}  // namespace integration
