// Listeners of several owners that refuse together, and a worker that has them do so because of a
// request, on both backends.
#include "http/server/refusal.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/port_taker.h"
#include "tests/unit/http/server/worker_fixture.h"

namespace http::server {
namespace {

using contract::Descriptor;
using contract::Peer;

class RefusalTest : public ::testing::Test {
 protected:
  // An owner with a listener.
  struct Owner {
    io::Address address{"127.0.0.1", 0, false};
    Descriptor listener{io::listen_on(address, 1).value()[0]};
    Descriptor event{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};

    bool refuses() const { return Peer::create().connect_to(address.port) == ECONNREFUSED; }
    bool was_woken() const {
      uint64_t count = 0;
      return read(event.get(), &count, sizeof(count)) == sizeof(count);
    }
    void listen() const { EXPECT_TRUE(io::listen_again(listener.get(), 10)); }
  };

  void SetUp() override {
    for (const Owner& owner : owners_) {
      refusal_.add(&owner, owner.listener.get(), io::Waker(owner.event.get()));
    }
  }

  Owner owners_[3];
  Refusal refusal_;
};

TEST_F(RefusalTest, AllRefuseWhenItBeginsAndAllAreWoken) {
  for (const Owner& owner : owners_) {
    EXPECT_FALSE(owner.refuses());
    EXPECT_FALSE(owner.was_woken());
  }
  refusal_.begin(100);
  EXPECT_EQ(refusal_.until(), 100U);
  for (const Owner& owner : owners_) {
    EXPECT_TRUE(owner.refuses());
    EXPECT_TRUE(owner.was_woken());
  }
}

TEST_F(RefusalTest, EndsWithTheLongest) {
  refusal_.begin(100);
  refusal_.begin(300);
  refusal_.begin(200);
  EXPECT_EQ(refusal_.until(), 300U);
  const auto listen = [this] { owners_[0].listen(); };
  EXPECT_FALSE(refusal_.listen_at(299, listen));
  EXPECT_TRUE(owners_[0].refuses());
  EXPECT_TRUE(refusal_.listen_at(300, listen));
  EXPECT_FALSE(owners_[0].refuses());
  EXPECT_TRUE(owners_[1].refuses()) << "the others see to it themselves";
  // The next one finds some that refuse and some that do not.
  refusal_.begin(400);
  EXPECT_TRUE(owners_[0].refuses());
  EXPECT_FALSE(refusal_.listen_at(399, listen));
}

TEST_F(RefusalTest, WhoHasLeftIsLeftAlone) {
  refusal_.remove(&owners_[1]);
  refusal_.begin(100);
  EXPECT_TRUE(owners_[0].refuses());
  EXPECT_FALSE(owners_[1].refuses());
  EXPECT_FALSE(owners_[1].was_woken());
  EXPECT_TRUE(owners_[2].refuses());
}

// --- a worker ---------------------------------------------------------------------------------

template <class B>
class WorkerRefusal : public WorkerTest<B> {
 protected:
  void start() {
    this->configuration_.target_prefix = "/";
    io::Address address{"127.0.0.1", 0, false};
    auto listeners = io::listen_on(address, 1);
    ASSERT_TRUE(listeners.ok());
    this->port_ = address.port;
    auto created = B::create(io::Capacity{this->configuration_.connections + kAcceptSlack, 1});
    if (!created.ok()) GTEST_SKIP() << created.error().message;
    this->backend_ = std::move(*created);
    this->worker_ =
        std::make_unique<Worker<B>>(this->configuration_, *this->files_, *this->file_threads_,
                                    *this->backend_, nullptr, &refusal_);
    this->worker_->listen(listeners.value()[0]);
  }

  static std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  bool refuses() const { return Peer::create().connect_to(this->port_) == ECONNREFUSED; }
  // The client is told of a reset.
  bool is_reset(Client& client) {
    char byte;
    ssize_t result = -EAGAIN;
    EXPECT_TRUE(this->run_until([&] { return (result = client.peer.read(&byte, 1)) != -EAGAIN; }));
    return result == -ECONNRESET;
  }
  void expect_served() {
    auto client = this->connect();
    client->peer.write(kRequest);
    EXPECT_TRUE(this->run_until([&] {
      client->pump();
      return client->text.ends_with("small file\n");
    }));
  }
  const WorkerCounters& counters() const { return this->worker_->counters(); }

