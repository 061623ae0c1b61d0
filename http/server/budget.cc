#include "http/server/budget.h"

#include <algorithm>
#include <cstdio>

#include "http/server/admin_listener.h"
#include "io/epoll_backend.h"
#include "io/uring_backend.h"

namespace http::server {

namespace {

// Standard streams, the root, the signal descriptor, and a file that is being looked at, with room
// to spare for libraries.
constexpr uint64_t kProcessDescriptors = 32;
// A ring or an epoll instance, its waker, and files that are opened while others are evicted.
constexpr uint64_t kWorkerDescriptors = 8;
// Waits for the disk at a time, in a worker. A sixteenth of what all workers may open together, but
// as many as the threads that wait can use.
constexpr uint64_t kMinFileJobs = 4;
constexpr uint64_t kMaxFileJobs = 256;
// Enough for the files of a large site above the memory threshold; an eighth of a small limit.
constexpr uint64_t kMaxCachedFiles = 4096;
// Unless the options ask for more.
constexpr uint64_t kMaxConnections = 1U << 20;
// One for every eighth connection holds a partial head or unsent output at a time, and no attack
// makes it more: the slowest holders are closed. At least one for each receive buffer of io_uring
// (256): a turn can bring them all before the first answer goes out, and nobody is slow then.
constexpr uint32_t kMinChunks = 320;
constexpr uint32_t kMaxChunks = 1024;
// Up to here one copy into the socket is cheaper than a look at the file and sendfile: 8 KiB cost
// 4.5 microseconds so and 4.9 otherwise, 12 KiB 5.0 and 5.0, 16 KiB 5.4 and 5.1.
constexpr uint32_t kMemoryBodyBytes = 12 * 1024;
// A cached file costs 1 KiB of names, head and padding besides its body.
constexpr uint64_t kBytesPerEntry = 1024;
constexpr uint64_t kMinEntries = 256;
constexpr uint64_t kMaxEntries = 64 * 1024;
constexpr uint64_t kMinCacheBytes = 64 * 1024;
// A listing of 10,000 files with usual names takes 2.3 MB, and half of the cache at most.
constexpr uint64_t kMinListingBytes = 8 * 1024 * 1024;

std::string number(uint64_t value) {
  return std::to_string(value);
}

}  // namespace

uint64_t Budget::worker_bytes() const {
  uint64_t sum = 0;
  for (const BudgetLine& line : lines) sum += line.bytes();
  return sum;
}

std::string format_bytes(uint64_t bytes) {
  char text[32];
  const double value = static_cast<double>(bytes);
  if (bytes < 1024) {
    std::snprintf(text, sizeof(text), "%llu B", static_cast<unsigned long long>(bytes));
  } else if (bytes < 1024 * 1024) {
    std::snprintf(text, sizeof(text), "%.1f KiB", value / 1024);
  } else {
    std::snprintf(text, sizeof(text), "%.1f MiB", value / (1024 * 1024));
  }
  return text;
}

core::Result<Budget> make_budget(const Options& options, const SystemFacts& system, bool uring) {
  Budget budget;
  budget.threads = options.threads != 0 ? options.threads : system.usable_cpus();
  const uint64_t asked = options.max_connections;
  if (asked != 0 && asked < budget.threads) {
    if (options.threads != 0) {
      return core::Error{"--max-connections " + number(asked) + " is less than --threads " +
                         number(budget.threads) + ": every thread needs a connection"};
    }
    budget.threads = options.max_connections;
  }
  const std::string threads =
      number(budget.threads) + (budget.threads == 1 ? " thread" : " threads");

  // Every thread serves a connection and keeps a file open at least.
  const uint64_t limit = system.descriptors;
  const uint64_t file_jobs = std::clamp(limit / 16 / budget.threads, kMinFileJobs, kMaxFileJobs);
  const uint64_t fixed =
      kProcessDescriptors + (options.admin.has_value() ? AdminListener::kDescriptors : 0) +
      budget.threads * (kWorkerDescriptors + file_jobs + kAcceptSlack + options.listen.size());
  const uint64_t needed = fixed + budget.threads + std::max<uint64_t>(asked, budget.threads);
  if (needed > limit && asked != 0) {
    return core::Error{"--max-connections " + number(asked) + " with " + threads + " needs " +
                       number(needed) + " descriptors, but RLIMIT_NOFILE is " + number(limit) +
                       ": raise it (ulimit -n) or ask for fewer"};
  }
  if (needed > limit) {
    return core::Error{"RLIMIT_NOFILE is " + number(limit) + ", but " + number(needed) +
                       " descriptors are the least for " + threads +
                       ": raise it (ulimit -n) or use fewer --threads"};
  }
  const uint64_t rest = limit - fixed;  // for connections and files
  const uint64_t free = asked != 0 ? rest - asked : rest / 2;
  const uint64_t files =
      std::max<uint64_t>(std::min({limit / 8, kMaxCachedFiles, free}), budget.threads);
  const uint64_t connections = asked != 0 ? asked : std::min(rest - files, kMaxConnections);

  WorkerConfiguration& worker = budget.worker;
  worker.connections = static_cast<uint32_t>(connections / budget.threads);
  budget.connections = worker.connections * budget.threads;
  worker.chunks = std::clamp(worker.connections / 8, kMinChunks, kMaxChunks);
  worker.file_jobs = static_cast<uint32_t>(file_jobs);
  worker.timeouts = Timeouts{options.keep_alive_timeout, options.header_timeout,
                             options.body_timeout, options.write_timeout, options.drain_timeout};
  worker.min_rate = options.min_rate;
  // They may be as slow as each other, the client with its head and the server with its room.
  worker.patience = options.header_timeout;
  worker.limits.head =
      h1::HeadLimits{options.max_head_bytes, options.max_target_bytes, options.max_fields};
  worker.limits.body_bytes = options.max_body_bytes;
  worker.limits.requests = options.max_requests;
  worker.target_prefix = options.target;
  worker.measures_times = options.admin.has_value();
  worker.content.memory_bytes = std::max(options.cache_bytes / budget.threads,
                                         options.listing ? kMinListingBytes : kMinCacheBytes);
  worker.content.entries = static_cast<uint32_t>(
      std::clamp(worker.content.memory_bytes / kBytesPerEntry, kMinEntries, kMaxEntries));
  worker.content.files = static_cast<uint32_t>(files / budget.threads);
  worker.content.memory_body_bytes = kMemoryBodyBytes;
  worker.content.transients = worker.connections + kAcceptSlack;
  budget.cached_files = worker.content.files * budget.threads;
  budget.descriptors = fixed + budget.cached_files + budget.connections;

  const uint32_t slots = worker.connections + kAcceptSlack;
  const io::Capacity capacity{slots, static_cast<uint32_t>(options.listen.size())};
  const io::Capacity none{0, 0};
  const uint64_t backend_all =
      uring ? io::UringBackend::memory_for(capacity) : io::EpollBackend::memory_for(capacity);
  const uint64_t backend_fixed =
      uring ? io::UringBackend::memory_for(none) : io::EpollBackend::memory_for(none);
  budget.lines = {
      {"connections", slots,
       core::Slab<Connection>::slot_size() + core::TimerWheel::entry_size() +
           (backend_all - backend_fixed + slots - 1) / slots,
       "as connections come"},
      {"output queues", slots, OutputPool::slot_size(), "while responses are under way"},
      {"chunks", worker.chunks, core::ChunkPool::kStride + sizeof(uint32_t),
       "by partial requests and unsent output"},
      {"receive buffers and rings", 1, backend_fixed, "at start"},
      {"content cache", 1, worker.content.memory_bytes, "as files are asked for"},
      {"disk waits", worker.file_jobs, AwaitedFiles::memory_for(worker.content.memory_body_bytes),
       "while the disk is waited for"},
      {"content index", 1, ContentStore::memory_for(worker.content), "as files are asked for"},
  };
  if (!options.target.empty() || !options.configuration.empty()) {
    budget.lines.push_back({"answers that take time", slots,
                            sizeof(h1::PacedAnswer) + core::TimerHeap::entry_size(),
                            "while they do"});
    budget.lines.push_back(
        {"load-test target", 1,
         sizeof(target::Target) + 2 * kBlockSize + target::TextCoder::memory_bytes(), "at start"});
  }
  if (options.max_connections_per_address != 0) {
    budget.lines.push_back({"client addresses", slots + 1,
                            AddressLimit::memory_for(1) + sizeof(uint32_t), "as connections come"});
  }
  if (worker.measures_times) {
    budget.lines.push_back(
        {"times of requests", 1, ServiceTimes::memory_for(slots), "as they come"});
  }
  return budget;
}

}  // namespace http::server
