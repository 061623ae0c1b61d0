// Contract 2 and 8: waiting, waking, deadlines.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class WaitContract : public BackendTest<B> {};
TYPED_TEST_SUITE(WaitContract, Backends, BackendNames);

TYPED_TEST(WaitContract, AWakeFromThisThreadArrives) {
  const io::Waker waker = this->backend_->waker();
  for (uint64_t round = 1; round <= 10; ++round) {
    waker.wake();
    ASSERT_TRUE(this->run_until([&] { return this->wakes_ >= round; }));
    this->run_turns(2);
    EXPECT_EQ(this->wakes_, round);
  }
}

TYPED_TEST(WaitContract, WakesAreMergedButNeverLost) {
  const io::Waker waker = this->backend_->waker();
  for (int i = 0; i < 1000; ++i) waker.wake();
  ASSERT_TRUE(this->run_until([&] { return this->wakes_ > 0; }));
  this->run_turns(5);
  EXPECT_LE(this->wakes_, 1000U);
}

TYPED_TEST(WaitContract, AWakeEndsAWaitWithoutDeadline) {
  const io::Waker waker = this->backend_->waker();
  this->run_turns(2);
  for (uint64_t round = 1; round <= 3; ++round) {
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      waker.wake();
    });
    while (this->wakes_ < round) this->turn(core::kNever);
    other.join();
  }
}

// Every request that another thread puts down before wake() is seen at the latest with the next
// Op::wake.
TYPED_TEST(WaitContract, ManyThreadsWakeAtOnce) {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kRequests = 2'000;
  std::atomic<uint64_t> requests{0};
  const io::Waker waker = this->backend_->waker();
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&requests, waker] {
      for (uint64_t request = 0; request < kRequests; ++request) {
        requests.fetch_add(1);
        waker.wake();
      }
    });
  }
  uint64_t seen = 0;
  this->on_completion_ = [&](const io::Completion& completion, Connection*) {
    if (completion.op == io::Op::wake) seen = requests.load();
  };
  EXPECT_TRUE(this->run_until([&] { return seen == kThreads * kRequests; }));
  for (std::thread& thread : threads) thread.join();
}

TYPED_TEST(WaitContract, AWakeWhileBytesFlowArrives) {
  Connection& endless = this->connect();
  const std::string much = pattern(1, 0, 65'536);
  uint64_t deliveries = 0;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::recv || ++deliveries > 50'000) return;
    owner->received.clear();
    owner->peer.write(much);
  };
  endless.peer.write(much);
  this->turn(0);
  this->backend_->waker().wake();
  ASSERT_TRUE(this->run_until([&] { return this->wakes_ > 0; }));
  EXPECT_LT(deliveries, 5'000U);
  this->on_completion_ = nullptr;
  endless.peer.reset();
}

TYPED_TEST(WaitContract, BytesEndAWaitWithoutDeadline) {
  Connection& connection = this->connect();
  this->run_turns(2);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    connection.peer.write("now");
  });
  while (connection.received.empty()) this->turn(core::kNever);
  other.join();
  EXPECT_EQ(connection.received, "now");
}

TYPED_TEST(WaitContract, AConnectionEndsAWaitWithoutDeadline) {
  this->run_turns(2);
  Peer peer = Peer::create();
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(peer.connect_to(this->port_) == 0);
  });
  while (this->accepted_.empty()) this->turn(core::kNever);
  other.join();
}

// With nothing to report, wait() comes back at its deadline and not before it.
TYPED_TEST(WaitContract, ADeadlineIsNotEarly) {
  this->connect();
  this->run_turns(5);
  for (const uint64_t microseconds : {0U, 1U, 50U, 300U, 999U, 1'000U, 1'001U, 5'000U, 20'000U}) {
    const uint64_t completions = this->completions_;
    const uint64_t deadline = this->now() + microseconds * 1'000;
    this->turn(deadline);
    EXPECT_GE(this->now() + this->kMillisecond, deadline);
    EXPECT_EQ(this->completions_, completions);
  }
}

TYPED_TEST(WaitContract, APassedDeadlineDoesNotWait) {
  this->run_turns(2);
  const uint64_t start = this->now();
  for (int i = 0; i < 100; ++i) {
    this->turn(0);
    this->turn(start - 1);
    this->turn(start);
  }
  EXPECT_LT(this->now() - start, 5'000 * this->kMillisecond);
}

TYPED_TEST(WaitContract, AQueuedCallDoesNotDelayTheDeadline) {
  Connection& connection = this->connect();
  this->run_turns(2);
  this->pause(connection);
  this->resume(connection);
  auto [peer, descriptor] = this->accept_peer();
  this->open(std::move(peer), descriptor);
  const uint64_t start = this->now();
  this->turn(start + 20 * this->kMillisecond);
  EXPECT_LT(this->now() - start, 5'000 * this->kMillisecond);
}

// A signal handler runs and the wait goes on or comes back; it is no error.
TYPED_TEST(WaitContract, ASignalIsHarmless) {
  Connection& connection = this->connect();
  struct sigaction action = {};
  struct sigaction previous;
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &previous), 0);
  const pthread_t self = pthread_self();
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop) {
      pthread_kill(self, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  });
  const std::string_view answer = this->keep(pattern(2, 0, 1'000'000));
  connection.to_backend = pattern(3, 0, 1'000'000);
  this->send_all(connection, {{answer}});
  EXPECT_TRUE(this->run_until([&] {
    return connection.received.size() >= 1'000'000 && connection.peer_received.size() >= 1'000'000;
  }));
  for (int i = 0; i < 10; ++i) this->turn(this->now() + 2 * this->kMillisecond);
  stop = true;
  other.join();
  sigaction(SIGUSR1, &previous, nullptr);
  this->expect_received(connection, connection.to_backend);
  this->expect_peer_received(connection, answer);
}

TYPED_TEST(WaitContract, CountersCount) {
  Connection& connection = this->connect();
  const io::BackendCounters before = this->backend_->counters();
  const uint64_t completions = this->completions_;
  const uint64_t turns = this->turns_;
  for (int round = 0; round < 10; ++round) {
    this->send(connection, {{"count me"}});
    this->backend_->waker().wake();
    ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  }
  EXPECT_EQ(this->backend_->counters().turns - before.turns, this->turns_ - turns);
  EXPECT_EQ(this->backend_->counters().completions - before.completions,
            this->completions_ - completions);
}

TYPED_TEST(WaitContract, TheClockGoesOn) {
  const core::ClockReading first = this->backend_->read_clock();
  const uint64_t now = this->now();
  const core::ClockReading second = this->backend_->read_clock();
  EXPECT_LE(first.monotonic, now);
  EXPECT_LE(now, second.monotonic);
  EXPECT_NEAR(static_cast<double>(second.wall_seconds), static_cast<double>(time(nullptr)), 2);
}

}  // namespace contract
