// What was measured second by second, and of it the seconds of the last load: a person asks for a
// verdict when a run is over.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "http/metrics/verdict.h"

namespace http::metrics {

// Everything that grows, as it stood at one time. What the machine does not tell is nothing.
struct LoadSample {
  struct Worker {
    uint64_t cpu_time = 0;              // nanoseconds on a processor
    std::optional<uint64_t> run_delay;  // nanoseconds ready to run, but without one
  };
  // Of the processors that the server may use, in nanoseconds.
  struct Processors {
    uint64_t total = 0;
    uint64_t idle = 0;
    uint64_t softirq = 0;
    uint64_t steal = 0;
  };
  // Of the network namespace (LoadFacts).
  struct Network {
    std::optional<uint64_t> accept_overflows;
    std::optional<uint64_t> accept_drops;
    std::optional<uint64_t> segments_sent;
    std::optional<uint64_t> retransmits;
    std::optional<uint64_t> zero_windows;
    std::optional<uint64_t> window_probes;
  };

  uint64_t time = 0;  // monotonic nanoseconds
  std::vector<Worker> workers;
  uint64_t requests = 0;  // of all workers, as all below
  uint64_t bytes_sent = 0;
  uint64_t turned_away = 0;
  uint64_t crowded = 0;
  uint64_t accept_errors = 0;
  std::optional<Processors> processors;
  Network network;
};

// One thread.
class LoadHistory {
 public:
  // Ten minutes of samples that are a second apart.
  static constexpr std::size_t kMost = 601;

  // In the order of time, with the same workers each.
  void add(LoadSample sample);

  // Of the last load: the seconds in which the workers used at least a tenth of what they used in
  // their busiest one, and 1 % of a processor, with pauses of up to two seconds between them.
  // The first and the last of a run are left out where there are others: they are not full.
  LoadFacts last_load() const;

 private:
  double cpu_share(std::size_t index) const;

  std::deque<LoadSample> samples_;
};

}  // namespace http::metrics
