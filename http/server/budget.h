// The sum of every capacity: what spate may use of memory and descriptors, decided at start from
// the options and the system's limits, and printed. Nothing grows beyond it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "http/server/options.h"
#include "http/server/system.h"
#include "http/server/worker.h"

namespace http::server {

// One consumer of memory, of one worker. `touched` says when it becomes resident.
struct BudgetLine {
  std::string name;
  uint64_t count = 0;
  uint64_t bytes_each = 0;
  std::string touched;

  uint64_t bytes() const { return count * bytes_each; }
};

struct Budget {
  uint32_t threads = 0;
  uint32_t connections = 0;    // of all workers
  uint32_t cached_files = 0;   // descriptors of all workers' content stores
  uint64_t descriptors = 0;    // the most that can be open
  WorkerConfiguration worker;  // the same for each
  std::vector<BudgetLine> lines;

  // The most connections that all workers count by address, while they decide on others.
  uint32_t counted_connections() const { return threads * (worker.connections + kAcceptSlack + 1); }
  // Of one worker; reserved address space, resident as it is touched.
  uint64_t worker_bytes() const;
};

// Divides what the system gives among the workers. Fails when it is too little for what the options
// ask for, and says what to change.
core::Result<Budget> make_budget(const Options& options, const SystemFacts& system, bool uring);

// "12.5 MiB" and the like.
std::string format_bytes(uint64_t bytes);

}  // namespace http::server
