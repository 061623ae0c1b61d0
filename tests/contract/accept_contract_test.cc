// Contract 7: accepting, pausing it, running out of descriptors.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class AcceptContract : public BackendTest<B> {
 public:
  // Room for every connection that may wait in a listener's queue: see AcceptsWithFewSockets.
  void SetUp() override { this->start(io::Capacity{8'192, 4}); }

  // A listener of the test's own, paused.
  uint32_t add_listener(uint16_t& port) {
    LoopbackListener listener;
    port = listener.port;
    return this->backend_->add_listener(listener.descriptor.release());
  }

  std::size_t accepted_by(uint32_t listener) const {
    return static_cast<std::size_t>(
        std::count_if(this->accepted_.begin(), this->accepted_.end(),
                      [&](const auto& accepted) { return accepted.listener == listener; }));
  }
};
TYPED_TEST_SUITE(AcceptContract, Backends, BackendNames);

TYPED_TEST(AcceptContract, ManyConnectionsAtOnce) {
  std::vector<Peer> peers;
  for (int i = 0; i < 500; ++i) peers.push_back(Peer::connect(this->port_));
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= 500; }));
  this->run_turns(3);
  ASSERT_EQ(this->accepted_.size(), 500U);
  // Each one is another connection, and of this listener.
  std::vector<uint16_t> expected;
  std::vector<uint16_t> actual;
  for (const Peer& peer : peers) expected.push_back(peer.port());
  for (const auto& accepted : this->accepted_) {
    EXPECT_EQ(accepted.listener, this->listener_);
    const sockaddr_storage peer = this->backend_->peer(accepted.result);
    ASSERT_EQ(peer.ss_family, AF_INET);
    actual.push_back(ntohs(reinterpret_cast<const sockaddr_in&>(peer).sin_port));
  }
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  EXPECT_EQ(actual, expected);
}

// A backend with few sockets may accept in another way: one by one.
TYPED_TEST(AcceptContract, AcceptsWithFewSockets) {
  this->restart(io::Capacity{8, 2});
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i) peers.push_back(Peer::connect(this->port_));
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= 100; }));
  for (int round = 0; round < 10; ++round) {
    this->backend_->pause_accept(this->listener_);
    this->run_turns(2);
    peers.push_back(Peer::connect(this->port_));
    this->run_turns(3);
    EXPECT_EQ(this->accepted_.size(), 100U + static_cast<std::size_t>(round));
    this->backend_->resume_accept(this->listener_);
    if (round % 3 == 0) this->backend_->pause_accept(this->listener_);
    if (round % 3 == 0) this->backend_->resume_accept(this->listener_);
    ASSERT_TRUE(this->run_until(
        [&] { return this->accepted_.size() == 101U + static_cast<std::size_t>(round); }));
  }
  this->backend_->close_listener(this->listener_);
  ASSERT_TRUE(
      this->run_until([&] { return Peer::create().connect_to(this->port_) == ECONNREFUSED; }));
}

// The number of free sockets goes below what a listener's queue holds, and above it again.
TYPED_TEST(AcceptContract, AcceptsWhileTheNumberOfFreeSocketsChanges) {
  this->restart(io::Capacity{4'096 + 4, 2});
  if (this->IsSkipped()) return;
  for (int round = 0; round < 3; ++round) {
    const std::vector<Connection*> many = this->connect_many(10);
    for (Connection* connection : many) this->close_fully(*connection);
    this->forget_closed();
  }
  this->connect_many(4);
}

// Those for whom there is no place in the queue are left out of it, and nobody else is.
TYPED_TEST(AcceptContract, TellsOfItsQueueAndLimitsIt) {
  if (this->backend_ == nullptr) return;
  this->backend_->pause_accept(this->listener_);
  this->run_turns(3);
  EXPECT_EQ(this->backend_->accept_queue(this->listener_).waiting, 0U);
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) peers.push_back(Peer::connect(this->port_));
  EXPECT_EQ(this->backend_->accept_queue(this->listener_).waiting, 10U);
  EXPECT_EQ(this->backend_->accept_queue(this->listener_).dropped, 0U);

  this->backend_->limit_accept_queue(this->listener_, 4);
  std::vector<Peer> late;
  for (int i = 0; i < 10; ++i) late.push_back(Peer::begin(this->port_));
  EXPECT_EQ(this->backend_->accept_queue(this->listener_).waiting, 10U);
  EXPECT_GE(this->backend_->accept_queue(this->listener_).dropped, 10U);
  late.clear();

  this->backend_->limit_accept_queue(this->listener_, 1'000);
  for (int i = 0; i < 10; ++i) peers.push_back(Peer::connect(this->port_));
  EXPECT_EQ(this->backend_->accept_queue(this->listener_).waiting, 20U);
  this->backend_->resume_accept(this->listener_);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= 20; }));
  EXPECT_EQ(this->backend_->accept_queue(this->listener_).waiting, 0U);
}

