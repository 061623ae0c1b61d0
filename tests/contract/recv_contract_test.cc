// Contract 4: what a peer sends arrives whole, in order and once, then the end, also around pauses.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class RecvContract : public BackendTest<B> {};
TYPED_TEST_SUITE(RecvContract, Backends, BackendNames);

// Around the sizes of buffers (4 and 16 KiB) and well above every one.
constexpr std::size_t kSizes[] = {1,      2,      63,      64,      65,        4095,
                                  4096,   4097,   8192,    16383,   16384,     16385,
                                  32'768, 65'536, 100'000, 262'144, 1'500'000, 4'194'304};

TYPED_TEST(RecvContract, BytesOfManySizesArriveWholeAndInOrder) {
  for (const std::size_t size : kSizes) {
    Connection& connection = this->connect();
    connection.to_backend = pattern(size, 0, size);
    ASSERT_TRUE(this->run_until([&] { return connection.received.size() >= size; })) << size;
    this->expect_received(connection, connection.to_backend);
    EXPECT_FALSE(connection.recv_end.has_value());
  }
}

TYPED_TEST(RecvContract, OneByteAtATime) {
  Connection& connection = this->connect();
  const std::string sent = pattern(1, 0, 300);
  for (const char byte : sent) {
    connection.to_backend.push_back(byte);
    ASSERT_TRUE(this->run_until(
        [&] { return connection.received.size() == connection.to_backend.size(); }));
  }
  this->expect_received(connection, sent);
  EXPECT_EQ(connection.recv_count, sent.size());
}

TYPED_TEST(RecvContract, BytesThatCameBeforeOpenArrive) {
  auto [peer, descriptor] = this->accept_peer();
  ASSERT_EQ(peer.write("early"), 5);
  Connection& connection = this->open(std::move(peer), descriptor);
  ASSERT_TRUE(this->run_until([&] { return connection.received == "early"; }));
}

TYPED_TEST(RecvContract, BytesAndEndThatCameBeforeOpenArrive) {
  auto [peer, descriptor] = this->accept_peer();
  ASSERT_EQ(peer.write("early"), 5);
  peer.finish();
  Connection& connection = this->open(std::move(peer), descriptor);
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.received, "early");
  EXPECT_EQ(connection.recv_end, 0);
}

TYPED_TEST(RecvContract, EndArrivesOnce) {
  Connection& connection = this->connect();
  connection.finish_written = true;
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.recv_end, 0);
  this->run_turns(10);  // the fixture fails on a second one
}

TYPED_TEST(RecvContract, ResetArrivesOnceAsAnError) {
  Connection& connection = this->connect();
  this->run_turns(2);
  connection.peer.reset();
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.recv_end, -ECONNRESET);
  this->run_turns(10);
}

// The trap of edge-triggered readiness: there is one edge for both.
TYPED_TEST(RecvContract, BytesAndEndInOneGo) {
  for (const std::size_t size : kSizes) {
    if (size > 100'000) break;  // must fit the socket at once
    Connection& connection = this->connect();
    this->run_turns(1);
    const std::string sent = pattern(size, 0, size);
    ASSERT_EQ(connection.peer.write(sent), static_cast<ssize_t>(size));
    connection.peer.finish();
    ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); })) << size;
    EXPECT_EQ(connection.recv_end, 0);
    this->expect_received(connection, sent);
    this->close_fully(connection);
  }
}

TYPED_TEST(RecvContract, EndRightAfterTheBytesWereDelivered) {
  Connection& connection = this->connect();
  this->on_completion_ = [](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::recv && completion.result > 0) owner->peer.finish();
  };
  ASSERT_EQ(connection.peer.write("last words"), 10);
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.received, "last words");
  EXPECT_EQ(connection.recv_end, 0);
}

TYPED_TEST(RecvContract, MoreBytesWhileSomeAreBeingHandled) {
  Connection& connection = this->connect();
  int rounds = 0;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::recv && ++rounds < 500) owner->peer.write("again");
  };
  ASSERT_EQ(connection.peer.write("again"), 5);
  ASSERT_TRUE(this->run_until([&] { return connection.received.size() == 2500; }));
}

