#include "http/server/machine_counters.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace http::server {

namespace {

// "TcpExt: NAME NAME ..." and below it "TcpExt: NUMBER NUMBER ...".
class CounterTable {
 public:
  CounterTable(const std::string& path, std::string_view group) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with(group)) continue;
      (names_.empty() ? names_ : numbers_) = words_of(line);
    }
  }

  std::optional<uint64_t> find(std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    const auto index = static_cast<std::size_t>(at - names_.begin());
    if (index >= std::min(names_.size(), numbers_.size())) return std::nullopt;
    uint64_t number = 0;
    if (!(std::istringstream(numbers_[index]) >> number)) return std::nullopt;
    return number;
  }

 private:
  static std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
  }

  std::vector<std::string> names_;
  std::vector<std::string> numbers_;
};

}  // namespace

metrics::LoadSample::Network read_network_counters(const std::string& prefix) {
  const CounterTable extended(prefix + "/proc/net/netstat", "TcpExt:");
  const CounterTable basic(prefix + "/proc/net/snmp", "Tcp:");
  metrics::LoadSample::Network network;
  network.accept_overflows = extended.find("ListenOverflows");
  network.accept_drops = extended.find("ListenDrops");
  network.zero_windows = extended.find("TCPToZeroWindowAdv");
  network.window_probes = extended.find("TCPWinProbe");
  network.segments_sent = basic.find("OutSegs");
  network.retransmits = basic.find("RetransSegs");
  return network;
}

std::optional<metrics::LoadSample::Processors> read_processor_times(const std::vector<int>& cpus,
                                                                    const std::string& prefix) {
  std::ifstream file(prefix + "/proc/stat");
  const auto ticks = static_cast<uint64_t>(std::max(sysconf(_SC_CLK_TCK), 1L));
  metrics::LoadSample::Processors sum;
  std::size_t found = 0;
  for (std::string line; std::getline(file, line);) {
    // "cpu0 USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...", in ticks; guests are in USER.
    std::istringstream in(line);
    std::string name;
    in >> name;
    if (!name.starts_with("cpu") || name.size() == 3) continue;
    int cpu = -1;
    if (!(std::istringstream(name.substr(3)) >> cpu)) continue;
    if (std::find(cpus.begin(), cpus.end(), cpu) == cpus.end()) continue;
    std::array<uint64_t, 8> times{};
    for (uint64_t& time : times) {
      if (!(in >> time)) return std::nullopt;
      time *= 1'000'000'000 / ticks;
    }
    for (const uint64_t time : times) sum.total += time;
    sum.idle += times[3] + times[4];
    sum.softirq += times[6];
    sum.steal += times[7];
    ++found;
  }
  if (found == 0 || found != cpus.size()) return std::nullopt;
  return sum;
}

std::optional<uint64_t> read_run_delay(int thread_id, const std::string& prefix) {
  std::ifstream file(prefix + "/proc/self/task/" + std::to_string(thread_id) + "/schedstat");
  uint64_t on_processor = 0;
  uint64_t delay = 0;
  uint64_t turns = 0;
  // A kernel that does not count has the file all the same, with zeros.
  if (!(file >> on_processor >> delay >> turns) || turns == 0) return std::nullopt;
  return delay;
}

std::optional<uint64_t> read_cpu_time(clockid_t clock) {
  timespec time;
  if (clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace http::server
