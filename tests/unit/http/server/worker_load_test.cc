// A worker under more load than it has room or time for, on both backends, one turn at a time: how
// much of a greedy client is served before the others have their turn, and what becomes of those
// for whom there is no room. Counted, not timed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/http/server/worker_fixture.h"

namespace http::server {
namespace {

template <class B>
class WorkerLoad : public WorkerTest<B> {};
TYPED_TEST_SUITE(WorkerLoad, Backends, BackendNames);

// A quantum of requests for each step of bulk work, and one for each new event.
constexpr uint64_t kMostRequestsOfATurn =
    OutputQueue::kMaxResponses * (io::kBulkQuantum / io::kBulkStep + 2);

TYPED_TEST(WorkerLoad, EndlessPipelineIsServedInQuanta) {
  this->start();
  if (this->worker_ == nullptr) return;
  std::string pipeline;
  while (pipeline.size() < 64'000) pipeline += kRequest;
  auto greedy = this->connect();
  auto polite = this->connect();
  std::size_t written = 0;
  std::size_t polite_answers = 0;
  uint64_t asked_at = 0;  // requests before the polite one
  bool waits = false;
  for (int i = 0; i < 2'000 && polite_answers < 50; ++i) {
    // Always more to read, and never full.
    const ssize_t sent = greedy->peer.write(std::string_view(pipeline).substr(written));
    if (sent > 0) written = (written + static_cast<std::size_t>(sent)) % pipeline.size();
    greedy->pump();
    if (!waits) {
      asked_at = this->requests();
      polite->peer.write(kRequest);
      waits = true;
    }
    const uint64_t before = this->requests();
    this->turn();
    ASSERT_LE(this->requests() - before, kMostRequestsOfATurn) << "in turn " << i;
    polite->pump();
    if (polite->text.ends_with("small file\n")) {
      ASSERT_LE(this->requests() - asked_at, 3 * kMostRequestsOfATurn);
      polite->text.clear();
      waits = false;
      ++polite_answers;
    }
  }
  EXPECT_EQ(polite_answers, 50U);
  EXPECT_GT(this->requests(), 1'000U) << "the greedy one is served too";
}

TYPED_TEST(WorkerLoad, LargeFileIsServedInQuanta) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto greedy = this->connect();
  auto polite = this->connect();
  greedy->peer.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(this->run_until([&] {
    greedy->pump();
    return greedy->bytes > 0;
  }));
  for (int round = 0; round < 20; ++round) {
    polite->peer.write(kRequest);
    polite->text.clear();
    int turns = 0;
    while (!polite->text.ends_with("small file\n")) {
      greedy->pump();
      const uint64_t before = greedy->bytes;
      this->turn();
      greedy->pump();
      // A turn puts so much into the socket; what was there before has been read.
      ASSERT_LE(greedy->bytes - before, io::kBulkQuantum + io::kFileQuantum);
      polite->pump();
      ASSERT_LE(++turns, 100);
    }
  }
}

TYPED_TEST(WorkerLoad, TurnedAwayWhenPatienceIsOver) {
  this->configuration_.patience = 50 * kMillisecond;
  this->start();
  if (this->worker_ == nullptr) return;
  const auto holders = this->fill_all_slots();
  std::vector<std::unique_ptr<Client>> newcomers;
  for (int i = 0; i < 200; ++i) {
    newcomers.push_back(this->connect());
    newcomers.back()->peer.write(kLast);
  }
  const uint64_t began = core::read_system_clock().monotonic;
  ASSERT_TRUE(this->run_until([&] {
    for (auto& client : newcomers) client->pump();
    return std::any_of(newcomers.begin(), newcomers.end(),
                       [](const auto& client) { return client->answered("503"); });
  }));
  EXPECT_GE(core::read_system_clock().monotonic - began, 50 * kMillisecond);
  ASSERT_TRUE(this->run_until_ended(newcomers));
  std::size_t served = 0;
  for (const auto& client : newcomers) {
    if (client->answered("200")) ++served;
    if (client->answered("200")) continue;
    ASSERT_TRUE(client->answered("503")) << client->text;
    EXPECT_NE(client->text.find("\r\nRetry-After: 1\r\n"), std::string::npos);
    EXPECT_NE(client->text.find("\r\nConnection: close\r\n"), std::string::npos);
  }
  // Those that had been accepted when accepting paused.
  EXPECT_LE(served, 33U);
  EXPECT_EQ(this->worker_->counters().turned_away, 200 - served);
  EXPECT_EQ(this->worker_->counters().refused, 0U);
}

// All holders go: everybody is served again, at once.
TYPED_TEST(WorkerLoad, RecoversByItself) {
  this->configuration_.patience = 0;
  this->start();
  if (this->worker_ == nullptr) return;
  auto holders = this->fill_all_slots();
  std::vector<std::unique_ptr<Client>> newcomers;
  for (int i = 0; i < 100; ++i) {
    newcomers.push_back(this->connect());
    newcomers.back()->peer.write(kLast);
  }
  ASSERT_TRUE(this->run_until_ended(newcomers));
  const uint64_t turned_away = this->worker_->counters().turned_away;
  EXPECT_GT(turned_away, 50U);
  newcomers.clear();
  holders.clear();
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
  for (int i = 0; i < 60; ++i) {
    newcomers.push_back(this->connect());
    newcomers.back()->peer.write(kLast);
  }
  ASSERT_TRUE(this->run_until_ended(newcomers));
  for (const auto& client : newcomers) EXPECT_TRUE(client->answered("200")) << client->text;
  EXPECT_EQ(this->worker_->counters().turned_away, turned_away);
}

// Those who are turned away and say nothing, or do not go, have their slots for two seconds, and
// others are turned away after them.
TYPED_TEST(WorkerLoad, SilentNewcomersDoNotKeepTheReserve) {
  this->configuration_.patience = 0;
  this->start();
  if (this->worker_ == nullptr) return;
  const auto holders = this->fill_all_slots();
  std::vector<std::unique_ptr<Client>> silent;
  for (uint32_t i = 0; i < kAcceptSlack; ++i) silent.push_back(this->connect());
  std::vector<std::unique_ptr<Client>> newcomers;
  newcomers.push_back(this->connect());
  newcomers.back()->peer.write(kLast);
  ASSERT_TRUE(this->run_until_ended(newcomers));
  EXPECT_TRUE(newcomers.back()->answered("503")) << newcomers.back()->text;
  EXPECT_EQ(this->worker_->counters().refused, 0U);
}

// Who came when there was no room left, to be served all the same, and is not busy any more goes;
// but that is no room for the next one.
TYPED_TEST(WorkerLoad, OneTooManyMakesNoRoom) {
  this->configuration_.patience = 50 * kMillisecond;
  this->start();
  if (this->worker_ == nullptr) return;
  const auto holders = this->fill_all_slots();
  const auto silent = this->connect();
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 65; }));
  this->run_for(1'500 * kMillisecond);
  std::vector<std::unique_ptr<Client>> newcomers;
  newcomers.push_back(this->connect());
  newcomers.back()->peer.write(kLast);
  ASSERT_TRUE(this->run_until_ended(newcomers));
  EXPECT_TRUE(newcomers.back()->answered("503")) << newcomers.back()->text;
}

// Nor does the shortage end with him.
TYPED_TEST(WorkerLoad, OneTooManyEndsNoShortage) {
  this->configuration_.patience = 50 * kMillisecond;
  this->start();
  if (this->worker_ == nullptr) return;
  const auto holders = this->fill_all_slots();
  std::vector<std::unique_ptr<Client>> clients;
  clients.push_back(this->connect());
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 65; }));
  this->run_for(Shortage::kEnd);
  clients.back()->peer.write(kRequest);
  ASSERT_TRUE(this->run_until_ended(clients));
  clients.push_back(this->connect());
  clients.back()->peer.write(kLast);
  ASSERT_TRUE(this->run_until_ended(clients));
  EXPECT_TRUE(clients.back()->answered("503")) << clients.back()->text;
}