// Urgent data makes a read end short of what follows it: no reason to stop reading.
TYPED_TEST(RecvContract, BytesBehindUrgentDataArrive) {
  Connection& connection = this->connect();
  ASSERT_EQ(connection.peer.write("before"), 6);
  ASSERT_EQ(connection.peer.write("!", MSG_OOB), 1);
  ASSERT_EQ(connection.peer.write("after"), 5);
  ASSERT_TRUE(this->run_until([&] { return connection.received.size() >= 11; }));
  EXPECT_EQ(connection.received, "beforeafter");
}

// 2: the bytes stay as they are until the following next(), whatever the handler queues.
TYPED_TEST(RecvContract, BytesStayUntilTheFollowingNext) {
  Connection& connection = this->connect();
  const std::vector<Connection*> others = this->connect_many(60);
  this->run_turns(2);
  int checked = 0;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::recv || owner != &connection || checked > 20) return;
    const std::string before(completion.bytes);
    connection.peer.write(pattern(9, 0, 50'000));
    for (Connection* other : others) {
      if (!other->sending) this->send(*other, {{"these make the backend submit early"}});
    }
    EXPECT_EQ(difference(completion.bytes, before), "");
    ++checked;
  };
  connection.to_backend = pattern(8, 0, 20'000);
  ASSERT_TRUE(this->run_until([&] { return checked > 20; }));
}

TYPED_TEST(RecvContract, AnUnusableDescriptorEndsRecvOnceWithAnError) {
  Connection& connection = this->open(Peer(), make_file(1, 10).release());
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_LT(*connection.recv_end, 0);
  this->run_turns(5);
}

TYPED_TEST(RecvContract, AnUnusableDescriptorWhilePausedWaitsForResume) {
  Connection& connection = this->open(Peer(), make_file(1, 10).release());
  this->pause(connection);
  this->run_turns(5);
  this->resume(connection);
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_LT(*connection.recv_end, 0);
}

// --- pauses -----------------------------------------------------------------------------------

TYPED_TEST(RecvContract, PausedFromTheStartDeliversNothing) {
  Connection& connection = this->connect();
  this->pause(connection);
  connection.to_backend = pattern(2, 0, 10'000);
  this->run_turns(10);
  EXPECT_EQ(connection.received.size(), 0U);
  this->resume(connection);
  ASSERT_TRUE(this->run_until([&] { return connection.received.size() >= 10'000; }));
  this->expect_received(connection, connection.to_backend);
}

TYPED_TEST(RecvContract, ResumeWithNothingThereGoesOn) {
  Connection& connection = this->connect();
  for (int round = 0; round < 5; ++round) {
    this->pause(connection);
    this->run_turns(1);
    this->resume(connection);
    this->resume(connection);  // a second time is harmless
    this->run_turns(1);
    connection.to_backend += "x";
    ASSERT_TRUE(this->run_until(
        [&] { return connection.received.size() == connection.to_backend.size(); }));
  }
}

TYPED_TEST(RecvContract, PauseAndResumeInOneTurn) {
  Connection& connection = this->connect();
  connection.to_backend = pattern(3, 0, 300'000);
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::recv) return;
    this->pause(*owner);
    this->resume(*owner);
    this->pause(*owner);
    this->resume(*owner);
  };
  ASSERT_TRUE(this->run_until([&] { return connection.received.size() >= 300'000; }));
  this->expect_received(connection, connection.to_backend);
}

TYPED_TEST(RecvContract, PauseOnEachDelivery) {
  Connection& connection = this->connect();
  connection.to_backend = pattern(4, 0, 1'000'000);
  connection.finish_written = true;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::recv) this->pause(*owner);
  };
  ASSERT_TRUE(this->run_until([&] {
    if (connection.paused) this->resume(connection);
    return connection.recv_end.has_value();
  }));
  EXPECT_EQ(connection.recv_end, 0);
  this->expect_received(connection, connection.to_backend);
}

TYPED_TEST(RecvContract, BigBurstsWithPausesAtRandomMoments) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    std::mt19937 random(seed);
    Connection& connection = this->connect();
    connection.may_be_evicted = false;  // one connection never holds half of the buffers for long
    connection.to_backend = pattern(seed, 0, 6'000'000);
    connection.finish_written = true;
    this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
      if (completion.op == io::Op::recv && random() % 16 == 0 && !owner->paused) {
        this->pause(*owner);
      }
    };
    ASSERT_TRUE(this->run_until([&] {
      if (connection.paused && random() % 3 == 0) this->resume(connection);
      return connection.recv_end.has_value();
    }));
    EXPECT_EQ(connection.recv_end, 0);
    this->expect_received(connection, connection.to_backend);
    this->on_completion_ = nullptr;
    this->close_fully(connection);
  }
}

TYPED_TEST(RecvContract, EndPendingBehindAPause) {
  for (const std::size_t size : {0U, 1U, 5'000U, 60'000U}) {
    Connection& connection = this->connect();
    this->pause(connection);
    connection.to_backend = pattern(5, 0, size);
    connection.finish_written = true;
    this->run_turns(8);
    this->resume(connection);
    ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); })) << size;
    EXPECT_EQ(connection.recv_end, 0);
    this->expect_received(connection, connection.to_backend);
    this->run_turns(2);
  }
}

