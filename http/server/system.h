// What this machine and this process allow: CPUs, limits and kernel settings that matter to a
// server. Read at start only; every value has an answer even where /proc or /sys is not mounted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace http::server {

struct SystemFacts {
  std::vector<int> cpus;     // this process may run on, by affinity
  double cpu_quota = 0;      // CPUs' worth of time by cgroup; 0: no quota
  uint64_t descriptors = 0;  // RLIMIT_NOFILE, raised to its hard limit
  uint64_t descriptors_hard = 0;
  uint64_t locked_memory = 0;   // RLIMIT_MEMLOCK in bytes; UINT64_MAX: unlimited
  uint64_t listen_backlog = 0;  // net.core.somaxconn
  std::string congestion_control;
  std::string kernel;

  // Workers that can run at the same time: the affinity, cut down to the quota. At least 1.
  uint32_t usable_cpus() const;
};

// Raises RLIMIT_NOFILE to its hard limit and reads everything.
SystemFacts read_system_facts();

// The quota in `cpu.max` (cgroup v2) or `cpu.cfs_quota_us` and `cpu.cfs_period_us` (v1) of the
// group that /proc/self/cgroup names and all groups above it: the smallest. `prefix` is put in
// front of every path, for tests.
double read_cpu_quota(const std::string& prefix);

}  // namespace http::server
