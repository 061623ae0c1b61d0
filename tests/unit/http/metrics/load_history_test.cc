#include "http/metrics/load_history.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace http::metrics {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// A server of two workers, second by second.
class Machine {
 public:
  explicit Machine(LoadHistory& history) : history_(history) {
    sample_.time = 5 * kSecond;
    sample_.workers.resize(2);
    for (LoadSample::Worker& worker : sample_.workers) worker.run_delay = 0;
    sample_.processors = LoadSample::Processors{};
    sample_.network.accept_overflows = 1000;  // from before the start
    history_.add(sample_);
  }

  // So many seconds, in each of which every worker is busy for that share.
  Machine& pass(int seconds, double busy) {
    for (int i = 0; i < seconds; ++i) {
      sample_.time += kSecond;
      for (LoadSample::Worker& worker : sample_.workers) {
        worker.cpu_time += static_cast<uint64_t>(busy * kSecond);
        *worker.run_delay += kSecond / 100;
      }
      sample_.requests += static_cast<uint64_t>(busy * 1000);
      sample_.processors->total += 2 * kSecond;
      sample_.processors->idle += static_cast<uint64_t>((1 - busy) * 2 * kSecond);
      sample_.processors->softirq += kSecond / 10;
      ++*sample_.network.accept_overflows;
      history_.add(sample_);
    }
    return *this;
  }
  LoadSample& sample() { return sample_; }

 private:
  LoadHistory& history_;
  LoadSample sample_;
};

TEST(LoadHistory, WithoutSamplesThereIsNoLoad) {
  LoadHistory history;
  EXPECT_EQ(history.last_load().seconds, 0);
  Machine machine(history);
  EXPECT_EQ(history.last_load().seconds, 0);
  machine.pass(100, 0.001);
  EXPECT_EQ(history.last_load().seconds, 0) << "less than 1 % of a processor is nothing";
  EXPECT_EQ(judge(history.last_load()).limit, Limit::none);
}

TEST(LoadHistory, IsOfTheSecondsOfTheLastRun) {
  LoadHistory history;
  Machine machine(history);
  machine.pass(10, 0).pass(20, 0.9).pass(30, 0).pass(12, 0.5).pass(100, 0.001);
  const LoadFacts facts = history.last_load();
  EXPECT_EQ(facts.seconds, 10) << "all but the first and the last";
  EXPECT_EQ(facts.requests, 5000U);
  ASSERT_EQ(facts.busy.size(), 2U);
  EXPECT_NEAR(facts.busy[0], 0.5, 1e-9);
  EXPECT_NEAR(facts.busy[1], 0.5, 1e-9);
  EXPECT_NEAR(facts.run_delay[0].value(), 0.01, 1e-9);
  EXPECT_NEAR(facts.processors, 2, 1e-9);
  EXPECT_NEAR(facts.idle.value(), 0.5, 1e-9);
  EXPECT_NEAR(facts.softirq.value(), 0.05, 1e-9);
  EXPECT_EQ(facts.accept_overflows, 10U) << "not those of other times";
  EXPECT_EQ(facts.retransmits, std::nullopt);
}

TEST(LoadHistory, OfARunThatIsShortNothingIsLeftOut) {
  LoadHistory history;
  Machine machine(history);
  machine.pass(5, 0).pass(2, 0.5).pass(5, 0);
  EXPECT_EQ(history.last_load().seconds, 2);
  EXPECT_EQ(history.last_load().requests, 1000U);
}

TEST(LoadHistory, GoesOnWhileTheRunDoes) {
  LoadHistory history;
  Machine machine(history);
  machine.pass(5, 0).pass(20, 0.5);
  EXPECT_EQ(history.last_load().seconds, 18);
}

TEST(LoadHistory, ShortPausesBelongToTheRun) {
  LoadHistory history;
  Machine machine(history);
  machine.pass(5, 0).pass(3, 0.5).pass(2, 0).pass(3, 0.5).pass(9, 0);
  EXPECT_EQ(history.last_load().seconds, 6);
  machine.pass(3, 0.5).pass(3, 0).pass(4, 0.5);
  EXPECT_EQ(history.last_load().seconds, 2) << "the run of four, after a pause of three";
}

// A health check in each second is nothing beside what came before.
TEST(LoadHistory, ATrickleIsNoRun) {
  LoadHistory history;
  Machine machine(history);
  machine.pass(10, 0.8).pass(100, 0.05);
  EXPECT_EQ(history.last_load().seconds, 8);
}

TEST(LoadHistory, KeepsTenMinutes) {
  LoadHistory history;
  Machine machine(history);
  machine.pass(10, 0.8).pass(595, 0);
  EXPECT_EQ(history.last_load().seconds, 3) << "of the run five seconds are left";
  machine.pass(10, 0);
  EXPECT_EQ(history.last_load().seconds, 0);
  machine.pass(700, 0.8);
  EXPECT_EQ(history.last_load().seconds, 598);
}

// A file of /proc that is gone, or comes, leaves nothing to compare with.
TEST(LoadHistory, WhatIsNotKnownAtBothEndsIsNotKnown) {
  LoadHistory history;
  Machine machine(history);
  machine.pass(5, 0.5);
  machine.sample().processors = std::nullopt;
  machine.sample().network.accept_overflows = std::nullopt;
  machine.sample().workers[1].run_delay = std::nullopt;
  machine.sample().time += kSecond;
  machine.sample().workers[0].cpu_time += kSecond;
  history.add(machine.sample());
  history.add(machine.sample());  // no time passes between them
  LoadSample last = machine.sample();
  last.time += kSecond;
  last.workers[0].cpu_time += kSecond;
  history.add(last);
  last.time += kSecond;
  last.workers[0].cpu_time += kSecond;
  history.add(last);
  const LoadFacts facts = history.last_load();
  EXPECT_EQ(facts.idle, std::nullopt);
  EXPECT_EQ(facts.accept_overflows, std::nullopt);
  EXPECT_EQ(facts.run_delay[1], std::nullopt);
  EXPECT_TRUE(facts.run_delay[0].has_value());
}

}  // namespace
}  // namespace http::metrics
