// Contract 6 and 3: closing ends everything once, and an index is clean for its next occupant.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/contract/backend_fixture.h"

namespace contract {

// The fixture checks that exactly one Op::close comes, nothing after it, and no descriptor is left.
template <class B>
class CloseContract : public BackendTest<B> {};
TYPED_TEST_SUITE(CloseContract, Backends, BackendNames);

TYPED_TEST(CloseContract, WithRecvArmed) {
  Connection& connection = this->connect();
  this->run_turns(3);
  this->close_fully(connection);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_end.has_value(); }));
  EXPECT_EQ(connection.peer_end, 0);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, RightAfterOpen) {
  Connection& connection = this->connect();
  this->close(connection);
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, AfterTheEnd) {
  Connection& connection = this->connect();
  connection.finish_written = true;
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, AfterAReset) {
  Connection& connection = this->connect();
  connection.peer.reset();
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, InTheHandlerOfRecv) {
  Connection& connection = this->connect();
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::recv) this->close(*owner);
  };
  connection.to_backend = pattern(1, 0, 100'000);
  ASSERT_TRUE(this->run_until([&] { return connection.closed; }));
  this->run_turns(5);
}

TYPED_TEST(CloseContract, InTheHandlerOfTheEnd) {
  Connection& connection = this->connect();
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::recv && completion.result == 0) this->close(*owner);
  };
  connection.to_backend = "bye";
  connection.finish_written = true;
  ASSERT_TRUE(this->run_until([&] { return connection.closed; }));
  EXPECT_EQ(connection.received, "bye");
}

TYPED_TEST(CloseContract, InTheHandlerOfSend) {
  Connection& connection = this->connect();
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::send) this->close(*owner);
  };
  this->send(connection, {{"Connection: close"}});
  ASSERT_TRUE(this->run_until([&] { return connection.closed && connection.peer_end; }));
  EXPECT_EQ(connection.peer_received, "Connection: close");
  EXPECT_EQ(connection.peer_end, 0);
}

