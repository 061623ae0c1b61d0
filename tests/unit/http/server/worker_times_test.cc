// What a worker counts and measures, on both backends: every request once, with every byte, and no
// time in which nothing was done for it.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/http/server/worker_fixture.h"

namespace http::server {
namespace {

template <class B>
class WorkerTimes : public WorkerTest<B> {
 protected:
  void SetUp() override {
    WorkerTest<B>::SetUp();
    this->configuration_.measures_times = true;
    this->configuration_.target_prefix = "/t/";
  }

  const core::LatencyHistogram& service() { return this->worker_->service_times()->service(); }
  const core::LatencyHistogram& lateness() { return this->worker_->service_times()->lateness(); }

  static std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  // Until so many have been recorded, in the turns after which the client has got its answer.
  void expect_recorded(uint64_t requests, uint64_t waits) {
    EXPECT_TRUE(this->run_until([&] {
      return this->service().count() == requests && this->lateness().count() == waits;
    })) << service().count()
        << " and " << lateness().count();
    this->run_for(20 * kMillisecond);
    EXPECT_EQ(service().count(), requests) << "none twice";
    EXPECT_EQ(lateness().count(), waits);
  }
  void ask(Client& client, const std::string& bytes, const std::string& end) {
    client.text.clear();
    client.peer.write(bytes);
    EXPECT_TRUE(this->run_until([&] {
      client.pump();
      return client.text.ends_with(end);
    })) << client.text;
  }
};
TYPED_TEST_SUITE(WorkerTimes, Backends, BackendNames);

TYPED_TEST(WorkerTimes, EveryRequestOnceWithEveryByte) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  uint64_t received = 0;
  const auto ask = [&](const std::string& bytes) {
    received += bytes.size();
    this->ask(*client, bytes, "small file\n");
  };
  for (int i = 0; i < 10; ++i) ask(kRequest);
  std::string pipeline;
  // More than go out at a time.
  for (int i = 0; i < 300; ++i) pipeline += kRequest;
  received += pipeline.size();
  client->peer.write(pipeline);
  this->expect_recorded(310, 0);
  client->pump();
  const WorkerCounters& counters = this->worker_->counters();
  EXPECT_EQ(counters.sessions.requests, 310U);
  EXPECT_EQ(counters.sessions.responses.of(200), 310U);
  EXPECT_EQ(counters.bytes_received, received);
  EXPECT_EQ(counters.bytes_sent, client->bytes);
  EXPECT_EQ(counters.accepted, 1U);
  EXPECT_EQ(counters.closed, 0U);
  client->peer.reset();
  ASSERT_TRUE(this->run_until([&] { return counters.closed == 1; }));
}

// A head that comes in two pieces with a pause between them is not served in the pause.
TYPED_TEST(WorkerTimes, APauseOfTheClientIsNoService) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  this->ask(*client, kRequest, "small file\n");
  client->peer.write("GET /small HTT");
  this->run_for(300 * kMillisecond);
  this->ask(*client, "P/1.1\r\nHost: a\r\n\r\n", "small file\n");
  this->expect_recorded(2, 0);
  EXPECT_LT(this->service().max(), 250 * kMillisecond);
}

// But a response is not served before its last byte is out.
TYPED_TEST(WorkerTimes, ALongResponseTakesAsLongAsItsReader) {
  this->start(4096);
  if (this->worker_ == nullptr) return;
  auto client = this->connect(4096);
  client->peer.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  this->run_for(200 * kMillisecond);
  EXPECT_EQ(this->service().count(), 0U);
  const WorkerCounters& counters = this->worker_->counters();
  EXPECT_EQ(counters.sessions.requests, 1U);
  ASSERT_TRUE(this->run_until([&] {
    client->pump();
    return client->bytes > 64 * 1024 * 1024;
  }));
  this->expect_recorded(1, 0);
  EXPECT_GT(this->service().max(), 200 * kMillisecond);
  EXPECT_EQ(counters.bytes_sent, client->bytes);
}

TYPED_TEST(WorkerTimes, DelaysAreMeasuredByTheirLateness) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  for (int i = 0; i < 5; ++i) this->ask(*client, this->get("/t/delay/30ms"), "}\n");
  this->expect_recorded(0, 5);
  // epoll counts in milliseconds, and the machine may be busy: but 30 ms are not in it.
  EXPECT_LT(this->lateness().min(), 20 * kMillisecond);
  this->ask(*client, kRequest, "small file\n");
  this->expect_recorded(1, 5);
  EXPECT_LT(this->service().max(), 30 * kMillisecond);
}

TYPED_TEST(WorkerTimes, EachWaitOfADrip) {
  this->start();
  if (this->worker_ == nullptr) return;
  auto client = this->connect();
  // On a busy machine two pieces that are due 20 ms apart can go out together.
  client->peer.write(this->get("/t/drip?bytes=3&duration=400ms&delay=200ms"));
  this->expect_recorded(0, 3);
}

// Clients that leave in the middle of everything, and others in their slots.
TYPED_TEST(WorkerTimes, WhoLeavesIsNotMeasured) {
  this->start();
  if (this->worker_ == nullptr) return;
  for (int i = 0; i < 5; ++i) {
    auto client = this->connect();
    client->peer.write(this->get("/t/delay/10s"));
    ASSERT_TRUE(
        this->run_until([&] { return this->requests() == static_cast<uint64_t>(2 * i + 1); }));
    client->peer.reset();
    ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
    auto next = this->connect();
    this->ask(*next, kRequest, "small file\n");
    next->peer.reset();
    ASSERT_TRUE(this->run_until([&] { return this->worker_->connection_count() == 0; }));
  }
  this->expect_recorded(5, 0);
}

TYPED_TEST(WorkerTimes, NothingIsMeasuredUnlessAskedFor) {
  this->configuration_.measures_times = false;
  this->start();
  if (this->worker_ == nullptr) return;
  EXPECT_EQ(this->worker_->service_times(), nullptr);
  auto client = this->connect();
  this->ask(*client, kRequest, "small file\n");
  EXPECT_EQ(this->worker_->counters().sessions.responses.of(200), 1U) << "but counted";
}

}  // namespace
}  // namespace http::server