  Refusal refusal_;
};
TYPED_TEST_SUITE(WorkerRefusal, Backends, BackendNames);

// Idle, in a delay, in the middle of a download: all are reset. Before the one that asked is told,
// nobody is let in.
TYPED_TEST(WorkerRefusal, IsLikeACrash) {
  this->start();
  if (this->worker_ == nullptr) return;
  std::vector<std::unique_ptr<Client>> others;
  for (const std::string& sent : {std::string(), std::string(kRequest), this->get("/delay/10s"),
                                  std::string("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")}) {
    others.push_back(this->connect(4096));
    others.back()->peer.write(sent);
  }
  ASSERT_TRUE(this->run_until([&] { return this->requests() == 3; }));
  auto client = this->connect();
  client->peer.write(this->get("/json?fault=refuse:300ms"));
  const uint64_t start = core::read_system_clock().monotonic;
  EXPECT_TRUE(this->is_reset(*client));
  EXPECT_TRUE(this->refuses());
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
  for (auto& other : others) {
    // What came before the reset can be read, or not, as the kernel likes it.
    ASSERT_TRUE(this->run_until([&] {
      other->pump();
      return other->ended;
    }));
  }
  EXPECT_EQ(this->counters().refusals, 1U);
  EXPECT_EQ(this->counters().refusal_resets, 4U);
  EXPECT_EQ(this->counters().sessions.faults, 1U);
  ASSERT_TRUE(this->run_until([&] { return !this->refuses(); }));
  EXPECT_GE(core::read_system_clock().monotonic - start, 300 * kMillisecond);
  this->expect_served();
  EXPECT_EQ(this->counters().accept_errors, 0U);
}

// Two requests in one turn: the longer one counts, in whatever order they come.
TYPED_TEST(WorkerRefusal, TheLongestEndWins) {
  this->start();
  if (this->worker_ == nullptr) return;
  for (const auto& [first, second] : {std::pair("20ms", "250ms"), std::pair("250ms", "20ms")}) {
    auto one = this->connect();
    auto other = this->connect();
    ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 2; }));
    const uint64_t start = core::read_system_clock().monotonic;
    one->peer.write(this->get(std::string("/json?fault=refuse:") + first));
    other->peer.write(this->get(std::string("/json?fault=refuse:") + second));
    EXPECT_TRUE(this->is_reset(*one));
    EXPECT_TRUE(this->is_reset(*other));
    if (this->counters().refusal_resets > 0) GTEST_SKIP() << "they came in two turns";
    ASSERT_TRUE(this->run_until([&] { return !this->refuses(); }));
    EXPECT_GE(core::read_system_clock().monotonic - start, 250 * kMillisecond);
    this->expect_served();
    ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
  }
}

// One after the other, and of no time at all.
TYPED_TEST(WorkerRefusal, Again) {
  this->start();
  if (this->worker_ == nullptr) return;
  for (const char* time : {"0", "1ns", "1ms", "20ms", "0", "5ms"}) {
    auto client = this->connect();
    client->peer.write(this->get(std::string("/json?fault=refuse:") + time));
    EXPECT_TRUE(this->is_reset(*client));
    ASSERT_TRUE(this->run_until([&] { return !this->refuses(); }));
    this->expect_served();
  }
  EXPECT_EQ(this->counters().refusals, 6U);
}

TYPED_TEST(WorkerRefusal, TheDelayAndWhatWasAnsweredComeFirst) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  const uint64_t start = core::read_system_clock().monotonic;
  client->peer.write(kRequest + this->get("/json?delay=50ms&fault=refuse:1ms") + kRequest);
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->ended;
  }));
  EXPECT_TRUE(client->text.ends_with("small file\n"));
  EXPECT_EQ(this->requests(), 2U) << "what came behind it is not answered";
  EXPECT_GE(core::read_system_clock().monotonic - start, 50 * kMillisecond);
  ASSERT_TRUE(this->run_until([&] { return !this->refuses(); }));
}

// While another program has the address, which it may have taken meanwhile.
TYPED_TEST(WorkerRefusal, TriesAgainWhereAnotherListens) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  client->peer.write(this->get("/json?fault=refuse:50ms"));
  EXPECT_TRUE(this->is_reset(*client));
  {
    const test_support::PortTaker other(this->port_);
    ASSERT_TRUE(this->run_until([&] { return this->counters().accept_errors >= 2; }));
  }
  ASSERT_TRUE(this->run_until([&] { return !this->refuses(); }));
  this->expect_served();
}

// Of a drain that begins meanwhile only the drain is left.
TYPED_TEST(WorkerRefusal, ADrainEndsIt) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  client->peer.write(this->get("/json?fault=refuse:50ms"));
  EXPECT_TRUE(this->is_reset(*client));
  this->worker_->drain();
  const uint64_t end = core::read_system_clock().monotonic + 20 * kSecond;
  while (this->worker_->turn(core::read_system_clock().monotonic + kMillisecond)) {
    ASSERT_LT(core::read_system_clock().monotonic, end);
  }
  EXPECT_TRUE(this->refuses());
  EXPECT_EQ(this->worker_->connection_count(), 0U);
}

// In a drain nobody is let in anyway; others that are still served are not disturbed.
TYPED_TEST(WorkerRefusal, DoesNotBeginInADrain) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto waiting = this->connect();
  waiting->peer.write(this->get("/json?delay=200ms"));
  auto client = this->connect();
  client->peer.write(this->get("/json?delay=50ms&fault=refuse:60s"));
  ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 2; }));
  this->run_for(20 * kMillisecond);
  this->worker_->drain();
  const uint64_t end = core::read_system_clock().monotonic + 20 * kSecond;
  while (this->worker_->turn(core::read_system_clock().monotonic + kMillisecond)) {
    waiting->pump();
    ASSERT_LT(core::read_system_clock().monotonic, end);
  }
  waiting->pump();
  EXPECT_TRUE(waiting->answered("200"));
  EXPECT_EQ(this->counters().refusals, 0U);
  EXPECT_EQ(this->refusal_.until(), 0U);
}

}  // namespace
}  // namespace http::server
