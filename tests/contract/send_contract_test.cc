// Contract 5: sends of memory and files.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <numeric>
#include <string>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class SendContract : public BackendTest<B> {};
TYPED_TEST_SUITE(SendContract, Backends, BackendNames);

TYPED_TEST(SendContract, SmallSend) {
  Connection& connection = this->connect();
  this->send(connection, {{"hello"}});
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received == "hello"; }));
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  EXPECT_EQ(connection.send_results, std::vector<int32_t>{5});
}

// 1: no call completes by itself; the completion comes from next().
TYPED_TEST(SendContract, CallsOnlyQueue) {
  Connection& connection = this->connect();
  this->run_turns(2);
  const uint64_t before = this->completions_;
  this->send(connection, {{"queued"}});
  EXPECT_EQ(this->completions_, before);
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
}

TYPED_TEST(SendContract, SixteenSlices) {
  Connection& connection = this->connect();
  const std::string all = pattern(1, 0, 16 * 1000);
  Outgoing outgoing;
  std::size_t from = 0;
  for (std::size_t i = 0; i < io::Transmission::kMaxSlices; ++i) {
    const std::size_t size = i % 5 == 4 ? 1 : 900 + i;
    outgoing.slices.push_back(std::string_view(all).substr(from, size));
    from += size;
  }
  this->send_all(connection, outgoing);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= from; }));
  this->expect_peer_received(connection, std::string_view(all).substr(0, from));
}

TYPED_TEST(SendContract, ManySendsOneAfterAnother) {
  Connection& connection = this->connect();
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string message = "message " + std::to_string(i) + "\n";
    expected += message;
    this->send(connection, {{message}});
    ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  }
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= expected.size(); }));
  this->expect_peer_received(connection, expected);
}

// A hundred sends in one turn: more than the backend lets pile up before it submits.
TYPED_TEST(SendContract, ManySendsInOneTurn) {
  const std::vector<Connection*> many = this->connect_many(60);
  for (int round = 0; round < 3; ++round) {
    for (Connection* connection : many) this->send(*connection, {{"to each one"}});
    ASSERT_TRUE(this->run_until([&] {
      return std::all_of(many.begin(), many.end(), [](auto* one) { return one->sent_all(); });
    }));
  }
  ASSERT_TRUE(this->run_until([&] {
    return std::all_of(many.begin(), many.end(),
                       [](auto* one) { return one->peer_received.size() == 33; });
  }));
}

TYPED_TEST(SendContract, ShortSendsAddUpExactly) {
  Connection& connection = this->connect({.send_buffer = 4096, .peer_receive_buffer = 4096});
  connection.peer_reads_at_most = 1000;
  const std::string all = pattern(2, 0, 300'000);
  Outgoing outgoing;
  for (std::size_t from = 0; from < all.size(); from += 7'000) {
    outgoing.slices.push_back(std::string_view(all).substr(from, 7'000));
  }
  this->send_all(connection, outgoing);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= all.size(); }));
  this->expect_peer_received(connection, all);
  EXPECT_GT(connection.send_results.size(), 3U);  // some of them were short
  EXPECT_EQ(std::accumulate(connection.send_results.begin(), connection.send_results.end(), 0),
            300'000);
}

TYPED_TEST(SendContract, OneBigSend) {
  Connection& connection = this->connect();
  const std::string all = pattern(3, 0, 8'000'000);
  this->send_all(connection, {{all}});
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= all.size(); }));
  this->expect_peer_received(connection, all);
}

// Fills the socket of a connection whose peer does not read. What it took is left in peer_received
// for later.
template <class B>
std::size_t fill_socket(BackendTest<B>& test, Connection& connection, std::string_view bytes) {
  connection.peer_reads = false;
  test.send_all(connection, {{bytes}});
  std::size_t before = SIZE_MAX;
  while (connection.unsent.size() != before) {
    before = connection.unsent.size();
    test.run_turns(5);
  }
  return bytes.size() - before;
}

TYPED_TEST(SendContract, SendWaitsForRoomAndThenCompletes) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  const std::string_view all = this->keep(pattern(4, 0, 4'000'000));
  const std::size_t taken = fill_socket<TypeParam>(*this, connection, all);
  ASSERT_LT(taken, all.size());
  ASSERT_TRUE(connection.sending);  // it waits; the fixture fails on -EAGAIN
  this->run_turns(10);
  ASSERT_TRUE(connection.sending);
  connection.peer_reads = true;
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= all.size(); }));
  this->expect_peer_received(connection, all);
}