// Connections that are idle make room before anybody waits or is turned away.
TYPED_TEST(WorkerLoad, IdleMakeRoomFirst) {
  this->configuration_.patience = 0;
  this->start();
  if (this->worker_ == nullptr) return;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(this->connect());
    clients.back()->peer.write(kRequest);
    ASSERT_TRUE(this->run_until([&] {
      clients.back()->pump();
      return clients.back()->answered("200");
    })) << i;
  }
  EXPECT_EQ(this->worker_->counters().turned_away, 0U);
  EXPECT_GE(this->worker_->counters().reclaimed, 300U - 64U);
}

// More come than can be served: the queue is kept short then, and may be long again afterwards.
TYPED_TEST(WorkerLoad, AStandingQueueIsKeptShort) {
  this->configuration_.connections = 6'000;
  this->start();
  if (this->worker_ == nullptr) return;
  const auto waiting = [&] { return this->backend_->accept_queue(0).waiting; };
  const auto dropped = [&] { return this->backend_->accept_queue(0).dropped; };
  const auto come = [&](int count) {
    std::vector<contract::Peer> peers;
    for (int i = 0; i < count; ++i) peers.push_back(contract::Peer::begin(this->port_));
  };
  // Before each turn there are more than it takes, so the queue never gets empty.
  const uint64_t give_up = core::read_system_clock().monotonic + 20 * kSecond;
  while (this->worker_->counters().queue_limits == 0) {
    ASSERT_LT(core::read_system_clock().monotonic, give_up);
    while (waiting() < 2 * StandingQueue::kShort) come(32);
    this->turn();
    usleep(5'000);
  }
  // What waited already stays, and nobody comes to it.
  ASSERT_TRUE(this->run_until([&] { return waiting() == 0; }));
  const uint32_t before = dropped();
  come(3 * StandingQueue::kShort);
  EXPECT_LE(waiting(), StandingQueue::kShort + 1);
  EXPECT_GE(dropped() - before, StandingQueue::kShort);

  // Also if nobody comes any more.
  this->run_for(StandingQueue::kEnd + 200 * kMillisecond);
  come(3 * StandingQueue::kShort);
  EXPECT_EQ(waiting(), 3 * StandingQueue::kShort);
  EXPECT_EQ(this->worker_->counters().queue_limits, 1U);
  auto client = this->connect();
  client->peer.write(kRequest);
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->answered("200");
  }));
}

}  // namespace
}  // namespace http::server
