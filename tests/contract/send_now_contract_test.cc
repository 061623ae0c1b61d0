// Contract 5: answers that are put on the socket at once.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class SendNowContract : public BackendTest<B> {
 public:
  // How many bytes were taken at once.
  uint64_t send_now(Connection& connection, std::string_view bytes) {
    const uint64_t before = this->completions_;
    const uint64_t taken = this->backend_->send_now(connection.id, bytes);
    EXPECT_EQ(this->completions_, before);
    EXPECT_LE(taken, bytes.size());
    return taken;
  }

  // The peer sends a request and the backend delivers it.
  void receive(Connection& connection, std::string_view request = "?") {
    connection.to_backend += request;
    ASSERT_TRUE(this->run_until(
        [&] { return connection.received.size() == connection.to_backend.size(); }));
  }

  // The rest of an answer, the ordinary way.
  void send_rest_of(Connection& connection, std::string_view answer, uint64_t taken) {
    if (taken < answer.size()) this->send_all(connection, {{answer.substr(taken)}});
    ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  }
};
TYPED_TEST_SUITE(SendNowContract, Backends, BackendNames);

TYPED_TEST(SendNowContract, AnAnswerIsTakenWholeAndNoCompletionFollows) {
  Connection& connection = this->connect();
  const std::string answer = pattern(1, 0, 10'000);
  std::string expected;
  for (int round = 0; round < 10; ++round) {
    this->receive(connection);
    const uint64_t taken = this->send_now(connection, answer);
    EXPECT_EQ(taken, answer.size());
    this->send_rest_of(connection, answer, taken);
    expected += answer;
    ASSERT_TRUE(
        this->run_until([&] { return connection.peer_received.size() >= expected.size(); }));
  }
  this->run_turns(5);
  EXPECT_TRUE(connection.send_results.empty());
  this->expect_peer_received(connection, expected);
}

// In the handler of the recv, as the worker does it: the bytes are on their way before the backend
// is asked for anything else.
TYPED_TEST(SendNowContract, AnAnswerIsOutBeforeTheNextCompletion) {
  Connection& connection = this->connect();
  uint64_t taken = 0;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::recv || owner != &connection) return;
    taken += this->send_now(connection, "answer");
    this->pump(connection);
  };
  this->receive(connection);
  this->on_completion_ = nullptr;
  EXPECT_EQ(connection.peer_received, "answer");
  this->send_rest_of(connection, "answer", taken);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received == "answer"; }));
}

TYPED_TEST(SendNowContract, NothingIsTakenBeforeAnythingWasReceived) {
  Connection& connection = this->connect();
  EXPECT_EQ(this->send_now(connection, "hello"), 0U);
  this->run_turns(3);
  EXPECT_EQ(this->send_now(connection, "hello"), 0U);
  EXPECT_EQ(connection.peer_received, "");
  this->send_rest_of(connection, "hello", 0);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received == "hello"; }));
}

// Nobody sends on and on before others have their turn.
TYPED_TEST(SendNowContract, OneAnswerForEachRecv) {
  Connection& connection = this->connect();
  std::string expected;
  for (int round = 0; round < 5; ++round) {
    this->receive(connection);
    const uint64_t taken = this->send_now(connection, "first ");
    EXPECT_EQ(this->send_now(connection, "second "), 0U);
    EXPECT_EQ(this->send_now(connection, "second "), 0U);
    this->send_rest_of(connection, "first second ", taken);
    EXPECT_EQ(this->send_now(connection, "third "), 0U) << "a turn later as well";
    expected += "first second ";
  }
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= expected.size(); }));
  this->expect_peer_received(connection, expected);
}

// An answer that was sent the ordinary way is the answer.
TYPED_TEST(SendNowContract, NothingIsTakenAfterASend) {
  Connection& connection = this->connect();
  this->receive(connection);
  this->send_rest_of(connection, "sent", 0);
  EXPECT_EQ(connection.send_results, std::vector<int32_t>{4});
  EXPECT_EQ(this->send_now(connection, "and more"), 0U);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received == "sent"; }));
}

// Received bytes of one connection are no leave for another.
TYPED_TEST(SendNowContract, IsOfEachSocket) {
  Connection& one = this->connect();
  Connection& other = this->connect();
  this->receive(one);
  EXPECT_EQ(this->send_now(other, "other"), 0U);
  const uint64_t taken = this->send_now(one, "one");
  EXPECT_EQ(taken, 3U);
  this->send_rest_of(one, "one", taken);
  ASSERT_TRUE(this->run_until([&] { return one.peer_received == "one"; }));
  // Nor are those of who had the index before.
  this->receive(one);
  const uint32_t index = one.id.index;
  this->close_fully(one);
  Connection& next = this->connect();
  ASSERT_EQ(next.id.index, index);
  EXPECT_EQ(this->send_now(next, "next"), 0U);
}

TYPED_TEST(SendNowContract, WhatTheSocketDoesNotTakeGoesByTheNextSend) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads = false;
  const std::string_view all = this->keep(pattern(2, 0, 4'000'000));
  this->receive(connection);
  const uint64_t taken = this->send_now(connection, all);
  ASSERT_LT(taken, all.size());
  EXPECT_GT(taken, 0U) << "a part";
  this->send_all(connection, {{all.substr(taken)}});
  this->run_turns(10);
  ASSERT_TRUE(connection.sending) << "it waits; the fixture fails on -EAGAIN";
  connection.peer_reads = true;
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= all.size(); }));
  this->expect_peer_received(connection, all);
  EXPECT_EQ(taken + std::accumulate(connection.send_results.begin(), connection.send_results.end(),
                                    uint64_t{0}),
            all.size());
}

TYPED_TEST(SendNowContract, AFullSocketTakesNothing) {
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads = false;
  const std::string_view all = this->keep(pattern(3, 0, 4'000'000));
  uint64_t taken = 0;
  // The kernel moves on what was taken until the peer's buffer is full as well.
  for (int round = 0;; ++round) {
    ASSERT_LT(round, 1000);
    this->receive(connection);
    const uint64_t more = this->send_now(connection, all.substr(taken));
    if (more == 0) break;
    taken += more;
  }
  ASSERT_LT(taken, all.size());
  EXPECT_GT(taken, 0U);
  connection.peer_reads = true;
  this->send_rest_of(connection, all, taken);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= all.size(); }));
  this->expect_peer_received(connection, all);
}

// Why nothing was taken is told by the send that follows. SIGPIPE is left as it is at start, so one
// would end this process.
TYPED_TEST(SendNowContract, TheSendAfterItTellsOfAReset) {
  Connection& connection = this->connect();
  this->receive(connection);
  this->pause(connection);  // the error is for the send to find
  this->run_turns(1);
  connection.peer.reset();
  EXPECT_EQ(this->send_now(connection, "anyone there?"), 0U);
  this->send(connection, {{"anyone there?"}});
  ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
  EXPECT_LT(connection.send_results.back(), 0);
}

// The end of what the peer sends is no recv that could be answered, and takes no answer away.
TYPED_TEST(SendNowContract, APeerThatHasEndedIsAnswered) {
  Connection& connection = this->connect();
  connection.to_backend = "request";
  connection.finish_written = true;
  ASSERT_TRUE(this->run_until([&] { return connection.recv_end.has_value(); }));
  const uint64_t taken = this->send_now(connection, "answer ");
  EXPECT_EQ(taken, 7U);
  EXPECT_EQ(this->send_now(connection, "again"), 0U);
  this->send_rest_of(connection, "answer and the rest", taken);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received == "answer and the rest"; }));
}

}  // namespace contract
