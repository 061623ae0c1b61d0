// Contract 4 under pressure: more bytes at once than a backend has memory for, and more sockets
// than its queues have room for.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class ExhaustionContract : public BackendTest<B> {
 public:
  void SetUp() override { this->start(io::Capacity{8'192, 4}); }

  template <class Condition>
  static bool all(const std::vector<Connection*>& many, Condition condition) {
    return std::all_of(many.begin(), many.end(), [&](Connection* one) { return condition(*one); });
  }
};
TYPED_TEST_SUITE(ExhaustionContract, Backends, BackendNames);

// io_uring has up to 256 buffers of 4 KiB. Each of these connections has bytes for 15 at once, and
// the kernel handles 20 connections or more in one turn.
TYPED_TEST(ExhaustionContract, MoreReadableConnectionsThanBuffers) {
  const std::vector<Connection*> many = this->connect_many(400);
  this->run_turns(3);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < many.size(); ++i) {
      many[i]->to_backend += pattern(i, many[i]->to_backend.size(), 60'000);
      this->pump(*many[i]);
    }
    ASSERT_TRUE(this->run_until([&] {
      return this->all(
          many, [](const Connection& one) { return one.received.size() == one.to_backend.size(); });
    }));
  }
  for (const Connection* connection : many) {
    this->expect_received(*connection, connection->to_backend);
  }
  if (this->kIsUring) {
    EXPECT_GT(this->backend_->counters().no_buffers, 0U);
  }
}

TYPED_TEST(ExhaustionContract, ManyBurstsAtOnceWithTheirEnds) {
  const std::vector<Connection*> many = this->connect_many(100);
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i]->to_backend = pattern(i, 0, 100'000);
    many[i]->finish_written = true;
  }
  ASSERT_TRUE(this->run_until([&] {
    return this->all(many, [](const Connection& one) { return one.recv_end.has_value(); });
  }));
  for (const Connection* connection : many) {
    EXPECT_EQ(connection->recv_end, 0);
    this->expect_received(*connection, connection->to_backend);
  }
}