// Of a crowd some are accepted in a turn, and the others wait; after it, and in the middle of it,
// everything is as always.
TYPED_TEST(AcceptContract, CrowdsAreAcceptedSomeAtATime) {
  this->restart(io::Capacity{4'096 + 2'000, 2});
  if (this->backend_ == nullptr) return;
  std::vector<Peer> peers;
  const auto come = [&](int count) {
    for (int i = 0; i < count; ++i) peers.push_back(Peer::connect(this->port_));
  };
  for (int crowd = 0; crowd < 3; ++crowd) {
    uint32_t most_waiting = 0;
    for (int turn = 0; turn < 8; ++turn) {
      come(100);
      this->run_turns(1);
      const uint32_t waiting = this->backend_->accept_queue(this->listener_).waiting;
      most_waiting = std::max(most_waiting, waiting);
    }
    EXPECT_GT(most_waiting, 0U);
    if (crowd == 1) {
      this->backend_->pause_accept(this->listener_);
      this->run_turns(3);
      this->backend_->resume_accept(this->listener_);
    }
    ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= 800; }));
    this->run_turns(3);
    EXPECT_EQ(this->accepted_.size(), 800U);
    // One by one, until no accept is left that began in the crowd.
    for (std::size_t i = 1; i <= 100; ++i) {
      come(1);
      ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= 800 + i; }));
    }
    EXPECT_EQ(this->accepted_.size(), 900U);
    for (const auto& accepted : this->accepted_) ::close(accepted.result);
    this->accepted_.clear();
    peers.clear();
  }
}

TYPED_TEST(AcceptContract, NoDescriptorsWithFewSockets) {
  this->restart(io::Capacity{8, 2});
  this->run_turns(3);
  Peer waiting = Peer::create();
  {
    DescriptorLimit limit;
    ASSERT_EQ(waiting.connect_to(this->port_), 0);
    ASSERT_TRUE(this->run_until([&] { return this->refused_.size() == 1; }));
    this->run_turns(5);
    EXPECT_EQ(this->refused_.size(), 1U);
    // io_uring took note of the limit when the accept was armed: that one may still succeed.
    EXPECT_LE(this->accepted_.size(), this->kIsUring ? 1U : 0U);
  }
  this->backend_->resume_accept(this->listener_);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() == 1; }));
}

TYPED_TEST(AcceptContract, AddedListenersArePaused) {
  uint16_t port = 0;
  const uint32_t listener = this->add_listener(port);
  const Peer peer = Peer::connect(port);
  this->run_turns(10);
  EXPECT_EQ(this->accepted_.size(), 0U);
  this->backend_->resume_accept(listener);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_by(listener) == 1; }));
}

TYPED_TEST(AcceptContract, ConnectionsDuringAPauseAreAcceptedAfterIt) {
  for (int round = 0; round < 5; ++round) {
    this->accepted_.clear();
    this->backend_->pause_accept(this->listener_);
    this->run_turns(3);
    std::vector<Peer> peers;
    for (int i = 0; i < 20; ++i) peers.push_back(Peer::connect(this->port_));
    this->run_turns(5);
    EXPECT_EQ(this->accepted_.size(), 0U);
    this->backend_->resume_accept(this->listener_);
    ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= 20; }));
    for (const auto& accepted : this->accepted_) ::close(accepted.result);
  }
  this->accepted_.clear();
}

