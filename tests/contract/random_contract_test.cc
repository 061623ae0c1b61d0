// The whole contract at once: a seeded random walk over 32 connections, against a model that knows
// only which bytes were put in at each end. The fixture judges each completion; this test judges
// the bytes, at each moment (what arrived is a beginning of what was sent) and when all has settled
// (everything has arrived).
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <string>
#include <vector>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class RandomContract : public BackendTest<B> {
 public:
  static constexpr std::size_t kConnections = 32;
  static constexpr std::size_t kFileSize = 1'500'000;

  struct Pair {
    Connection* connection = nullptr;
    uint64_t seed = 0;
    std::string expected_by_peer;  // all that the backend was ever given to send
    bool reset = false;            // by the peer: the rest is lost in both directions
    bool finished = false;         // the peer sends no more
    bool shut = false;             // shutdown_send
  };

  void SetUp() override {
    previous_ = signal(SIGPIPE, SIG_IGN);
    this->start(io::Capacity{kConnections, 1});
    if (this->IsSkipped()) return;
    file_ = this->keep(make_file(77, kFileSize));
    file_bytes_ = pattern(77, 0, kFileSize);
    memory_ = this->keep(pattern(78, 0, 400'000));
  }
  void TearDown() override {
    BackendTest<B>::TearDown();
    signal(SIGPIPE, previous_);
  }

  std::size_t random(std::size_t limit) { return random_() % limit; }

  void reopen(Pair& pair) {
    ConnectOptions options;
    if (random(2) == 0) options.send_buffer = 4'096 << random(5);
    if (random(2) == 0) options.peer_receive_buffer = 4'096 << random(5);
    pair = Pair{};
    pair.connection = &this->connect(options);
    pair.connection->may_be_evicted = this->kIsUring;
    pair.seed = random_();
  }

  bool dead(const Pair& pair) const {
    return pair.connection->recv_end.value_or(0) < 0 ||
           (!pair.connection->send_results.empty() && pair.connection->send_results.back() < 0);
  }

  void queue_send(Pair& pair) {
    Connection& connection = *pair.connection;
    if (!connection.sent_all() || pair.shut || dead(pair)) return;
    Outgoing outgoing;
    const std::size_t slices = random(io::Transmission::kMaxSlices + 1);
    for (std::size_t i = 0; i < slices; ++i) {
      const std::size_t size = 1 + random(random(8) == 0 ? 200'000 : 2'000);
      outgoing.slices.push_back(memory_.substr(random(memory_.size() - size), size));
      pair.expected_by_peer += outgoing.slices.back();
    }
    if (slices == 0 || random(3) == 0) {
      const std::size_t length = 1 + random(random(4) == 0 ? 900'000 : 20'000);
      const std::size_t offset = random(kFileSize - length);
      outgoing.file = {file_, offset, length};
      pair.expected_by_peer.append(file_bytes_, offset, length);
    }
    this->send_all(connection, std::move(outgoing));
  }

  void act(Pair& pair) {
    Connection& connection = *pair.connection;
    switch (random(20)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        if (connection.peer.is_open() && !pair.finished) {
          const std::size_t size = 1 + random(random(10) == 0 ? 300'000 : 3'000);
          connection.to_backend += pattern(pair.seed, connection.to_backend.size(), size);
        }
        break;
      case 6:
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
        queue_send(pair);
        break;
      case 12:
        if (!connection.paused) this->pause(connection);
        break;
      case 13:
      case 14:
        if (connection.paused) this->resume(connection);
        break;
      case 15:
        connection.peer_reads = !connection.peer_reads;
        connection.peer_reads_at_most = 1 + random(300'000);
        break;
      case 16:
        if (random(10) == 0 && connection.peer.is_open()) {
          connection.finish_written = true;
          pair.finished = true;
        }
        break;
      case 17:
        if (random(10) == 0) {
          connection.peer.reset();
          pair.reset = true;
        }
        break;
      case 18:
        if (random(10) == 0 && connection.sent_all() && !pair.shut) {
          this->backend_->shutdown_send(connection.id);
          pair.shut = true;
        }
        break;
      case 19:
        if (random(5) == 0) {
          check(pair);
          this->close(connection);
          if (random(2) == 0) this->pump(connection);
          this->close_fully(connection);
          check(pair);
          this->forget_closed();
          reopen(pair);
        }
        break;
    }
  }

  // What has arrived so far is a beginning of what was sent.
  void check(const Pair& pair) {
    const Connection& connection = *pair.connection;
    std::string_view to_backend = connection.to_backend;
    std::string_view to_peer = pair.expected_by_peer;
    EXPECT_EQ(difference(connection.received, to_backend.substr(0, connection.received.size())),
              "");
    EXPECT_EQ(
        difference(connection.peer_received, to_peer.substr(0, connection.peer_received.size())),
        "");
  }

  bool settled(const Pair& pair) const {
    const Connection& connection = *pair.connection;
    if (pair.reset) return connection.recv_end.has_value() && !connection.sending;
    if (dead(pair)) return !connection.sending;
    return connection.received.size() == connection.to_backend.size() && connection.sent_all() &&
           connection.peer_received.size() == pair.expected_by_peer.size() &&
           connection.recv_end.has_value() == pair.finished &&
           (!pair.shut || connection.peer_end == 0);
  }

  void walk(uint32_t seed, int steps) {
    random_.seed(seed);
    std::vector<Pair> pairs(kConnections);
    for (Pair& pair : pairs) reopen(pair);
    for (int i = 0; i < steps && !this->HasFailure(); ++i) {
      for (std::size_t actions = random(12); actions > 0; --actions) {
        act(pairs[random(kConnections)]);
      }
      this->step();
      if (i % 16 == 0) {
        for (const Pair& pair : pairs) check(pair);
      }
    }
    // No more bytes: let everything arrive.
    for (Pair& pair : pairs) {
      Connection& connection = *pair.connection;
      if (connection.paused) this->resume(connection);
      connection.peer_reads = true;
      connection.peer_reads_at_most = 1'000'000;
    }
    EXPECT_TRUE(this->run_until([&] {
      return std::all_of(pairs.begin(), pairs.end(), [&](Pair& pair) { return settled(pair); });
    })) << describe(pairs);
    for (Pair& pair : pairs) {
      check(pair);
      // Only a peer's reset or an eviction ends a connection with an error.
      const bool evicted = this->kIsUring && pair.connection->recv_end == -ENOBUFS;
      EXPECT_TRUE(pair.reset || evicted || !dead(pair)) << describe({pair});
      this->close(*pair.connection);
    }
    EXPECT_TRUE(this->run_until([&] {
      return std::all_of(pairs.begin(), pairs.end(),
                         [](const Pair& pair) { return pair.connection->closed; });
    }));
    this->forget_closed();
  }

  std::string describe(const std::vector<Pair>& pairs) const {
    std::string text;
    for (const Pair& pair : pairs) {
      if (settled(pair)) continue;
      const Connection& c = *pair.connection;
      text += "index " + std::to_string(c.id.index) + ": received " +
              std::to_string(c.received.size()) + " of " + std::to_string(c.to_backend.size()) +
              ", recv end " + std::to_string(c.recv_end.value_or(1)) + ", peer received " +
              std::to_string(c.peer_received.size()) + " of " +
              std::to_string(pair.expected_by_peer.size()) + ", unsent " +
              std::to_string(c.unsent.size()) + (c.sending ? ", sending" : "") +
              (pair.reset ? ", reset" : "") + (pair.shut ? ", shut" : "") +
              (pair.finished ? ", finished" : "") + "\n";
    }
    return text;
  }

 private:
  std::mt19937 random_;
  int file_ = -1;
  std::string file_bytes_;
  std::string_view memory_;
  void (*previous_)(int) = nullptr;
};
TYPED_TEST_SUITE(RandomContract, Backends, BackendNames);

TYPED_TEST(RandomContract, WalkSeed1) {
  this->walk(1, 400);
}
TYPED_TEST(RandomContract, WalkSeed2) {
  this->walk(2, 400);
}
TYPED_TEST(RandomContract, WalkSeed3) {
  this->walk(3, 400);
}
TYPED_TEST(RandomContract, SeveralShortWalksInOneBackend) {
  for (uint32_t seed = 100; seed < 105; ++seed) this->walk(seed, 60);
}

}  // namespace contract
