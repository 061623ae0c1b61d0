// Contract 10: what a peer has really got of a send, and how to end with one that does not read.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class ProgressContract : public BackendTest<B> {
 protected:
  static uint64_t completed(const Connection& connection) {
    return std::accumulate(
        connection.send_results.begin(), connection.send_results.end(), uint64_t{0},
        [](uint64_t sum, int32_t result) { return sum + static_cast<uint64_t>(result); });
  }

  // What the peer has got, whether it has read it or not.
  uint64_t acknowledged(const Connection& connection) {
    return completed(connection) - this->backend_->unacknowledged(connection.id);
  }

  // Sends to a peer that does not read, until nothing moves.
  void fill(Connection& connection, std::string_view bytes) {
    connection.peer_reads = false;
    this->send_all(connection, {{bytes}});
    std::size_t before = SIZE_MAX;
    while (connection.unsent.size() != before) {
      before = connection.unsent.size();
      this->run_turns(5);
    }
    ASSERT_TRUE(connection.sending);
  }
};
TYPED_TEST_SUITE(ProgressContract, Backends, BackendNames);

TYPED_TEST(ProgressContract, NothingIsUnacknowledgedAtFirst) {
  EXPECT_EQ(this->backend_->unacknowledged(this->connect().id), 0U);
}

// Its kernel acknowledges what has come; that it reads is not needed for as much as fits.
TYPED_TEST(ProgressContract, SmallSendIsAcknowledged) {
  Connection& connection = this->connect();
  connection.peer_reads = false;
  this->send(connection, {{"hello"}});
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  EXPECT_TRUE(this->run_until([&] { return this->acknowledged(connection) == 5; }));
}

TYPED_TEST(ProgressContract, CountsWhatThePeerTakesAndNotWhatTheSocketTakes) {
  Connection& connection = this->connect({.peer_receive_buffer = 8192});
  const std::string_view all = this->keep(pattern(1, 0, 12'000'000));
  this->fill(connection, all);
  const uint64_t left = this->backend_->unacknowledged(connection.id);
  const uint64_t got = this->acknowledged(connection);
  EXPECT_GT(left, 100'000U) << "the socket is full";
  EXPECT_LT(got, 100'000U) << "the peer's buffer is small";
  // The peer reads a little, far less than there must be for the next send to complete.
  connection.peer_reads = true;
  connection.peer_reads_at_most = 1000;
  ASSERT_TRUE(this->run_until([&] { return this->acknowledged(connection) >= got + 50'000; }));
  EXPECT_LE(this->acknowledged(connection), connection.peer_received.size() + 100'000U);
  connection.peer_reads_at_most = 256 * 1024;
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  EXPECT_TRUE(this->run_until([&] { return this->acknowledged(connection) == all.size(); }));
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() == all.size(); }));
  this->expect_peer_received(connection, all);
}

TYPED_TEST(ProgressContract, CloseLeavesTheRestToThePeer) {
  Connection& connection = this->connect();
  const std::string_view all = this->keep(pattern(2, 0, 200'000));
  connection.peer_reads = false;
  this->send_all(connection, {{all}});
  ASSERT_TRUE(this->run_until([&] { return connection.sent_all(); }));
  this->close_fully(connection);
  connection.peer_reads = true;
  ASSERT_TRUE(this->run_until([&] { return connection.peer_end.has_value(); }));
  EXPECT_EQ(connection.peer_end, 0);
  this->expect_peer_received(connection, all);
}

TYPED_TEST(ProgressContract, ResetOnCloseDropsTheRest) {
  Connection& connection = this->connect({.peer_receive_buffer = 8192});
  const std::string_view all = this->keep(pattern(3, 0, 12'000'000));
  this->fill(connection, all);
  this->backend_->reset_on_close(connection.id);
  this->run_turns(2);
  EXPECT_FALSE(connection.peer_end.has_value()) << "not before close()";
  this->close_fully(connection);
  connection.peer_reads = true;
  ASSERT_TRUE(this->run_until([&] { return connection.peer_end.has_value(); }));
  EXPECT_EQ(connection.peer_end, ECONNRESET);
  EXPECT_LT(connection.peer_received.size(), all.size() - connection.unsent.size());
}

}  // namespace contract
