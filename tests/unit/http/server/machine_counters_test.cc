#include "http/server/machine_counters.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

#include "tests/support/temporary_directory.h"

namespace http::server {
namespace {

// A directory that stands for "/" of another machine.
class MachineCounters : public ::testing::Test {
 protected:
  void file(const std::string& path, const std::string& text) {
    directory_.write(path.substr(1), text);
  }
  metrics::LoadSample::Network network() const { return read_network_counters(directory_.path()); }
  auto processors(const std::vector<int>& cpus) const {
    return read_processor_times(cpus, directory_.path());
  }
  auto run_delay(int id) const { return read_run_delay(id, directory_.path()); }

  test_support::TemporaryDirectory directory_;
};

TEST_F(MachineCounters, NothingIsMounted) {
  const auto none = network();
  EXPECT_EQ(none.accept_overflows, std::nullopt);
  EXPECT_EQ(none.accept_drops, std::nullopt);
  EXPECT_EQ(none.segments_sent, std::nullopt);
  EXPECT_EQ(none.retransmits, std::nullopt);
  EXPECT_EQ(none.zero_windows, std::nullopt);
  EXPECT_EQ(none.window_probes, std::nullopt);
  EXPECT_FALSE(processors({0}).has_value());
  EXPECT_EQ(run_delay(17), std::nullopt);
}

TEST_F(MachineCounters, NetworkByName) {
  file("/proc/net/netstat",
       "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPToZeroWindowAdv TCPWinProbe\n"
       "TcpExt: 1 22 33 44 55\n"
       "IpExt: InNoRoutes ListenOverflows\n"
       "IpExt: 7 8\n");
  file("/proc/net/snmp",
       "Ip: OutSegs RetransSegs\nIp: 1 2\n"
       "Tcp: RtoAlgorithm MaxConn OutSegs RetransSegs\nTcp: 1 -1 18446744073709551615 77\n");
  const auto all = network();
  EXPECT_EQ(all.accept_overflows, 22U);
  EXPECT_EQ(all.accept_drops, 33U);
  EXPECT_EQ(all.zero_windows, 44U);
  EXPECT_EQ(all.window_probes, 55U);
  EXPECT_EQ(all.segments_sent, UINT64_MAX);
  EXPECT_EQ(all.retransmits, 77U);
}

// An older kernel has fewer of them, and a broken line tells no number for a name.
TEST_F(MachineCounters, WhatIsMissingIsNotTold) {
  file("/proc/net/netstat", "TcpExt: ListenOverflows ListenDrops TCPWinProbe\nTcpExt: 22 many\n");
  const auto some = network();
  EXPECT_EQ(some.accept_overflows, 22U);
  EXPECT_EQ(some.accept_drops, std::nullopt);
  EXPECT_EQ(some.window_probes, std::nullopt);
  EXPECT_EQ(some.zero_windows, std::nullopt);
  EXPECT_EQ(some.retransmits, std::nullopt);
  file("/proc/net/netstat", "TcpExt: ListenOverflows\n");
  EXPECT_EQ(network().accept_overflows, std::nullopt);
  file("/proc/net/netstat", "");
  EXPECT_EQ(network().accept_overflows, std::nullopt);
}

TEST_F(MachineCounters, ProcessorsOfTheServerAlone) {
  file("/proc/stat",
       "cpu  100 0 100 100 100 100 100 100 0 0\n"
       "cpu0 1 2 3 10 20 4 5 6 0 0\n"
       "cpu1 100 100 100 100 100 100 100 100 0 0\n"
       "cpu10 1 1 1 1 1 1 1 1 0 0\n"
       "intr 1 2 3\n");
  const auto tick = static_cast<uint64_t>(1'000'000'000 / sysconf(_SC_CLK_TCK));
  const auto first = processors({0});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->total, 51 * tick);
  EXPECT_EQ(first->idle, 30 * tick);
  EXPECT_EQ(first->softirq, 5 * tick);
  EXPECT_EQ(first->steal, 6 * tick);
  const auto both = processors({10, 0});
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->total, 59 * tick);
  EXPECT_FALSE(processors({0, 2}).has_value()) << "one is not told";
  EXPECT_FALSE(processors({}).has_value());
  file("/proc/stat", "cpu0 1 2 3 10\n");
  EXPECT_FALSE(processors({0}).has_value()) << "an old kernel";
}

TEST_F(MachineCounters, RunDelay) {
  file("/proc/self/task/17/schedstat", "5000 123 4\n");
  EXPECT_EQ(run_delay(17), 123U);
  EXPECT_EQ(run_delay(18), std::nullopt);
  file("/proc/self/task/17/schedstat", "0 0 0\n");
  EXPECT_EQ(run_delay(17), std::nullopt) << "a kernel that does not count";
  file("/proc/self/task/17/schedstat", "5000\n");
  EXPECT_EQ(run_delay(17), std::nullopt);
}

TEST(CpuTime, OfAThread) {
  const std::optional<uint64_t> before = read_cpu_time(CLOCK_THREAD_CPUTIME_ID);
  ASSERT_TRUE(before.has_value());
  while (*read_cpu_time(CLOCK_THREAD_CPUTIME_ID) < *before + 1'000'000) {
  }
  clockid_t clock{};
  std::thread([&clock] { pthread_getcpuclockid(pthread_self(), &clock); }).join();
  // A thread can be joined a moment before the kernel has forgotten it.
  for (int i = 0; i < 10'000 && read_cpu_time(clock).has_value(); ++i) usleep(1000);
  EXPECT_EQ(read_cpu_time(clock), std::nullopt) << "it has ended";
}

}  // namespace
}  // namespace http::server
