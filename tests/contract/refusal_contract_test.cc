// Contract 7: listeners that refuse connections, because any thread had them do so.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "io/listener.h"
#include "tests/contract/backend_fixture.h"
#include "tests/support/port_taker.h"

namespace contract {

template <class B>
class RefusalContract : public BackendTest<B> {
 public:
  void SetUp() override { begin(8'192); }  // with multishot accepts

  // A listener of the test's own, accepting, whose descriptor it knows.
  void begin(uint32_t sockets) {
    this->start(io::Capacity{sockets, 2});
    if (this->backend_ == nullptr) return;
    io::Address address{"127.0.0.1", 0, false};
    const auto listeners = io::listen_on(address, 1);
    ASSERT_TRUE(listeners.ok());
    own_port_ = address.port;
    descriptor_ = listeners.value()[0];
    own_ = this->backend_->add_listener(descriptor_);
    this->backend_->resume_accept(own_);
    this->run_turns(2);
  }
  void begin_again(uint32_t sockets) {
    this->stop();
    begin(sockets);
  }

  int connect_error() const { return Peer::create().connect_to(own_port_); }

  void close_accepted() {
    for (const auto& accepted : this->accepted_) ::close(accepted.result);
    this->accepted_.clear();
  }

  // Connections are accepted again, each once.
  void expect_accepts(std::size_t count) {
    close_accepted();
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < count; ++i) peers.push_back(Peer::connect(own_port_));
    ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() >= count; }));
    this->run_turns(3);
    EXPECT_EQ(this->accepted_.size(), count);
    for (const auto& accepted : this->accepted_) {
      EXPECT_EQ(accepted.listener, own_);
      char byte;
      EXPECT_EQ(recv(accepted.result, &byte, 1, MSG_DONTWAIT), -1) << "it has ended already";
    }
    close_accepted();
    EXPECT_TRUE(this->refused_.empty());
  }

  // Nothing is told of the refusal, and turns wait.
  void expect_silence() {
    const uint64_t completions = this->completions_;
    this->run_turns(3);
    const uint64_t turns = this->turns_;
    const uint64_t until = this->now() + 30 * this->kMillisecond;
    while (this->now() < until) this->turn(until);
    EXPECT_EQ(this->completions_, completions);
    EXPECT_LT(this->turns_ - turns, 20U);
    EXPECT_EQ(connect_error(), ECONNREFUSED);
  }

  uint32_t own_ = 0;
  uint16_t own_port_ = 0;
  int descriptor_ = -1;
};
TYPED_TEST_SUITE(RefusalContract, Backends, BackendNames);

TYPED_TEST(RefusalContract, RefusesSilentlyAndGoesOn) {
  for (const uint32_t sockets : {8'192U, 8U}) {  // io_uring accepts in another way with few
    this->begin_again(sockets);
    if (this->IsSkipped()) return;
    for (int round = 0; round < 3; ++round) {
      this->expect_accepts(5);
      io::stop_listening(this->descriptor_);
      this->expect_silence();
      io::stop_listening(this->descriptor_);
      this->expect_silence();
      EXPECT_TRUE(this->backend_->listen_again(this->own_, 100));
    }
    this->expect_accepts(5);
  }
}

// What waits in the queue is reset, and nothing of it is accepted later.
TYPED_TEST(RefusalContract, ResetsWhoWaits) {
  this->backend_->pause_accept(this->own_);
  this->run_turns(3);
  Peer waiting = Peer::connect(this->own_port_);
  io::stop_listening(this->descriptor_);
  char byte;
  EXPECT_EQ(waiting.read(&byte, 1), -ECONNRESET);
  this->expect_silence();
  EXPECT_TRUE(this->backend_->listen_again(this->own_, 100));
  // It is paused as before.
  Peer later = Peer::connect(this->own_port_);
  this->run_turns(5);
  EXPECT_TRUE(this->accepted_.empty());
  this->backend_->resume_accept(this->own_);
  ASSERT_TRUE(this->run_until([&] { return this->accepted_.size() == 1; }));
  this->expect_accepts(5);
}

TYPED_TEST(RefusalContract, PausesAndResumesMeanwhile) {
  for (int round = 0; round < 20; ++round) {
    if (round % 2 == 0) this->backend_->pause_accept(this->own_);
    io::stop_listening(this->descriptor_);
    if (round % 3 == 0) this->run_turns(2);
    this->backend_->pause_accept(this->own_);
    if (round % 5 == 0) this->expect_silence();
    this->backend_->resume_accept(this->own_);
    if (round % 4 == 0) this->expect_silence();
    EXPECT_TRUE(this->backend_->listen_again(this->own_, 100));
    if (round % 7 == 0) this->run_turns(2);
    this->expect_accepts(3);
  }
}

// The backend finds out in the middle of accepting, or not at all.
TYPED_TEST(RefusalContract, TheSameTurnOrACrowd) {
  for (int round = 0; round < 20; ++round) {
    std::vector<Peer> peers;
    for (int i = 0; i < 200; ++i) peers.push_back(Peer::connect(this->own_port_));
    if (round % 2 == 0) this->run_turns(1);
    io::stop_listening(this->descriptor_);
    if (round % 3 == 0) this->run_turns(1);
    EXPECT_EQ(this->connect_error(), ECONNREFUSED);
    EXPECT_TRUE(this->backend_->listen_again(this->own_, 1'000));
    this->run_turns(2);
    this->expect_accepts(3);
  }
}

TYPED_TEST(RefusalContract, TheOtherListenerGoesOn) {
  io::stop_listening(this->descriptor_);
  for (int i = 0; i < 5; ++i) this->connect();
  this->expect_silence();
  EXPECT_TRUE(this->backend_->listen_again(this->own_, 100));
  this->expect_accepts(3);
}

TYPED_TEST(RefusalContract, CanBeClosedMeanwhile) {
  io::stop_listening(this->descriptor_);
  this->expect_silence();
  const int descriptors = count_descriptors();
  this->backend_->close_listener(this->own_);
  ASSERT_TRUE(this->run_until([&] { return count_descriptors() == descriptors - 1; }));
  this->expect_silence();
  this->connect();
}

// The address is not taken while it refuses, but may be by who insists.
TYPED_TEST(RefusalContract, CanNotListenWhereAnotherDoes) {
  io::stop_listening(this->descriptor_);
  this->run_turns(2);
  {
    const test_support::PortTaker other(this->own_port_);
    EXPECT_FALSE(this->backend_->listen_again(this->own_, 100));
    this->run_turns(3);
  }
  this->expect_silence();
  EXPECT_TRUE(this->backend_->listen_again(this->own_, 100));
  this->expect_accepts(3);
}

// Another thread stops it again and again while connections come: none is lost that is accepted,
// and in the end it accepts.
TYPED_TEST(RefusalContract, FromAnotherThread) {
  std::atomic<bool> ends = false;
  std::thread other([&] {
    while (!ends) {
      io::stop_listening(this->descriptor_);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  const uint64_t until = this->now() + 300 * this->kMillisecond;
  std::vector<Peer> peers;
  while (this->now() < until) {
    Peer peer = Peer::create();
    if (peer.connect_to(this->own_port_) == 0) peers.push_back(std::move(peer));
    this->turn(0);
    EXPECT_TRUE(this->backend_->listen_again(this->own_, 100));
    this->close_accepted();
  }
  ends = true;
  other.join();
  EXPECT_FALSE(peers.empty());
  EXPECT_TRUE(this->backend_->listen_again(this->own_, 100));
  this->run_turns(3);
  this->expect_accepts(5);
}

}  // namespace contract
