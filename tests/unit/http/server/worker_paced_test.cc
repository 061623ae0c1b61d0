// A worker whose answers take time, on both backends: what a connection that waits holds, and that
// its state agrees with that in every turn.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/http/server/worker_fixture.h"

namespace http::server {
namespace {

template <class B>
class WorkerPaced : public WorkerTest<B> {
 protected:
  void SetUp() override {
    WorkerTest<B>::SetUp();
    this->configuration_.target_prefix = "/";
  }

  static std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  // Runs with a look at all invariants after each turn.
  void run_checked(uint64_t nanoseconds) {
    const uint64_t end = core::read_system_clock().monotonic + nanoseconds;
    while (core::read_system_clock().monotonic < end) {
      this->turn();
      this->worker_->check_invariants();
    }
  }
};
TYPED_TEST_SUITE(WorkerPaced, Backends, BackendNames);

// More of them than there are chunks: a request that waits holds none, and they do not go on all at
// once.
TYPED_TEST(WorkerPaced, WaitsHoldSlotsAndNothingElse) {
  this->configuration_.connections = 200;
  this->configuration_.chunks = 100;
  this->start();
  if (this->worker_ == nullptr) return;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(this->connect());
    clients.back()->peer.write(i % 2 == 0 ? this->get("/delay/500ms")
                                          : this->get("/status/404?delay=500ms"));
  }
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 200; }))
      << this->worker_->counters().shed << " shed";
  this->run_checked(50 * kMillisecond);
  ASSERT_TRUE(this->run_until([&] {
    std::size_t answered = 0;
    for (auto& client : clients) {
      client->pump();
      const bool is_whole = client->text.ends_with("}\n") || client->text.ends_with("\r\n\r\n");
      answered += is_whole ? 1 : 0;
    }
    return answered == clients.size();
  }));
  EXPECT_EQ(this->requests(), 200U);
  EXPECT_EQ(this->worker_->counters().shed, 0U);
  EXPECT_EQ(this->worker_->counters().idle_timeouts, 0U);
}

// The time is an exact one: a tick of the timer wheel is 34 ms.
TYPED_TEST(WorkerPaced, DelaysAreNoTicks) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  uint64_t sum = 0;
  constexpr uint64_t kDelay = 5 * kMillisecond;
  constexpr uint64_t kRounds = 20;
  for (uint64_t i = 0; i < kRounds; ++i) {
    client->text.clear();
    const uint64_t start = core::read_system_clock().monotonic;
    client->peer.write(this->get("/delay/5ms"));
    ASSERT_TRUE(this->run_until([&] {
      client->pump();
      return client->text.ends_with("}\n");
    }));
    const uint64_t passed = core::read_system_clock().monotonic - start;
    EXPECT_GE(passed, kDelay);
    sum += passed;
  }
  EXPECT_LT(sum / kRounds, 30 * kMillisecond);
}

// An answer that waits for longer than any timeout is not taken for an idle connection.
TYPED_TEST(WorkerPaced, NoTimeoutEndsAWait) {
  this->configuration_.timeouts.keep_alive = 40 * kMillisecond;
  this->configuration_.timeouts.header = 40 * kMillisecond;
  this->configuration_.timeouts.write = 40 * kMillisecond;
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  client->peer.write(this->get("/delay/400ms") + "GET /sm");
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->ended || client->text.find("}\n") != std::string::npos;
  }));
  EXPECT_TRUE(client->answered("200"));
  // The head behind it has its own time from then on.
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->ended;
  }));
  EXPECT_NE(client->text.find("HTTP/1.1 408"), std::string::npos);
}

// Clients that come, ask for anything, read or do not, and go in every way.
TYPED_TEST(WorkerPaced, RandomClients) {
  this->configuration_.connections = 16;
  this->start();
  if (this->worker_ == nullptr) return;
  const std::string paths[] = {"/json?delay=3ms",
                               "/delay/500ms",
                               "/delay/0",
                               "/small",
                               "/bytes/100000",
                               "/plaintext",
                               "/bytes/1TiB",
                               "/missing",
                               "/json?fault=reset@50%,stall:20",
                               "/bytes/100000?fault=fin-in-body:50000",
                               "/stream/3?gap=1ms&fault=slow-head:100us",
                               "/ip?delay=1ms&fault=fin-in-head@30%,slow-head:100us"};
  std::mt19937 random{1};
  std::vector<std::unique_ptr<Client>> clients;
  constexpr uint64_t kEnough = 100;  // requests, however long that takes
  const uint64_t begin = core::read_system_clock().monotonic;
  uint64_t passed = 0;
  while (passed < 2 * kSecond || (this->requests() <= kEnough && passed < 60 * kSecond)) {
    passed = core::read_system_clock().monotonic - begin;
    switch (random() % 6) {
      case 0:
        if (clients.size() < 20) clients.push_back(this->connect(4096));
        break;
      case 1:
      case 2:
        if (!clients.empty()) {
          Client& client = *clients[random() % clients.size()];
          std::string requests;
          for (auto i = random() % 4; i > 0; --i)
            requests += this->get(paths[random() % std::size(paths)]);
          if (client.peer.is_open()) client.peer.write(requests);
        }
        break;
      case 3:
        for (auto& client : clients) {
          if (random() % 2 == 0) client->pump();
        }
        break;
      case 4:
        if (!clients.empty() && random() % 3 == 0) {
          const std::size_t index = random() % clients.size();
          if (random() % 2 == 0) clients[index]->peer.reset();
          clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(index));
        }
        break;
      case 5:
        if (!clients.empty() && random() % 20 == 0) {
          Client& client = *clients[random() % clients.size()];
          if (client.peer.is_open()) client.peer.finish();
        }
        break;
    }
    this->turn();
    this->worker_->check_invariants();
  }
  EXPECT_GT(this->requests(), kEnough);
  for (auto& client : clients) {
    if (client->peer.is_open()) client->peer.reset();
  }
  EXPECT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
}

}  // namespace
}  // namespace http::server