// What comes first on a connection comes when its answer waits already.
TYPED_TEST(SendContract, RecvGoesOnWhileASendWaits) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  const std::string_view all = this->keep(pattern(4, 0, 4'000'000));
  fill_socket<TypeParam>(*this, connection, all);
  this->run_turns(50);  // until the last acknowledgement has come, too
  connection.to_backend = pattern(5, 0, 200'000);
  ASSERT_TRUE(this->run_until([&] { return connection.received.size() >= 200'000; }));
  this->expect_received(connection, connection.to_backend);
  EXPECT_TRUE(connection.sending);
}

TYPED_TEST(SendContract, RecvGoesOnWhileAFileWaits) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  const int file = this->keep(make_file(6, 4'000'000));
  connection.peer_reads = false;
  this->send_all(connection, {{"head"}, {file, 0, 4'000'000}});
  this->run_turns(50);
  ASSERT_TRUE(connection.sending);
  connection.to_backend = pattern(5, 0, 200'000);
  ASSERT_TRUE(this->run_until([&] { return connection.received.size() >= 200'000; }));
  this->expect_received(connection, connection.to_backend);
  EXPECT_TRUE(connection.sending);
}

TYPED_TEST(SendContract, ResetEndsAWaitingSendWithAnError) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  const std::string_view all = this->keep(pattern(4, 0, 4'000'000));
  fill_socket<TypeParam>(*this, connection, all);
  connection.peer.reset();
  ASSERT_TRUE(
      this->run_until([&] { return !connection.sending && connection.recv_end.has_value(); }));
  EXPECT_LT(connection.send_results.back(), 0);
}

TYPED_TEST(SendContract, AWaitingFileSendDoesNotSpin) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  const int file = this->keep(make_file(6, 4'000'000));
  connection.peer_reads = false;
  this->send_all(connection, {{"head"}, {file, 0, 4'000'000}});
  this->run_turns(50);
  ASSERT_TRUE(connection.sending);
  const uint64_t turns = this->turns_;
  const uint64_t until = this->now() + 100 * this->kMillisecond;
  while (this->now() < until) this->turn(until);
  EXPECT_LT(this->turns_ - turns, 50U);
}

TYPED_TEST(SendContract, TwoWayTrafficWhileAFileSendWaits) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  const std::string content = pattern(7, 0, 3'000'000);
  const int file = this->keep(make_file(7, content.size()));
  connection.peer_reads = false;
  this->send_all(connection, {{"head "}, {file, 0, content.size()}});
  this->run_turns(20);
  ASSERT_TRUE(connection.sending);
  for (int round = 0; round < 20; ++round) {
    connection.to_backend += pattern(8, static_cast<uint64_t>(round) * 10'000, 10'000);
    ASSERT_TRUE(this->run_until(
        [&] { return connection.received.size() == connection.to_backend.size(); }));
  }
  this->expect_received(connection, connection.to_backend);
  ASSERT_TRUE(connection.sending);
  connection.peer_reads = true;
  ASSERT_TRUE(
      this->run_until([&] { return connection.peer_received.size() >= content.size() + 5; }));
  this->expect_peer_received(connection, "head " + content);
}

// A send to a peer that is gone: an error, not a signal. SIGPIPE is left as it is at start, so one
// would end this process. (For files see FileContract.)
TYPED_TEST(SendContract, ToAPeerThatReset) {
  Connection& connection = this->connect();
  this->pause(connection);  // the error is for the send to find
  this->run_turns(1);
  connection.peer.reset();
  for (int round = 0; round < 3; ++round) {
    this->send(connection, {{"anyone there?"}});
    ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
    EXPECT_LT(connection.send_results.back(), 0);
    this->send(connection, {{"in", "slices"}});
    ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
    EXPECT_LT(connection.send_results.back(), 0);
  }
}

TYPED_TEST(SendContract, ShutdownSendEndsOneDirectionOnly) {
  Connection& connection = this->connect();
  this->send(connection, {{"the last of it"}});
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  this->backend_->shutdown_send(connection.id);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_end.has_value(); }));
  EXPECT_EQ(connection.peer_end, 0);
  EXPECT_EQ(connection.peer_received, "the last of it");
  connection.to_backend = pattern(9, 0, 50'000);
  connection.finish_written = true;
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.recv_end, 0);
  this->expect_received(connection, connection.to_backend);
}

TYPED_TEST(SendContract, AnswersWhileThePeerHasEnded) {
  Connection& connection = this->connect();
  connection.to_backend = "request";
  connection.finish_written = true;
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  const std::string answer = pattern(10, 0, 500'000);
  this->send_all(connection, {{answer}});
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= answer.size(); }));
  this->expect_peer_received(connection, answer);
}

// --- fairness ---------------------------------------------------------------------------------

// A connection that always has more to send, to a peer that always reads, keeps nobody waiting: not
// another's bytes, not the end of a close.
template <class B>
void expect_fair_to_others(BackendTest<B>& test, Connection& endless, const Outgoing& outgoing) {
  Connection& modest = test.connect();
  Connection& closing = test.connect();
  test.run_turns(3);
  const uint64_t turns = test.turns_;
  uint64_t sends = 0;
  bool stop = false;
  test.on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::send || owner != &endless || stop) return;
    if (++sends > 20'000) stop = true;  // a failure below, not a hang
    while (test.pump(endless)) endless.peer_received.clear();
    test.send(endless, outgoing);
  };
  test.send(endless, outgoing);
  modest.to_backend = "?";
  test.close(closing);
  EXPECT_TRUE(test.run_until([&] { return modest.received == "?" && closing.closed; }));
  EXPECT_FALSE(stop);
  EXPECT_LT(test.turns_ - turns, 4U);
  stop = true;
  test.on_completion_ = nullptr;
}

TYPED_TEST(SendContract, EndlessMemorySendsDoNotStarveOthers) {
  const std::string_view bytes = this->keep(pattern(11, 0, 10'000));
  expect_fair_to_others<TypeParam>(*this, this->connect(), {{bytes}});
}

TYPED_TEST(SendContract, EndlessFileSendsDoNotStarveOthers) {
  const int file = this->keep(make_file(12, 10'000));
  expect_fair_to_others<TypeParam>(*this, this->connect(), {{}, {file, 0, 10'000}});
}

}  // namespace contract
