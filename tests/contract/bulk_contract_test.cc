// Contract 2: bulk work comes after what is short, and in quanta. Counted in bytes, not in time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class BulkContract : public BackendTest<B> {
 protected:
  static constexpr std::size_t kFile = 8 * 1024 * 1024;
  // The last step of a turn may be a whole one.
  static constexpr uint64_t kMostOfATurn = io::kBulkQuantum + io::kFileQuantum;
  static constexpr uint32_t kMostSteps = io::kBulkQuantum / io::kBulkStep;
  // The kernel fills the buffers of io_uring in one go, if there is so much; epoll takes one event
  // and then steps.
  static constexpr uint64_t kMostReceived =
      BackendTest<B>::kIsUring
          ? uint64_t{io::UringRecvBuffers::kCount} * io::UringRecvBuffers::kBytes
          : uint64_t{io::kMaxRecv} * (1 + kMostSteps);

  // From here on every completion is counted, by its turn.
  void count() {
    this->on_completion_ = [this](const io::Completion& completion, Connection* owner) {
      if (this->turns_ != counted_turn_) {
        counted_turn_ = this->turns_;
        sent_ = 0;
        received_.assign(64, 0);
      }
      if (owner == nullptr || completion.result <= 0) return;
      const auto bytes = static_cast<uint64_t>(completion.result);
      if (completion.op == io::Op::send) {
        sent_ += bytes;
        sent_in_all_ += bytes;
        most_sent_ = std::max(most_sent_, sent_);
      } else if (completion.op == io::Op::recv) {
        received_[owner->id.index] += bytes;
        most_received_ = std::max(most_received_, received_[owner->id.index]);
      }
    };
  }

  std::vector<Connection*> begin_downloads(std::size_t count) {
    std::vector<Connection*> greedy = this->connect_many(count);
    const int file = this->keep(make_file(7, kFile));
    for (Connection* connection : greedy) {
      connection->peer_reads_at_most = 4 * 1024 * 1024;
      this->send_all(*connection, {{}, {file, 0, kFile}});
    }
    return greedy;
  }

  uint64_t counted_turn_ = UINT64_MAX;
  uint64_t sent_ = 0;
  uint64_t sent_in_all_ = 0;
  uint64_t most_sent_ = 0;
  std::vector<uint64_t> received_;
  uint64_t most_received_ = 0;
};
TYPED_TEST_SUITE(BulkContract, Backends, BackendNames);

// However many there are, and however much their sockets take.
TYPED_TEST(BulkContract, DownloadsMoveAQuantumInATurn) {
  this->count();
  const std::vector<Connection*> greedy = this->begin_downloads(16);
  ASSERT_TRUE(this->run_until([&] {
    return std::all_of(greedy.begin(), greedy.end(),
                       [](const Connection* connection) { return connection->sent_all(); });
  }));
  EXPECT_LE(this->most_sent_, this->kMostOfATurn);
  EXPECT_GE(this->most_sent_, io::kBulkQuantum / 2) << "sockets take so much at a time";
}

// None of them is ahead of another by more than what one step is more than another.
TYPED_TEST(BulkContract, DownloadsTakeTurns) {
  const std::vector<Connection*> greedy = this->begin_downloads(8);
  ASSERT_TRUE(this->run_until([&] {
    return std::any_of(greedy.begin(), greedy.end(), [](const Connection* connection) {
      return connection->send_results.size() >= 4;
    });
  }));
  for (const Connection* connection : greedy) {
    EXPECT_GE(connection->send_results.size(), 2U) << connection->id.index;
  }
}

TYPED_TEST(BulkContract, RequestsComeBeforeDownloads) {
  Connection& polite = this->connect();
  this->count();
  this->begin_downloads(16);
  this->run_turns(10);
  for (int round = 0; round < 20; ++round) {
    const std::size_t had = polite.received.size();
    const uint64_t before = this->sent_in_all_;
    polite.to_backend += "x";
    ASSERT_TRUE(this->run_until([&] { return polite.received.size() > had; }));
    EXPECT_LE(this->sent_in_all_ - before, 2 * this->kMostOfATurn) << "two turns at most";
  }
}

// Newcomers are taken as they can be served, not all at once.
TYPED_TEST(BulkContract, NewcomersWaitBehindABacklog) {
  this->restart(io::Capacity{8'192, 4});
  std::vector<Connection*> greedy = this->begin_downloads(3 * io::kBulkBacklog);
  std::size_t most = 0;
  std::size_t turns = 0;
  std::vector<Peer> newcomers;
  for (int i = 0; i < 500; ++i) newcomers.push_back(Peer::connect(this->port_));
  // The first turn may not know yet, and what the kernel has accepted is accepted.
  this->run_turns(3);
  while (this->accepted_.size() < newcomers.size() && turns < 100) {
    const std::size_t before = this->accepted_.size();
    this->step();
    ++turns;
    most = std::max(most, this->accepted_.size() - before);
  }
  EXPECT_LE(most, 16U);
  EXPECT_TRUE(this->run_until([&] { return this->accepted_.size() == newcomers.size(); }))
      << "nobody is left out";
}

// A peer that always has more to say is heard a little at a time.
TYPED_TEST(BulkContract, ReceivesThatNeverRunDryAreBulk) {
  const std::vector<Connection*> greedy = this->connect_many(4);
  this->count();
  for (Connection* connection : greedy) connection->to_backend = pattern(1, 0, 4'000'000);
  ASSERT_TRUE(this->run_until([&] {
    return std::all_of(greedy.begin(), greedy.end(), [](const Connection* connection) {
      return connection->received.size() == connection->to_backend.size();
    });
  }));
  EXPECT_LE(this->most_received_, this->kMostReceived);
  for (const Connection* connection : greedy) {
    EXPECT_EQ(difference(connection->received, connection->to_backend), "");
  }
}

}  // namespace contract