TYPED_TEST(RecvContract, PauseBetweenTheBytesAndTheEnd) {
  Connection& connection = this->connect();
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::recv && completion.result > 0) this->pause(*owner);
  };
  ASSERT_EQ(connection.peer.write("bytes"), 5);
  connection.peer.finish();
  ASSERT_TRUE(this->run_until([&] { return connection.received == "bytes"; }));
  this->run_turns(5);
  EXPECT_FALSE(connection.recv_end.has_value());
  this->resume(connection);
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.recv_end, 0);
}

TYPED_TEST(RecvContract, ResetBehindAPause) {
  Connection& connection = this->connect();
  this->pause(connection);
  this->run_turns(2);
  connection.peer.reset();
  this->run_turns(5);
  this->resume(connection);
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.recv_end, -ECONNRESET);
}

// A reset that came before the bytes in front of it were read, whatever number of buffers they
// fill.
TYPED_TEST(RecvContract, ResetBehindManyBytesBehindAPause) {
  for (const std::size_t size : {1U, 4'096U, 60'000U, 131'072U, 131'073U, 140'000U, 400'000U}) {
    Connection& connection = this->connect({.receive_buffer = 2'000'000});
    this->pause(connection);
    connection.to_backend = pattern(size, 0, size);
    ASSERT_TRUE(this->run_until([&] { return connection.written == size; })) << size;
    connection.peer.reset();
    this->run_turns(2);
    this->resume(connection);
    ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); })) << size;
    EXPECT_EQ(connection.recv_end, -ECONNRESET);
    this->expect_received(connection, connection.to_backend);
  }
}

TYPED_TEST(RecvContract, PauseAndResumeAfterTheEndAreHarmless) {
  Connection& connection = this->connect();
  connection.finish_written = true;
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  this->pause(connection);
  this->run_turns(3);
  this->resume(connection);
  this->run_turns(3);  // the fixture fails on anything delivered after the end
}

// --- fairness ---------------------------------------------------------------------------------

// 4: a connection whose bytes never end does not keep another's from being delivered.
TYPED_TEST(RecvContract, EndlessBytesDoNotStarveOthers) {
  Connection& endless = this->connect();
  Connection& modest = this->connect();
  const std::string much = pattern(6, 0, 65'536);
  uint64_t seen = 0;
  uint64_t most = 0;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::recv) return;
    if (owner == &endless) {
      endless.received.clear();
      endless.peer.write(much);
      ++seen;
      return;
    }
    most = std::max(most, seen);
    seen = 0;
  };
  endless.peer.write(much);
  for (int round = 1; round <= 20; ++round) {
    ASSERT_EQ(modest.peer.write("?"), 1);
    ASSERT_TRUE(
        this->run_until([&] { return modest.received.size() == static_cast<std::size_t>(round); }));
  }
  EXPECT_LT(most, 3000U);  // about two turns of 1024 completions
  this->on_completion_ = nullptr;
  endless.peer.reset();
}

}  // namespace contract
