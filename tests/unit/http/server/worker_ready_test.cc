// A worker that answers requests which come alone from where their answers lie, on both backends:
// what becomes of what the socket does not take at once, and what else follows from an answer.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/http/server/worker_fixture.h"

namespace http::server {
namespace {

constexpr const char* kMediumRequest = "GET /medium HTTP/1.1\r\nHost: a\r\n\r\n";

template <class B>
class WorkerReady : public WorkerTest<B> {
 protected:
  void SetUp() override {
    WorkerTest<B>::SetUp();
    while (medium_.size() < 16 * 1024) medium_ += "<" + std::to_string(medium_.size()) + ">";
    medium_.resize(16 * 1024);
    this->root_.write("medium", medium_);
  }

  // The size of a whole answer that begins as `text` does; 0: not known yet.
  std::size_t answer_size(const std::string& text) const {
    const std::size_t head = text.find("\r\n\r\n");
    return head == text.npos ? 0 : head + 4 + medium_.size();
  }
  // Runs until the client has a whole answer, which must be the file, and forgets it.
  void expect_medium(Client& client) {
    ASSERT_TRUE(this->run_until([&] {
      client.pump();
      const std::size_t size = answer_size(client.text);
      return client.ended || (size > 0 && client.text.size() >= size);
    }));
    EXPECT_TRUE(client.answered("200")) << client.text.substr(0, 300);
    EXPECT_EQ(client.text.size(), answer_size(client.text)) << "one answer and no more";
    EXPECT_TRUE(client.text.ends_with("\r\n\r\n" + medium_));
    client.text.clear();
  }
  std::unique_ptr<Client> connect(int receive_buffer = 0) {
    auto client = WorkerTest<B>::connect(receive_buffer);
    client->most_text = 1 << 20;
    return client;
  }
  void ask(Client& client) {
    const uint64_t before = this->requests();
    client.peer.write(kMediumRequest);
    ASSERT_TRUE(this->run_until([&] { return this->requests() == before + 1; }));
  }

  std::string medium_;  // as large as a file in memory can be
};
TYPED_TEST_SUITE(WorkerReady, Backends, BackendNames);

TYPED_TEST(WorkerReady, AnAnswerThatTheSocketDoesNotTakeWholeArrivesWhole) {
  this->start(4096);
  if (this->worker_ == nullptr) return;
  auto client = this->connect(4096);
  for (int round = 0; round < 5; ++round) {
    this->ask(*client);
    for (int i = 0; i < 5; ++i) this->turn();
    // What lies in the sockets is all that can be read without another turn.
    client->pump();
    EXPECT_LT(client->text.size(), this->medium_.size());
    this->expect_medium(*client);
  }
  EXPECT_EQ(this->worker_->counters().idle_timeouts, 0U);
}

// The head is lent to those who take their time, while others are answered from the same entry.
TYPED_TEST(WorkerReady, OthersAreAnsweredWhileAnAnswerWaitsForItsSocket) {
  this->start(4096);
  if (this->worker_ == nullptr) return;
  std::vector<std::unique_ptr<Client>> slow;
  auto quick = this->connect(4096);
  for (int i = 0; i < 5; ++i) {
    slow.push_back(this->connect(4096));
    this->ask(*slow.back());
    this->ask(*quick);
    this->expect_medium(*quick);
  }
  // Over the turn of a second, in which the head changes.
  const int64_t second = core::read_system_clock().wall_seconds;
  while (core::read_system_clock().wall_seconds == second) {
    this->ask(*quick);
    this->expect_medium(*quick);
    this->run_for(50 * kMillisecond);
  }
  this->ask(*quick);
  this->expect_medium(*quick);
  for (auto& client : slow) {
    this->expect_medium(*client);
    this->ask(*client);
    this->expect_medium(*client);
  }
}

// Whoever goes while a part of his answer waits leaves nothing behind.
TYPED_TEST(WorkerReady, ClientsThatLeaveInTheMiddleOfAnAnswer) {
  this->start(4096);
  if (this->worker_ == nullptr) return;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(this->connect(4096));
    this->ask(*clients.back());
  }
  clients.clear();
  // With no connection no output, chunk or pin is left.
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
  auto client = this->connect();
  this->ask(*client);
  this->expect_medium(*client);
}

// Requests that come behind an answer which waits for its socket are answered after it.
TYPED_TEST(WorkerReady, RequestsBehindAWaitingAnswerAreAnsweredInOrder) {
  this->start(4096);
  if (this->worker_ == nullptr) return;
  auto client = this->connect(4096);
  this->ask(*client);
  this->expect_medium(*client);
  this->ask(*client);
  this->ask(*client);
  client->peer.write(kLast);
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->ended;
  }));
  const std::size_t size = this->answer_size(client->text);
  ASSERT_GT(client->text.size(), 2 * size);
  EXPECT_TRUE(client->text.substr(0, size).ends_with(this->medium_));
  EXPECT_TRUE(client->text.substr(size, size).ends_with(this->medium_));
  EXPECT_TRUE(client->text.ends_with("\r\n\r\nsmall file\n"));
}

