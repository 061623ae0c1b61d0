#include "http/metrics/load_history.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace http::metrics {
namespace {

constexpr double kLeastLoad = 0.01;  // of a processor
constexpr double kLeastOfBusiest = 0.1;
constexpr std::size_t kLongestPause = 2;

uint64_t grown(uint64_t from, uint64_t to) {
  return to - std::min(from, to);
}

std::optional<uint64_t> grown(const std::optional<uint64_t>& from,
                              const std::optional<uint64_t>& to) {
  if (!from.has_value() || !to.has_value()) return std::nullopt;
  return grown(*from, *to);
}

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

LoadFacts between(const LoadSample& first, const LoadSample& last) {
  LoadFacts facts;
  const uint64_t time = grown(first.time, last.time);
  facts.seconds = static_cast<double>(time) / 1e9;
  facts.requests = grown(first.requests, last.requests);
  facts.bytes_sent = grown(first.bytes_sent, last.bytes_sent);
  facts.turned_away = grown(first.turned_away, last.turned_away);
  facts.crowded = grown(first.crowded, last.crowded);
  facts.accept_errors = grown(first.accept_errors, last.accept_errors);
  for (std::size_t i = 0; i < last.workers.size(); ++i) {
    const LoadSample::Worker& from = first.workers[i];
    const LoadSample::Worker& to = last.workers[i];
    // Both clocks are not read at the very same time.
    facts.busy.push_back(std::min(share(grown(from.cpu_time, to.cpu_time), time), 1.0));
    const auto delay = grown(from.run_delay, to.run_delay);
    facts.run_delay.push_back(delay.has_value() ? std::optional(std::min(share(*delay, time), 1.0))
                                                : std::nullopt);
  }
  if (first.processors.has_value() && last.processors.has_value()) {
    const uint64_t total = grown(first.processors->total, last.processors->total);
    if (total > 0) {
      facts.processors = share(total, time);
      facts.idle = share(grown(first.processors->idle, last.processors->idle), total);
      facts.softirq = share(grown(first.processors->softirq, last.processors->softirq), total);
      facts.steal = share(grown(first.processors->steal, last.processors->steal), total);
    }
  }
  const LoadSample::Network& from = first.network;
  const LoadSample::Network& to = last.network;
  facts.accept_overflows = grown(from.accept_overflows, to.accept_overflows);
  facts.accept_drops = grown(from.accept_drops, to.accept_drops);
  facts.segments_sent = grown(from.segments_sent, to.segments_sent);
  facts.retransmits = grown(from.retransmits, to.retransmits);
  facts.zero_windows = grown(from.zero_windows, to.zero_windows);
  facts.window_probes = grown(from.window_probes, to.window_probes);
  return facts;
}

}  // namespace

void LoadHistory::add(LoadSample sample) {
  CHECK(samples_.empty() || samples_.back().workers.size() == sample.workers.size());
  if (samples_.size() == kMost) samples_.pop_front();
  samples_.push_back(std::move(sample));
}

// Processors that the workers used between the sample before this one and this.
double LoadHistory::cpu_share(std::size_t index) const {
  const LoadSample& from = samples_[index - 1];
  const LoadSample& to = samples_[index];
  uint64_t used = 0;
  for (std::size_t i = 0; i < to.workers.size(); ++i) {
    used += grown(from.workers[i].cpu_time, to.workers[i].cpu_time);
  }
  return share(used, grown(from.time, to.time));
}

LoadFacts LoadHistory::last_load() const {
  double busiest = 0;
  for (std::size_t i = 1; i < samples_.size(); ++i) busiest = std::max(busiest, cpu_share(i));
  const double least = std::max(kLeastOfBusiest * busiest, kLeastLoad);
  std::size_t last = samples_.empty() ? 0 : samples_.size() - 1;
  while (last > 0 && cpu_share(last) < least) --last;
  if (last == 0) return LoadFacts();
  std::size_t first = last;
  for (std::size_t i = last, pause = 0; i > 0 && pause <= kLongestPause; --i) {
    if (cpu_share(i) < least) {
      ++pause;
    } else {
      pause = 0;
      first = i;
    }
  }
  // A run begins and ends between two samples.
  if (last - first >= 2) {
    ++first;
    --last;
  }
  return between(samples_[first - 1], samples_[last]);
}

}  // namespace http::metrics
