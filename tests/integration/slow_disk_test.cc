// A disk that does not answer holds up who asked for what is on it, and nobody else: one worker,
// and a file system that the test holds until all others were served.
#include <filesystem>
#include <memory>

#include "tests/integration/held_file_system.h"
#include "tests/integration/server_process.h"

namespace integration {
namespace {

using Operation = HeldFileSystem::Operation;
using std::chrono::milliseconds;

class SlowDiskTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    hot_ = write_content("hot.txt", 1, 1'000);
    large_ = write_content("large.bin", 2, 100'000);
    std::filesystem::create_directory(root_.path() + "/slow");
    slow_ = std::make_unique<HeldFileSystem>(
        root_.path() + "/slow",
        std::map<std::string, std::string>{{"a.txt", make_content(3, 3'000)},
                                           {"b.txt", make_content(4, 5'000)}});
    if (!slow_->refusal().empty()) GTEST_SKIP() << slow_->refusal();
  }
  void TearDown() override {
    if (slow_ != nullptr) slow_->release();
    ServerTest::TearDown();
    slow_.reset();
  }

  // Somebody waits for the disk.
  HttpClient ask_in_vain(const std::string& path) {
    HttpClient client = connect();
    client.request("GET", path);
    EXPECT_TRUE(eventually([this] { return slow_->held() > 0; })) << path;
    return client;
  }

  void expect_hits() {
    for (int i = 0; i < 20; ++i) {
      HttpClient client = connect();
      EXPECT_EQ(client.get("/hot.txt").body, hot_);
      EXPECT_EQ(client.get("/large.bin").body, large_);
    }
  }

  void expect_hits_while(Operation operation, const std::string& path, const std::string& body) {
    slow_->hold(operation);
    HttpClient waiting = ask_in_vain(path);
    HttpClient another = connect();
    another.request("GET", path);
    expect_hits();
    EXPECT_EQ(waiting.received_size(), 0U);
    EXPECT_FALSE(waiting.is_readable(milliseconds(0)));
    slow_->release();
    for (HttpClient* client : {&waiting, &another}) {
      const Response response = client->read_response();
      EXPECT_EQ(response.status, 200) << path;
      if (!body.empty()) {
        EXPECT_EQ(response.body, body) << path;
      }
      // The connection goes on.
      EXPECT_EQ(client->get("/hot.txt").body, hot_);
    }
  }

  std::string hot_;
  std::string large_;
  std::unique_ptr<HeldFileSystem> slow_;
};

TEST_P(SlowDiskTest, HitsAreServedWhileALookWaits) {
  start();
  expect_hits();
  expect_hits_while(Operation::look_up, "/slow/a.txt", make_content(3, 3'000));
}

TEST_P(SlowDiskTest, HitsAreServedWhileAnOpenWaits) {
  start();
  expect_hits();
  expect_hits_while(Operation::open, "/slow/a.txt", make_content(3, 3'000));
}

TEST_P(SlowDiskTest, HitsAreServedWhileAReadWaits) {
  start();
  expect_hits();
  expect_hits_while(Operation::read, "/slow/a.txt", make_content(3, 3'000));
}

TEST_P(SlowDiskTest, HitsAreServedWhileAListingWaits) {
  start({"--listing"});
  expect_hits();
  expect_hits_while(Operation::list, "/slow/", "");
}

TEST_P(SlowDiskTest, HitsAreServedWhileAStaleEntryIsCompared) {
  start();
  EXPECT_EQ(get("/slow/b.txt").body, make_content(4, 5'000));
  expect_hits();
  std::this_thread::sleep_for(milliseconds(1'000));
  expect_hits_while(Operation::look_up, "/slow/b.txt", make_content(4, 5'000));
}

TEST_P(SlowDiskTest, AnswersStayInOrderAroundOneThatWaits) {
  start();
  slow_->hold(Operation::read);
  HttpClient client = connect();
  for (const char* path : {"/hot.txt", "/slow/a.txt", "/large.bin", "/slow/b.txt", "/missing"}) {
    client.request("GET", path);
  }
  EXPECT_EQ(client.read_response().body, hot_);
  ASSERT_TRUE(eventually([this] { return slow_->held() > 0; }));
  expect_hits();
  EXPECT_FALSE(client.is_readable(milliseconds(0)));
  slow_->release();
  EXPECT_EQ(client.read_response().body, make_content(3, 3'000));
  EXPECT_EQ(client.read_response().body, large_);
  EXPECT_EQ(client.read_response().body, make_content(4, 5'000));
  EXPECT_EQ(client.read_response().status, 404);
}

TEST_P(SlowDiskTest, ClientsThatLeaveWhileTheyWaitLeaveNothingBehind) {
  start();
  slow_->hold(Operation::look_up);
  {
    HttpClient closing = ask_in_vain("/slow/a.txt");
    HttpClient half_closing = connect();
    half_closing.request("GET", "/slow/b.txt");
    half_closing.finish_sending();
    expect_hits();
    slow_->release();
    EXPECT_EQ(half_closing.read_response().body, make_content(4, 5'000));
  }
  EXPECT_TRUE(eventually([this] { return server().open_connections() == 0; }));
  EXPECT_EQ(get("/slow/a.txt").body, make_content(3, 3'000));
}

TEST_P(SlowDiskTest, WhoWaitsIsServedBeforeADrainEnds) {
  start();
  slow_->hold(Operation::look_up);
  HttpClient waiting = ask_in_vain("/slow/a.txt");
  process().signal(SIGTERM);
  EXPECT_TRUE(eventually([this] { return try_to_connect(server().port()) != 0; }));
  slow_->release();
  const Response response = waiting.read_response();
  EXPECT_EQ(response.body, make_content(3, 3'000));
  EXPECT_EQ(response.field("connection"), "close");
  waiting.close();
  EXPECT_EQ(process().wait(), 0);
}

SPATE_ON_BOTH_BACKENDS(SlowDiskTest);

}  // namespace
}  // namespace integration
