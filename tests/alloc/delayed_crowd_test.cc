// A hundred thousand delayed requests at once cost the worker their slots and nothing else: no
// chunk, no call of the allocator, and no work that grows with their number.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "http/server/budget.h"
#include "http/server/file_threads.h"
#include "http/server/worker.h"
#include "http/server/worker_impl.h"
#include "http/server/worker_invariants.h"
#include "io/posix_file_system.h"
#include "tests/alloc/crowd_backend.h"
#include "tests/alloc/trap.h"
#include "tests/integration/temporary_directory.h"

namespace alloc {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kTurn = 200'000;  // nanoseconds that pass in each turn
constexpr uint32_t kCrowd = kTrapWorks ? 100'000 : 5'000;

// Bytes of this process that are resident. Allocates nothing.
uint64_t resident_bytes() {
  char text[128] = {};
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  EXPECT_GT(read(file, text, sizeof(text) - 1), 0);
  close(file);
  const char* second = std::strchr(text, ' ');
  return std::strtoull(second, nullptr, 10) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

TEST(DelayedCrowd, CostsItsSlots) {
  const integration::TemporaryDirectory root;
  auto files = io::PosixFileSystem::open_root(root.path());
  ASSERT_TRUE(files.ok());
  http::server::FileThreads file_threads(**files);
  http::server::WorkerConfiguration configuration;
  configuration.connections = kCrowd + 1;
  configuration.chunks = 320;  // the least that a worker of spate has
  configuration.file_jobs = 4;
  configuration.timeouts = {60 * kSecond, 10 * kSecond, 10 * kSecond, 60 * kSecond, 30 * kSecond};
  configuration.content = {
      .memory_bytes = 1 << 20, .entries = 64, .files = 16, .memory_body_bytes = 12 * 1024};
  configuration.target_prefix = "/";
  CrowdBackend backend(kCrowd + 1,
                       "GET /plaintext?delay=10s HTTP/1.1\r\nHost: a\r\nUser-Agent: crowd/1\r\n"
                       "Accept: */*\r\n\r\n",
                       "Hello, World!");
  http::server::Worker<CrowdBackend> worker(configuration, **files, file_threads, backend);
  worker.listen(0);

  uint64_t now = kSecond;
  const auto turn = [&] {
    now += kTurn;
    backend.set_time(now);
    ASSERT_TRUE(worker.turn(core::kNever));
  };
  // One client, whose answer is made and kept for all others.
  backend.come(1);
  while (!backend.have_all_asked()) turn();
  now += 10 * kSecond;
  for (int i = 0; i < 10; ++i) turn();
  ASSERT_TRUE(backend.clients()[0].is_right);

  const Watch watch;
  const uint64_t resident = resident_bytes();
  arm();
  const uint64_t first_asked = now;
  backend.come(kCrowd);
  while (!backend.have_all_asked()) turn();
  const uint64_t grown = resident_bytes() - resident;
  worker.check_invariants();
  ASSERT_LT(now - first_asked, kSecond);
  EXPECT_EQ(worker.connection_count(), kCrowd + 1);
  EXPECT_EQ(worker.counters().sessions.requests, 1U);
  EXPECT_EQ(worker.counters().bytes_sent, backend.clients()[0].received);

  // What a slot of each kind takes that is used, as the budget says it. Those of output queues and
  // chunks are not. The first of the crowd is asked at one time and the last at another.
  const uint64_t per_connection = core::Slab<http::server::Connection>::slot_size() +
                                  core::TimerWheel::entry_size() + sizeof(http::h1::PacedAnswer) +
                                  core::TimerHeap::entry_size();
  if (kTrapWorks) {
    EXPECT_LE(grown, per_connection * kCrowd + 256 * 1024);
  }
  EXPECT_LE(per_connection, 1200U);

  while (now < first_asked + 10 * kSecond) turn();
  const uint64_t turns = backend.counters().turns;
  const auto answered = [&] { return worker.counters().sessions.requests == kCrowd + 1; };
  while (!(answered() && backend.is_idle()) && now < first_asked + 20 * kSecond) turn();
  const Counts counts = disarm();
  worker.check_invariants();
  EXPECT_EQ(counts.allocations, 0U) << first_offender();
  EXPECT_EQ(counts.frees, 0U) << first_offender();
  EXPECT_EQ(worker.counters().shed, 0U);
  EXPECT_EQ(worker.counters().closed, 0U);
  EXPECT_TRUE(std::ranges::all_of(backend.clients(), [&](const CrowdBackend::Client& client) {
    return client.is_right && client.received == backend.clients()[0].received &&
           client.answered_at >= client.asked_at + 10 * kSecond;
  }));
  // They go on 64 in a turn, in the order in which they are due.
  EXPECT_LE(backend.counters().turns - turns, kCrowd / 64 + 100);
  std::printf("%u delayed requests: %.0f bytes each\n", kCrowd,
              static_cast<double>(grown) / kCrowd);
}

}  // namespace
}  // namespace alloc
