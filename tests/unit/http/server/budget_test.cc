#include "http/server/budget.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/server/admin_listener.h"
#include "io/epoll_backend.h"
#include "io/uring_backend.h"

namespace http::server {
namespace {

SystemFacts machine(std::size_t cpus, uint64_t descriptors) {
  SystemFacts facts;
  facts.cpus.assign(cpus, 0);
  facts.descriptors = facts.descriptors_hard = descriptors;
  return facts;
}

Options options(uint32_t threads, uint32_t max_connections, std::size_t listeners = 1) {
  Options options;
  options.threads = threads;
  options.max_connections = max_connections;
  options.listen.assign(listeners, io::Address{"127.0.0.1", 8080, false});
  return options;
}

std::string error_of(const Options& options, const SystemFacts& system) {
  const auto budget = make_budget(options, system, false);
  return budget.ok() ? "none" : budget.error().message;
}

void check(const Budget& budget, const Options& options, const SystemFacts& system) {
  const WorkerConfiguration& worker = budget.worker;
  ASSERT_GE(worker.connections, 1u);
  ASSERT_GE(worker.content.files, 1u);
  ASSERT_GE(worker.content.entries, 1u);
  ASSERT_GE(worker.chunks, 16u) << "more than are kept in reserve";
  ASSERT_EQ(budget.connections, worker.connections * budget.threads);
  ASSERT_EQ(budget.cached_files, worker.content.files * budget.threads);
  if (options.max_connections != 0) {
    ASSERT_LE(budget.connections, options.max_connections);
    ASSERT_GT(budget.connections + budget.threads, options.max_connections);
  }
  // What the workers can really open, counted here once more.
  const uint64_t per_worker = uint64_t{worker.connections} + kAcceptSlack + worker.content.files +
                              options.listen.size() + 4;  // ring, waker, a file being looked at
  ASSERT_LE(budget.threads * per_worker + 16, system.descriptors);
  ASSERT_LE(budget.descriptors, system.descriptors);
  ASSERT_GE(budget.descriptors, budget.threads * per_worker);

  ASSERT_EQ(worker.limits.head.head_bytes + io::kMaxRecv <= core::ChunkPool::kChunkSize, true);
  ASSERT_GE(worker.content.memory_bytes, 64u * 1024);
  ASSERT_LE(worker.content.memory_bytes,
            std::max<uint64_t>(options.cache_bytes / budget.threads, 64 * 1024));

  uint64_t sum = 0;
  for (const BudgetLine& line : budget.lines) {
    ASSERT_GT(line.count, 0u) << line.name;
    ASSERT_GT(line.bytes_each, 0u) << line.name;
    ASSERT_EQ(line.bytes(), line.count * line.bytes_each);
    ASSERT_FALSE(line.touched.empty());
    sum += line.bytes();
  }
  ASSERT_EQ(budget.worker_bytes(), sum);
}

TEST(Budget, FitsWheneverItIsGiven) {
  int made = 0;
  int refused = 0;
  for (const bool uring : {false, true}) {
    for (const uint64_t descriptors :
         std::vector<uint64_t>{0,   1,   16,  64,  128, 170,  171,  172,    173,    180,      200,
                               256, 311, 312, 313, 500, 1024, 4096, 20'000, 65'536, 1'048'576}) {
      for (const std::size_t cpus : std::vector<std::size_t>{1, 2, 3, 7, 8, 64, 512, 8192}) {
        for (const uint32_t threads : {0u, 1u, 2u, 3u, 16u, 100u, 1024u}) {
          for (const uint32_t connections :
               {0u, 1u, 2u, 5u, 10u, 33u, 1000u, 100'000u, 8'388'608u}) {
            for (const std::size_t listeners : {1u, 3u}) {
              Options wanted = options(threads, connections, listeners);
              wanted.cache_bytes = connections % 2 == 0 ? 0 : 64 << 20;
              const SystemFacts system = machine(cpus, descriptors);
              const auto budget = make_budget(wanted, system, uring);
              if (!budget.ok()) {
                ++refused;
                ASSERT_EQ(budget.error().message.find('\n'), std::string::npos);
                continue;
              }
              ++made;
              ASSERT_NO_FATAL_FAILURE(check(budget.value(), wanted, system))
                  << descriptors << " descriptors, " << cpus << " CPUs, " << threads << " threads, "
                  << connections << " connections, " << listeners << " listeners";
            }
          }
        }
      }
    }
  }
  EXPECT_GT(made, 5000);
  EXPECT_GT(refused, 5000);
}

// From the first limit that is enough on, every greater one is.
TEST(Budget, MoreDescriptorsNeverHurt) {
  for (const uint32_t threads : {1u, 2u, 5u}) {
    for (const uint32_t connections : {0u, 5u, 100u}) {
      bool enough = false;
      uint32_t before = 0;
      for (uint64_t descriptors = 0; descriptors < 3000; ++descriptors) {
        const auto budget =
            make_budget(options(threads, connections), machine(4, descriptors), false);
        ASSERT_TRUE(budget.ok() || !enough) << descriptors;
        if (!budget.ok()) continue;
        enough = true;
        ASSERT_GE(budget.value().connections + threads, before) << descriptors;
        before = budget.value().connections;
      }
      EXPECT_TRUE(enough);
    }
  }
}

TEST(Budget, DefaultsOfAnOrdinaryMachine) {
  const auto made = make_budget(options(0, 0), machine(4, 20'000), true);
  ASSERT_TRUE(made.ok());
  const Budget& budget = made.value();
  EXPECT_EQ(budget.threads, 4u);
  EXPECT_EQ(budget.cached_files, 2500u);
  EXPECT_GT(budget.connections, 15'000u);
  EXPECT_EQ(budget.worker.file_jobs, 256u);
  EXPECT_EQ(budget.worker.content.memory_bytes, 16u << 20);
}

TEST(Budget, UnlimitedDescriptors) {
  const auto made = make_budget(options(2, 0), machine(2, UINT64_MAX), false);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made.value().connections, 1u << 20);
  EXPECT_EQ(made.value().cached_files, 4096u);
}

TEST(Budget, MaxConnectionsIsTheMostOfAllThreads) {
  const auto connections = [](uint32_t threads, uint32_t most) {
    const auto budget = make_budget(options(threads, most), machine(8, 100'000), false);
    return budget.ok() ? budget.value().connections : 0;
  };
  EXPECT_EQ(connections(1, 10), 10u);
  EXPECT_EQ(connections(2, 10), 10u);
  EXPECT_EQ(connections(3, 10), 9u);
  EXPECT_EQ(connections(10, 10), 10u);
  EXPECT_EQ(connections(1, 1), 1u);
}

TEST(Budget, FewerConnectionsThanThreads) {
  EXPECT_EQ(error_of(options(8, 3), machine(8, 100'000)),
            "--max-connections 3 is less than --threads 8: every thread needs a connection");
  // Nobody asked for eight threads, so there are three.
  const auto budget = make_budget(options(0, 3), machine(8, 100'000), false);
  ASSERT_TRUE(budget.ok());
  EXPECT_EQ(budget.value().threads, 3u);
  EXPECT_EQ(budget.value().connections, 3u);
}

TEST(Budget, ErrorsSayWhatIsNeededAndWhatToDo) {
  EXPECT_EQ(error_of(options(1, 0), machine(1, 64)),
            "RLIMIT_NOFILE is 64, but 175 descriptors are the least for 1 thread: raise it "
            "(ulimit -n) or use fewer --threads");
  EXPECT_EQ(error_of(options(1, 0), machine(1, 181)).substr(0, 20), "RLIMIT_NOFILE is 181");
  EXPECT_EQ(error_of(options(1, 0), machine(1, 182)), "none");
  EXPECT_EQ(error_of(options(0, 0), machine(64, 4096)),
            "RLIMIT_NOFILE is 4096, but 9184 descriptors are the least for 64 threads: raise it "
            "(ulimit -n) or use fewer --threads");
  EXPECT_EQ(error_of(options(2, 1000), machine(2, 1024)),
            "--max-connections 1000 with 2 threads needs 1372 descriptors, but RLIMIT_NOFILE is "
            "1024: raise it (ulimit -n) or ask for fewer");
  EXPECT_EQ(error_of(options(2, 1000), machine(2, 1393)).substr(0, 22), "--max-connections 1000");
  EXPECT_EQ(error_of(options(2, 1000), machine(2, 1394)), "none");
}

TEST(Budget, TimeoutsAreHandedOn) {
  Options wanted = options(1, 10);
  wanted.keep_alive_timeout = 1;
  wanted.header_timeout = 2;
  wanted.write_timeout = 3;
  wanted.drain_timeout = 4;
  wanted.body_timeout = 5;
  wanted.min_rate = 6;
  const auto budget = make_budget(wanted, machine(1, 1000), false);
  ASSERT_TRUE(budget.ok());
  EXPECT_EQ(budget.value().worker.timeouts.keep_alive, 1u);
  EXPECT_EQ(budget.value().worker.timeouts.header, 2u);
  EXPECT_EQ(budget.value().worker.timeouts.write, 3u);
  EXPECT_EQ(budget.value().worker.timeouts.drain, 4u);
  EXPECT_EQ(budget.value().worker.timeouts.body, 5u);
  EXPECT_EQ(budget.value().worker.min_rate, 6u);
}

TEST(Budget, LimitsAreHandedOn) {
  Options wanted = options(1, 10);
  wanted.max_head_bytes = 1;
  wanted.max_target_bytes = 2;
  wanted.max_fields = 3;
  wanted.max_body_bytes = 4;
  wanted.max_requests = 5;
  const auto budget = make_budget(wanted, machine(1, 1000), false);
  ASSERT_TRUE(budget.ok());
  EXPECT_EQ(budget.value().worker.limits.head.head_bytes, 1u);
  EXPECT_EQ(budget.value().worker.limits.head.target_bytes, 2u);
  EXPECT_EQ(budget.value().worker.limits.head.fields, 3u);
  EXPECT_EQ(budget.value().worker.limits.body_bytes, 4u);
  EXPECT_EQ(budget.value().worker.limits.requests, 5u);
}

// What it opens itself is not left for connections, and what it keeps of each is in the sum.
TEST(Budget, AdminListenerTakesItsPart) {
  Options wanted = options(1, 0);
  const auto without = make_budget(wanted, machine(1, 1000), false);
  wanted.admin = io::Address{"127.0.0.1", 9090, false};
  const auto with = make_budget(wanted, machine(1, 1000), false);
  ASSERT_TRUE(without.ok() && with.ok());
  EXPECT_FALSE(without.value().worker.measures_times);
  EXPECT_TRUE(with.value().worker.measures_times);
  EXPECT_LE(with.value().descriptors, 1000U);
  const uint32_t fewer = without.value().connections - with.value().connections;
  EXPECT_GE(2 * fewer, AdminListener::kDescriptors - 1) << "half of them were for files";
  const BudgetLine& line = with.value().lines.back();
  EXPECT_EQ(line.name, "times of requests");
  EXPECT_EQ(line.bytes(), ServiceTimes::memory_for(with.value().worker.connections + kAcceptSlack));
}

// The lines cover what a worker reserves: connections, timers, outputs, chunks, cache, backend.
TEST(Budget, LinesCoverTheReservations) {
  for (const bool uring : {false, true}) {
    const auto made = make_budget(options(2, 1000), machine(2, 20'000), uring);
    ASSERT_TRUE(made.ok());
    const WorkerConfiguration& worker = made.value().worker;
    const uint64_t slots = worker.connections + kAcceptSlack;
    const io::Capacity capacity{static_cast<uint32_t>(slots), 1};
    const uint64_t backend =
        uring ? io::UringBackend::memory_for(capacity) : io::EpollBackend::memory_for(capacity);
    const uint64_t reserved =
        slots * (core::Slab<Connection>::slot_size() + OutputPool::slot_size() +
                 core::TimerWheel::entry_size()) +
        uint64_t{worker.chunks} * (core::ChunkPool::kStride + 4) + worker.content.memory_bytes +
        ContentStore::memory_for(worker.content) + backend +
        worker.file_jobs * AwaitedFiles::memory_for(worker.content.memory_body_bytes);
    EXPECT_GE(made.value().worker_bytes(), reserved);
    EXPECT_LT(made.value().worker_bytes(), reserved + slots + 4096) << "but for rounding";
  }
}

// Only who asks for the limit per address pays for it.
TEST(Budget, ClientAddresses) {
  Options wanted = options(2, 1000);
  const auto without = make_budget(wanted, machine(2, 20'000), false);
  wanted.max_connections_per_address = 7;
  const auto with = make_budget(wanted, machine(2, 20'000), false);
  ASSERT_TRUE(without.ok() && with.ok());
  EXPECT_EQ(with.value().lines.size(), without.value().lines.size() + 1);
  EXPECT_EQ(with.value().counted_connections(), 2 * (500 + kAcceptSlack + 1));
  EXPECT_GE(with.value().threads * with.value().worker_bytes(),
            without.value().threads * without.value().worker_bytes() +
                AddressLimit::memory_for(with.value().counted_connections()));
}

TEST(FormatBytes, Units) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(1 << 20), "1.0 MiB");
  EXPECT_EQ(format_bytes(uint64_t{5} << 30), "5120.0 MiB");
}

}  // namespace
}  // namespace http::server