// Paused connections whose bytes the backend keeps can not starve the others.
TYPED_TEST(ExhaustionContract, PausedConnectionsDoNotStarveOthers) {
  const std::vector<Connection*> greedy = this->connect_many(300);
  for (std::size_t i = 0; i < greedy.size(); ++i) {
    this->pause(*greedy[i]);
    greedy[i]->may_be_evicted = true;
    greedy[i]->to_backend = pattern(i, 0, 60'000);
  }
  this->run_turns(10);
  const std::vector<Connection*> active = this->connect_many(50);
  for (std::size_t i = 0; i < active.size(); ++i) {
    active[i]->to_backend = pattern(1000 + i, 0, 200'000);
  }
  ASSERT_TRUE(this->run_until([&] {
    return this->all(active, [](const Connection& one) { return one.received.size() >= 200'000; });
  }));
  for (const Connection* connection : active) {
    EXPECT_FALSE(connection->recv_end.has_value());
    this->expect_received(*connection, connection->to_backend);
  }
  // Those that were not evicted have lost nothing.
  for (Connection* connection : greedy) {
    connection->may_be_evicted = false;
    if (!connection->recv_end) this->resume(*connection);
  }
  ASSERT_TRUE(this->run_until([&] {
    return this->all(greedy, [](const Connection& one) {
      return one.recv_end.has_value() || one.received.size() >= one.to_backend.size();
    });
  }));
  std::size_t evicted = 0;
  for (const Connection* connection : greedy) {
    if (connection->recv_end) {
      EXPECT_EQ(connection->recv_end, -ENOBUFS);
      EXPECT_EQ(connection->received, "");
      ++evicted;
    } else {
      this->expect_received(*connection, connection->to_backend);
    }
  }
  if (this->kIsUring) {
    EXPECT_GT(evicted, 0U);
  }
  if (!this->kIsUring) {
    EXPECT_EQ(evicted, 0U);
  }
}

// The one that holds most has to go, not those that hold little.
TYPED_TEST(ExhaustionContract, TheGreediestIsEvicted) {
  // io_uring begins with few buffers: a burst brings all of them into use.
  // One more than come after them, so that a slot stays free.
  const std::vector<Connection*> gone = this->connect_many(131);
  for (Connection* connection : gone) connection->to_backend = pattern(0, 0, 60'000);
  ASSERT_TRUE(this->run_until([&] {
    return this->all(gone, [](const Connection& one) { return one.received.size() == 60'000; });
  }));
  // The first receive of a connection takes one buffer, so a greedy one has sent something before.
  Connection& greediest = this->connect();
  ASSERT_EQ(greediest.peer.write("greedy"), 6);
  for (Connection* connection : gone) this->close_fully(*connection);
  ASSERT_TRUE(this->run_until([&] { return greediest.received == "greedy"; }));
  this->run_turns(3);
  this->pause(greediest);
  greediest.may_be_evicted = true;
  const std::string much = pattern(1, 0, 120'000);
  ASSERT_EQ(greediest.peer.write(much), 120'000);
  this->run_turns(3);
  const std::vector<Connection*> modest = this->connect_many(120);
  for (Connection* connection : modest) {
    this->pause(*connection);
    connection->may_be_evicted = true;
    ASSERT_EQ(connection->peer.write("m"), 1);
  }
  this->run_turns(3);
  const std::vector<Connection*> active = this->connect_many(10);
  this->run_turns(3);
  for (Connection* connection : active) connection->to_backend = pattern(2, 0, 400'000);
  ASSERT_TRUE(this->run_until([&] {
    return this->all(active, [](const Connection& one) { return one.received.size() >= 400'000; });
  }));
  this->run_turns(3);
  if (this->kIsUring) {
    EXPECT_EQ(greediest.recv_end, -ENOBUFS);
  }
  for (Connection* connection : modest) {
    EXPECT_FALSE(connection->recv_end.has_value());
    this->resume(*connection);
  }
  ASSERT_TRUE(this->run_until([&] {
    return this->all(modest, [](const Connection& one) { return one.received == "m"; });
  }));
}

// 4: only paused connections are evicted. These were resumed: they hold bytes only because their
// turn to have them delivered has not come yet.
TYPED_TEST(ExhaustionContract, AResumedConnectionIsNotEvicted) {
  const std::vector<Connection*> resumed = this->connect_many(150);
  for (std::size_t i = 0; i < resumed.size(); ++i) {
    this->pause(*resumed[i]);
    resumed[i]->to_backend = pattern(i, 0, 1'000);
  }
  this->run_turns(3);
  const std::vector<Connection*> active = this->connect_many(12);
  this->run_turns(3);
  for (std::size_t i = 0; i < active.size(); ++i) {
    active[i]->to_backend = pattern(1000 + i, 0, 500'000);
    this->pump(*active[i]);
  }
  for (Connection* connection : resumed) this->resume(*connection);
  const auto complete = [](const Connection& one) {
    return one.recv_end.has_value() || one.received.size() >= one.to_backend.size();
  };
  ASSERT_TRUE(
      this->run_until([&] { return this->all(resumed, complete) && this->all(active, complete); }));
  for (const Connection* connection : resumed) {
    EXPECT_FALSE(connection->recv_end.has_value());
    this->expect_received(*connection, connection->to_backend);
  }
  for (const Connection* connection : active) {
    EXPECT_FALSE(connection->recv_end.has_value());
    this->expect_received(*connection, connection->to_backend);
  }
}

// An evicted connection stays usable for sending and can be closed.
TYPED_TEST(ExhaustionContract, AnEvictedConnectionCanStillSendAndClose) {
  const std::vector<Connection*> greedy = this->connect_many(300);
  for (Connection* connection : greedy) {
    this->pause(*connection);
    connection->may_be_evicted = true;
    connection->to_backend = pattern(1, 0, 60'000);
  }
  ASSERT_TRUE(this->run_until([&] {
    return !this->kIsUring ||
           std::any_of(greedy.begin(), greedy.end(), [](auto* one) { return !!one->recv_end; });
  }));
  for (Connection* connection : greedy) {
    if (!connection->recv_end) continue;
    this->resume(*connection);
    this->send_all(*connection, {{"sorry"}});
  }
  ASSERT_TRUE(this->run_until(
      [&] { return this->all(greedy, [](const Connection& one) { return one.sent_all(); }); }));
  for (Connection* connection : greedy) {
    if (connection->recv_end) this->close_fully(*connection);
  }
  Connection& after = this->connect();
  after.to_backend = pattern(2, 0, 1'000'000);
  ASSERT_TRUE(this->run_until([&] { return after.received.size() >= 1'000'000; }));
  this->expect_received(after, after.to_backend);
}

// More operations in one turn than the submission queue (1024) and the completion queue (4096) of
// io_uring hold.
TYPED_TEST(ExhaustionContract, ThousandsOfConnectionsInOneTurn) {
  const std::vector<Connection*> many = this->connect_many(5'000);
  for (Connection* connection : many) {
    connection->peer_reads = false;  // saves thousands of system calls in each turn
    ASSERT_EQ(connection->peer.write("x"), 1);
  }
  ASSERT_TRUE(this->run_until(
      [&] { return this->all(many, [](const Connection& one) { return one.received == "x"; }); }));
  for (Connection* connection : many) this->send(*connection, {{"answer"}});
  ASSERT_TRUE(this->run_until(
      [&] { return this->all(many, [](const Connection& one) { return one.sent_all(); }); }));
  for (Connection* connection : many) {
    connection->peer_reads = true;
    this->pump(*connection);
    EXPECT_EQ(connection->peer_received, "answer");
    connection->peer_reads = false;
  }
  for (Connection* connection : many) this->send(*connection, {{"last"}});
  for (Connection* connection : many) this->close(*connection);
  ASSERT_TRUE(this->run_until(
      [&] { return this->all(many, [](const Connection& one) { return one.closed; }); }));
}

}  // namespace contract
