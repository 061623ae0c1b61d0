#include "http/server/system.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

namespace http::server {

namespace {

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double smaller_quota(double a, double b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

// "max 100000" or "150000 100000".
double parse_cpu_max(const std::string& text) {
  std::istringstream in(text);
  double quota = 0;
  double period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return quota / period;
}

double version_1_quota(const std::string& directory) {
  std::istringstream quota_text(read_line(directory + "/cpu.cfs_quota_us"));
  std::istringstream period_text(read_line(directory + "/cpu.cfs_period_us"));
  double quota = 0;
  double period = 0;
  if (!(quota_text >> quota) || !(period_text >> period) || quota <= 0 || period <= 0) return 0;
  return quota / period;
}

// The smallest quota of `group` and the groups above it.
template <class Read>
double quota_up_to_root(const std::string& mount, std::string group, Read read) {
  double quota = 0;
  while (true) {
    quota = smaller_quota(quota, read(mount + (group == "/" ? "" : group)));
    if (group.empty() || group == "/") return quota;
    const std::size_t slash = group.rfind('/');
    group.resize(slash == std::string::npos ? 0 : slash);
  }
}

}  // namespace

double read_cpu_quota(const std::string& prefix) {
  std::ifstream groups(prefix + "/proc/self/cgroup");
  double quota = 0;
  std::string line;
  while (std::getline(groups, line)) {
    // "0::/path" (version 2) or "7:cpu,cpuacct:/path" (version 1).
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") {
      for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        quota = smaller_quota(quota,
                              quota_up_to_root(prefix + mount, group, [](const std::string& path) {
                                return parse_cpu_max(read_line(path + "/cpu.max"));
                              }));
      }
    } else if (controllers.find(",cpu,") != std::string::npos) {
      quota = smaller_quota(
          quota, quota_up_to_root(prefix + "/sys/fs/cgroup/cpu", group, version_1_quota));
    }
  }
  return quota;
}

uint32_t SystemFacts::usable_cpus() const {
  uint32_t usable = static_cast<uint32_t>(cpus.size());
  // Half a CPU still needs a worker; one and a half are best used by two.
  if (cpu_quota > 0 && cpu_quota < usable) usable = static_cast<uint32_t>(std::ceil(cpu_quota));
  return std::max(usable, 1U);
}

SystemFacts read_system_facts() {
  SystemFacts facts;
  // Room for more CPUs than cpu_set_t has.
  constexpr int kMaxCpus = 8192;
  cpu_set_t* set = CPU_ALLOC(kMaxCpus);
  if (set != nullptr && sched_getaffinity(0, CPU_ALLOC_SIZE(kMaxCpus), set) == 0) {
    for (int cpu = 0; cpu < kMaxCpus; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), CPU_ALLOC_SIZE(kMaxCpus), set)) {
        facts.cpus.push_back(cpu);
      }
    }
  }
  CPU_FREE(set);
  if (facts.cpus.empty()) facts.cpus.push_back(0);
  facts.cpu_quota = read_cpu_quota("");

  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  facts.descriptors_hard = limit.rlim_max;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  facts.descriptors = limit.rlim_cur;
  getrlimit(RLIMIT_MEMLOCK, &limit);
  facts.locked_memory = limit.rlim_cur;

  std::istringstream(read_line("/proc/sys/net/core/somaxconn")) >> facts.listen_backlog;
  facts.congestion_control = read_line("/proc/sys/net/ipv4/tcp_congestion_control");
  utsname name{};
  uname(&name);
  facts.kernel = name.release;
  return facts;
}

}  // namespace http::server