TYPED_TEST(CloseContract, InTheSameTurnAsAQueuedSend) {
  Connection& connection = this->connect();
  this->run_turns(2);
  this->send(connection, {{"perhaps"}});
  this->close(connection);
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, InTheSameTurnAsAQueuedFileSend) {
  const int file = this->keep(make_file(2, 100'000));
  Connection& connection = this->connect();
  this->run_turns(2);
  this->send(connection, {{"perhaps"}, {file, 0, 100'000}});
  this->close(connection);
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, WithASendThatWaits) {
  const std::string_view much = this->keep(pattern(3, 0, 4'000'000));
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads = false;
  this->send_all(connection, {{much}});
  this->run_turns(20);
  ASSERT_TRUE(connection.sending);
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, WithAFileSendThatWaits) {
  const int file = this->keep(make_file(4, 4'000'000));
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads = false;
  this->send_all(connection, {{"head"}, {file, 0, 4'000'000}});
  this->run_turns(20);
  ASSERT_TRUE(connection.sending);
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, WhilePausedWithBytesHeld) {
  Connection& connection = this->connect();
  this->pause(connection);
  connection.to_backend = pattern(5, 0, 100'000);
  this->run_turns(10);
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, JustResumedWithBytesHeld) {
  Connection& connection = this->connect();
  this->pause(connection);
  connection.to_backend = pattern(5, 0, 100'000);
  this->run_turns(10);
  this->resume(connection);
  this->close(connection);
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, WithUnreadBytesAndTheEnd) {
  Connection& connection = this->connect();
  ASSERT_EQ(connection.peer.write("unread"), 6);
  connection.peer.finish();
  this->close_fully(connection);
  this->run_turns(5);
}

TYPED_TEST(CloseContract, AfterShutdownSend) {
  Connection& connection = this->connect();
  this->run_turns(2);
  this->backend_->shutdown_send(connection.id);
  this->run_turns(2);
  this->close_fully(connection);
}

TYPED_TEST(CloseContract, SeveralInOneTurn) {
  const std::vector<Connection*> many = this->connect_many(50);
  this->run_turns(3);
  for (Connection* connection : many) this->close(*connection);
  ASSERT_TRUE(this->run_until([&] {
    return std::all_of(many.begin(), many.end(), [](auto* one) { return one->closed; });
  }));
  this->run_turns(5);
}

// Held memory is free again: a paused connection that is closed gives its buffers back.
TYPED_TEST(CloseContract, GivesItsMemoryBack) {
  for (int round = 0; round < 40; ++round) {
    const std::vector<Connection*> many = this->connect_many(10);
    for (Connection* connection : many) {
      this->pause(*connection);
      connection->to_backend = pattern(6, 0, 9'000);
    }
    this->run_turns(3);
    for (Connection* connection : many) this->close_fully(*connection);
    this->forget_closed();
  }
  Connection& last = this->connect();
  last.to_backend = pattern(7, 0, 2'000'000);
  ASSERT_TRUE(this->run_until([&] { return last.received.size() >= 2'000'000; }));
  this->expect_received(last, last.to_backend);
}

// --- the next occupant ------------------------------------------------------------------------

TYPED_TEST(CloseContract, TheIndexCanBeOpenedInTheHandlerOfClose) {
  Connection* current = &this->connect();
  auto [peer, descriptor] = this->accept_peer();
  Peer next_peer = std::move(peer);
  const int next_descriptor = descriptor;
  const uint32_t index = current->id.index;
  Connection* next = nullptr;
  this->on_completion_ = [&](const io::Completion& completion, Connection*) {
    if (completion.op == io::Op::close && next == nullptr) {
      next = &this->open(std::move(next_peer), next_descriptor);
    }
  };
  current->to_backend = "old";
  this->run_turns(2);
  current->peer.write("old again");
  this->close(*current);
  ASSERT_TRUE(this->run_until([&] { return next != nullptr; }));
  ASSERT_EQ(next->id.index, index);
  ASSERT_NE(next->id.generation, current->id.generation);
  next->to_backend = "new";
  ASSERT_TRUE(this->run_until([&] { return next->received.size() >= 3; }));
  EXPECT_EQ(next->received, "new");
}

// One index, occupied thousands of times, each time with traffic of the one before still on its
// way: bytes to read, a send, a pause.
TYPED_TEST(CloseContract, AnIndexIsReusedThousandsOfTimes) {
  std::mt19937 random(1);
  const std::string_view answer = this->keep(pattern(0, 0, 30'000));
  const int file = this->keep(make_file(0, 30'000));
  for (uint64_t generation = 1; generation <= 2'000; ++generation) {
    Connection& connection = this->connect();
    ASSERT_EQ(connection.id.index, 0U);
    const std::string own = pattern(generation, 0, 1 + random() % 9'000);
    connection.to_backend = own;
    if (random() % 4 == 0) this->pause(connection);
    if (random() % 2 == 0) this->pump(connection);
    switch (random() % 4) {
      case 0:
        this->send(connection, {{answer}});
        break;
      case 1:
        this->send(connection, {{answer.substr(0, 10)}, {file, 0, 30'000}});
        break;
      default:
        break;
    }
    this->run_turns(static_cast<int>(random() % 3));
    if (random() % 4 == 0 && !connection.paused) {
      ASSERT_TRUE(this->run_until([&] { return connection.received.size() == own.size(); }));
    }
    if (random() % 8 == 0) connection.peer.reset();
    this->close_fully(connection);
    ASSERT_EQ(difference(connection.received, own.substr(0, connection.received.size())), "")
        << "generation " << generation;
    this->forget_closed();
  }
}

// 3: events that the backend had already fetched for a connection do not reach the next occupant of
// its index. Whichever of many is served first closes all the others, last ones first, and their
// indexes are opened anew.
TYPED_TEST(CloseContract, FetchedEventsDoNotReachTheNextOccupant) {
  const std::vector<Connection*> old = this->connect_many(20);
  std::vector<std::pair<Peer, int>> waiting;
  for (std::size_t i = 0; i + 1 < old.size(); ++i) waiting.push_back(this->accept_peer());
  this->run_turns(3);
  std::vector<Connection*> fresh;
  bool first = true;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op == io::Op::recv && first) {
      first = false;
      for (auto other = old.rbegin(); other != old.rend(); ++other) {
        if (*other != owner) this->close(**other);
      }
    }
    if (completion.op == io::Op::close && !waiting.empty()) {
      fresh.push_back(&this->open(std::move(waiting.back().first), waiting.back().second));
      waiting.pop_back();
    }
  };
  for (Connection* connection : old) ASSERT_EQ(connection->peer.write("stale"), 5);
  ASSERT_TRUE(this->run_until([&] { return fresh.size() == old.size() - 1; }));
  this->run_turns(5);
  for (Connection* connection : fresh) {
    EXPECT_EQ(connection->received, "");
    ASSERT_EQ(connection->peer.write("fresh"), 5);
  }
  for (Connection* connection : fresh) {
    ASSERT_TRUE(this->run_until([&] { return connection->received.size() >= 5; }));
    EXPECT_EQ(connection->received, "fresh");
  }
  if (!this->kIsUring) {
    EXPECT_GT(this->backend_->counters().stale, 0U);
  }
}

// --- the end of the backend -------------------------------------------------------------------

TYPED_TEST(CloseContract, ABackendThatGoesClosesWhatItHas) {
  const int before = count_descriptors();
  {
    auto created = TypeParam::create(io::Capacity{16, 2});
    ASSERT_TRUE(created.ok());
    TypeParam& backend = *created.value();
    LoopbackListener listener;
    const uint32_t index = backend.add_listener(listener.descriptor.release());
    backend.resume_accept(index);
    std::vector<Peer> peers;
    for (int i = 0; i < 12; ++i) peers.push_back(Peer::connect(listener.port));
    uint32_t opened = 0;
    io::Completion completion;
    while (opened < 8) {
      backend.wait(backend.read_clock().monotonic + this->kMillisecond);
      while (opened < 8 && backend.next(completion)) {
        if (completion.op != io::Op::accept) continue;
        ASSERT_GE(completion.result, 0);
        backend.open(io::SocketId{opened++, 1}, completion.result);
      }
    }
    // Open ones, and one whose close was just reported.
    backend.close(io::SocketId{0, 1});
    bool closed = false;
    while (!closed) {
      backend.wait(backend.read_clock().monotonic + this->kMillisecond);
      while (!closed && backend.next(completion)) {
        if (completion.op == io::Op::accept) ::close(completion.result);
        closed = completion.op == io::Op::close;
      }
    }
  }
  EXPECT_EQ(count_descriptors(), before);
}

TYPED_TEST(CloseContract, ABackendThatGoesClosesWhatNobodyHasSeen) {
  const int before = count_descriptors();
  {
    auto created = TypeParam::create(io::Capacity{16, 2});
    ASSERT_TRUE(created.ok());
    LoopbackListener listener;
    const uint32_t index = created.value()->add_listener(listener.descriptor.release());
    created.value()->resume_accept(index);
    std::vector<Peer> peers;
    for (int i = 0; i < 12; ++i) peers.push_back(Peer::connect(listener.port));
    TypeParam& backend = *created.value();
    for (int i = 0; i < 3; ++i) backend.wait(backend.read_clock().monotonic + this->kMillisecond);
  }
  EXPECT_EQ(count_descriptors(), before);
}

}  // namespace contract