TYPED_TEST(AcceptContract, PauseAndResumeInOneTurn) {
  for (int round = 0; round < 20; ++round) {
    this->backend_->pause_accept(this->listener_);
    this->backend_->resume_accept(this->listener_);
    if (round % 2 == 0) this->backend_->resume_accept(this->listener_);
    if (round % 5 == 0) this->backend_->pause_accept(this->listener_);
    if (round % 5 == 0) this->backend_->resume_accept(this->listener_);
    if (round % 3 == 0) this->run_turns(1);
    this->connect();
  }
}

TYPED_TEST(AcceptContract, PauseInTheHandlerOfAccept) {
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) peers.push_back(Peer::connect(this->port_));
  this->on_completion_ = [&](const io::Completion& completion, Connection*) {
    if (completion.op == io::Op::accept) this->backend_->pause_accept(this->listener_);
  };
  // A few that were already accepted may still arrive after a pause; none is ever lost.
  ASSERT_TRUE(this->run_until([&] {
    this->backend_->resume_accept(this->listener_);
    return this->accepted_.size() >= 10;
  }));
  this->run_turns(3);
  EXPECT_EQ(this->accepted_.size(), 10U);
}

TYPED_TEST(AcceptContract, TwoListeners) {
  uint16_t port = 0;
  const uint32_t second = this->add_listener(port);
  ASSERT_NE(second, this->listener_);
  this->backend_->resume_accept(second);
  std::vector<Peer> peers;
  for (int i = 0; i < 50; ++i) {
    peers.push_back(Peer::connect(this->port_));
    peers.push_back(Peer::connect(port));
  }
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= 100; }));
  EXPECT_EQ(this->accepted_by(this->listener_), 50U);
  EXPECT_EQ(this->accepted_by(second), 50U);
  this->backend_->pause_accept(second);
  this->run_turns(2);
  peers.push_back(Peer::connect(port));
  peers.push_back(Peer::connect(this->port_));
  ASSERT_TRUE(this->run_until([&] { return this->accepted_by(this->listener_) == 51; }));
  this->run_turns(3);
  EXPECT_EQ(this->accepted_by(second), 50U);
}

TYPED_TEST(AcceptContract, ADiscardedConnectionEnds) {
  Peer peer = Peer::connect(this->port_);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() == 1; }));
  this->backend_->discard(this->accepted_.front().result);
  this->accepted_.clear();
  char byte;
  ASSERT_TRUE(this->run_until([&] { return peer.read(&byte, 1) == 0; }));
}

// A flood at one listener does not keep the other's connections waiting.
TYPED_TEST(AcceptContract, AFloodAtOneListenerDoesNotStarveTheOther) {
  uint16_t port = 0;
  const uint32_t second = this->add_listener(port);
  this->backend_->resume_accept(second);
  std::vector<Peer> peers;
  for (int i = 0; i < 400; ++i) peers.push_back(Peer::connect(this->port_));
  const Peer modest = Peer::connect(port);
  this->run_turns(2);
  EXPECT_EQ(this->accepted_by(second), 1U);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() == 401; }));
}

// Connections come while bytes flow without end.
TYPED_TEST(AcceptContract, EndlessBytesDoNotStarveAccepts) {
  Connection& endless = this->connect();
  const std::string much = pattern(1, 0, 65'536);
  uint64_t deliveries = 0;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::recv || owner != &endless || ++deliveries > 50'000) return;
    endless.received.clear();
    endless.peer.write(much);
  };
  endless.peer.write(much);
  const Peer peer = Peer::connect(this->port_);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() == 1; }));
  EXPECT_LT(deliveries, 5'000U);
  this->on_completion_ = nullptr;
  endless.peer.reset();
}