// Never before it has passed since the last answer, however long ago the first one was.
TYPED_TEST(WorkerReady, KeepAliveCountsFromTheLastAnswer) {
  this->configuration_.timeouts.keep_alive = 1 * kSecond;
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  uint64_t asked_at = 0;
  for (int round = 0; round < 3; ++round) {
    if (round > 0) this->run_for(100 * kMillisecond);
    asked_at = core::read_system_clock().monotonic;
    this->ask(*client);
    this->expect_medium(*client);
  }
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->ended;
  }));
  EXPECT_GE(core::read_system_clock().monotonic - asked_at, 1 * kSecond);
  EXPECT_EQ(client->text, "") << "it just ends";
  EXPECT_EQ(this->worker_->counters().idle_timeouts, 1U);
  EXPECT_EQ(this->worker_->counters().head_timeouts, 0U);
}

// The deadline of the first head is over with the first answer.
TYPED_TEST(WorkerReady, TheHeaderDeadlineEndsWithAnAnswer) {
  this->configuration_.timeouts.header = 1 * kSecond;
  this->start();
  if (this->worker_ == nullptr) return;
  auto other = this->connect();
  this->ask(*other);  // so that the next answer lies ready
  auto client = this->connect();
  this->ask(*client);
  this->expect_medium(*client);
  this->run_for(1'200 * kMillisecond);
  this->ask(*client);
  this->expect_medium(*client);
  EXPECT_EQ(this->worker_->counters().head_timeouts, 0U);
}

// All slots are taken by downloads but one, whose client has said nothing yet, and nobody could
// make room for the newcomer. An answer makes that client idle: it goes, and the newcomer is let in
// within a few turns, not when it is time to look again.
TYPED_TEST(WorkerReady, WhoBecomesIdleByAnAnswerMakesRoom) {
  this->configuration_.patience = 60 * kSecond;
  this->start();
  if (this->worker_ == nullptr) return;
  {
    auto first = this->connect();
    this->ask(*first);  // so that the answer lies ready
  }
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
  auto holders = this->fill_all_slots();
  auto client = this->connect();
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 65; }))
      << "one more is taken, and then nobody";
  // So that there is one for each slot again.
  holders.back()->peer.reset();
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 64; }));
  auto newcomer = this->connect();
  newcomer->peer.write(kLast);
  for (int i = 0; i < 5; ++i) this->turn();
  newcomer->pump();
  ASSERT_EQ(newcomer->text, "");
  ASSERT_EQ(this->worker_->counters().reclaimed, 0U);

  this->ask(*client);
  int turns = 0;
  for (; turns < 100 && !newcomer->ended; ++turns) {
    this->turn();
    newcomer->pump();
  }
  EXPECT_LT(turns, 100);
  EXPECT_TRUE(newcomer->answered("200")) << newcomer->text;
  this->expect_medium(*client);
  EXPECT_EQ(this->worker_->counters().reclaimed, 1U);
  EXPECT_EQ(this->worker_->counters().turned_away, 0U);
}

}  // namespace
}  // namespace http::server