TYPED_TEST(AcceptContract, AClosedListenerRefuses) {
  const int descriptors = count_descriptors();
  uint16_t port = 0;
  const uint32_t listener = this->add_listener(port);
  this->backend_->resume_accept(listener);
  const Peer accepted = Peer::connect(port);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_by(listener) == 1; }));
  this->backend_->close_listener(listener);
  ASSERT_TRUE(this->run_until([&] { return Peer::create().connect_to(port) == ECONNREFUSED; }));
  // The socket itself is gone; left are the two ends of the connection.
  ASSERT_TRUE(this->run_until([&] { return count_descriptors() == descriptors + 2; }));
  // It stays closed, and the other one works.
  this->backend_->resume_accept(listener);
  this->backend_->pause_accept(listener);
  this->backend_->close_listener(listener);
  this->run_turns(3);
  EXPECT_EQ(Peer::create().connect_to(port), ECONNREFUSED);
  this->connect();
}

TYPED_TEST(AcceptContract, APausedListenerCanBeClosed) {
  uint16_t port = 0;
  const uint32_t listener = this->add_listener(port);
  this->backend_->close_listener(listener);
  ASSERT_TRUE(this->run_until([&] { return Peer::create().connect_to(port) == ECONNREFUSED; }));
}

TYPED_TEST(AcceptContract, ClosedInTheTurnItWasResumed) {
  const int descriptors = count_descriptors();
  uint16_t port = 0;
  const uint32_t listener = this->add_listener(port);
  this->backend_->resume_accept(listener);
  this->backend_->close_listener(listener);
  this->backend_->resume_accept(listener);
  ASSERT_TRUE(this->run_until([&] { return Peer::create().connect_to(port) == ECONNREFUSED; }));
  ASSERT_TRUE(this->run_until([&] { return count_descriptors() == descriptors; }));
}

// One negative completion, then silence, although connections wait: exhaustion must not spin.
TYPED_TEST(AcceptContract, NoDescriptorsPausesAccepting) {
  uint16_t port = 0;
  const uint32_t listener = this->add_listener(port);
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) peers.push_back(Peer::connect(port));
  this->run_turns(3);  // the fixture's listener waits in the kernel
  {
    DescriptorLimit limit;
    for (std::size_t round = 1; round <= 3; ++round) {
      this->backend_->resume_accept(listener);
      ASSERT_TRUE(this->run_until([&] { return this->refused_.size() >= round; }));
      EXPECT_EQ(this->refused_.back().listener, listener);
      EXPECT_EQ(this->refused_.back().result, -EMFILE);
      const uint64_t completions = this->completions_;
      const uint64_t turns = this->turns_;
      const uint64_t until = this->now() + 30 * this->kMillisecond;
      while (this->now() < until) this->turn(until);
      EXPECT_EQ(this->completions_, completions);
      EXPECT_LT(this->turns_ - turns, 20U);  // the loop sleeps
      EXPECT_EQ(this->refused_.size(), round);
      EXPECT_EQ(this->accepted_.size(), 0U);
    }
  }
  this->backend_->resume_accept(listener);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_by(listener) == 10; }));
}

// Descriptors run out in the middle of many accepts.
TYPED_TEST(AcceptContract, SomeDescriptorsThenNone) {
  uint16_t port = 0;
  const uint32_t listener = this->add_listener(port);
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) peers.push_back(Peer::connect(port));
  this->run_turns(3);  // the fixture's listener waits in the kernel
  {
    // Four free numbers below the limit.
    std::vector<Descriptor> reserve;
    for (int i = 0; i < 4; ++i) reserve.push_back(make_file(1, 1));
    DescriptorLimit limit;
    reserve.clear();
    this->backend_->resume_accept(listener);
    ASSERT_TRUE(this->run_until([&] { return this->refused_.size() >= 1; }));
    EXPECT_EQ(this->accepted_by(listener), 4U);
    this->run_turns(5);
    EXPECT_EQ(this->refused_.size(), 1U);
    EXPECT_EQ(this->accepted_by(listener), 4U);
  }
  this->backend_->resume_accept(listener);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_by(listener) == 10; }));
}

}  // namespace contract
