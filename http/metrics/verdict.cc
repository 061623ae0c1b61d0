#include "http/metrics/verdict.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace http::metrics {
namespace {

// A worker that is busy for so long has no time left: the rest is the granularity of the samples.
constexpr double kFull = 0.9;
constexpr double kFullAlone = 0.95;
// To wait less for a processor than this is what every program does.
constexpr double kMuchDelay = 0.05;
constexpr double kNoIdle = 0.05;
// Congestion control finds the capacity of a path by losing a few segments.
constexpr double kMuchLoss = 0.01;
constexpr uint64_t kLeastLoss = 10;
constexpr double kManyProbes = 1;  // per second

std::string percent(double share) {
  const double value = share * 100;
  if (value >= 10 || value == 0) return std::to_string(std::llround(value)) + " %";
  const auto tenths = std::llround(value * 10);
  if (tenths == 0) return "less than 0.1 %";
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::string times(uint64_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

bool any(const std::optional<uint64_t>& count) {
  return count.value_or(0) > 0;
}

// "server used 31 % of its cores".
std::string usage(const LoadFacts& facts) {
  return "server used " + percent(facts.mean_busy()) +
         (facts.busy.size() == 1 ? " of its core" : " of its cores");
}

// The same, and that nobody was kept out.
std::string idle_usage(const LoadFacts& facts) {
  return usage(facts) + (facts.accept_overflows.has_value()
                             ? ", accept queue never overflowed"
                             : " (whether the accept queue overflowed is not known here)");
}

// Who had most of the processors that the server did not use.
const char* fullest_user(const LoadFacts& facts) {
  const double steal = facts.steal.value_or(0);
  const double softirq = facts.softirq.value_or(0);
  const double workers = std::accumulate(facts.busy.begin(), facts.busy.end(), 0.0);
  const double server = workers / std::max(facts.processors, 1.0);
  const double others = 1 - facts.idle.value_or(0) - steal - softirq - server;
  if (steal > std::max(softirq, others)) {
    return "the hypervisor, which gave them to others, was the limit";
  }
  if (softirq > others) return "the kernel's work for the network on them was the limit";
  return "other programs on them were the limit";
}

std::optional<Verdict> judge_workers(const LoadFacts& facts) {
  const double busy = facts.mean_busy();
  if (busy >= kFull) return Verdict{Limit::server, usage(facts) + ": the server was the limit", {}};
  const auto fullest = std::max_element(facts.busy.begin(), facts.busy.end());
  if (*fullest >= kFullAlone) {
    return Verdict{Limit::one_worker,
                   usage(facts) + ", but worker " + std::to_string(fullest - facts.busy.begin()) +
                       " used " + percent(*fullest) +
                       " of one: connections are spread unevenly over the workers, and that one "
                       "was the limit",
                   {}};
  }
  const double delay = facts.mean_run_delay().value_or(0);
  if (delay >= kMuchDelay && busy + delay >= kFull) {
    return Verdict{Limit::processors,
                   usage(facts) + " and waited " + percent(delay) +
                       " of the time for one: other programs on these processors were the limit",
                   {}};
  }
  if (facts.idle.has_value() && *facts.idle <= kNoIdle) {
    return Verdict{Limit::processors,
                   usage(facts) + ", but they were idle " + percent(*facts.idle) +
                       " of the time: " + fullest_user(facts),
                   {}};
  }
  return std::nullopt;
}

std::optional<Verdict> judge_admission(const LoadFacts& facts) {
  const auto count = [](uint64_t connections) {
    return std::to_string(connections) + (connections == 1 ? " connection" : " connections");
  };
  if (facts.accept_errors > 0) {
    return Verdict{Limit::descriptors,
                   usage(facts) + ", but accepting failed " + times(facts.accept_errors) +
                       " for want of descriptors or memory: that was the limit",
                   {}};
  }
  if (facts.turned_away > 0) {
    return Verdict{Limit::connections,
                   usage(facts) + ", but " + count(facts.turned_away) +
                       " found no room: --max-connections was the limit",
                   {}};
  }
  if (facts.crowded > 0) {
    return Verdict{Limit::connections,
                   usage(facts) + ", but " + count(facts.crowded) +
                       " had too many of the same address before them: "
                       "--max-connections-per-address was the limit",
                   {}};
  }
  if (any(facts.accept_overflows)) {
    return Verdict{Limit::accept_queue,
                   usage(facts) + ", but an accept queue overflowed " +
                       times(*facts.accept_overflows) +
                       ": connections came in bursts that it could not hold (net.core.somaxconn)",
                   {}};
  }
  return std::nullopt;
}

Verdict judge_rest(const LoadFacts& facts) {
  const double sent = static_cast<double>(facts.segments_sent.value_or(0));
  const double again = static_cast<double>(facts.retransmits.value_or(0));
  if (facts.retransmits.value_or(0) >= kLeastLoss && again >= kMuchLoss * sent) {
    return {Limit::network,
            idle_usage(facts) + ", but " + percent(again / std::max(sent, again)) +
                " of the segments were sent again: the network lost them, and was the limit",
            {}};
  }
  if (static_cast<double>(facts.window_probes.value_or(0)) >= kManyProbes * facts.seconds) {
    return {Limit::slow_readers,
            idle_usage(facts) + ", but " + std::to_string(*facts.window_probes) +
                " probes were sent to peers without room for more: clients that read too slowly "
                "were the limit",
            {}};
  }
  return {Limit::client_or_network,
          idle_usage(facts) + ": the client or the network was the limit",
          {}};
}

std::vector<std::string> details_of(const LoadFacts& facts) {
  std::vector<std::string> details;
  const auto shares = [](const char* what, const std::optional<double>& share) {
    return std::string(what) + " " + (share.has_value() ? percent(*share) : "not known here");
  };
  std::string workers = "busy, by worker:";
  for (std::size_t i = 0; i < facts.busy.size(); ++i) {
    workers += (i == 0 ? " " : ", ") + percent(facts.busy[i]);
  }
  details.push_back(workers);
  details.push_back(shares("ready to run, but without a processor:", facts.mean_run_delay()));
  details.push_back(shares("processors of the server: idle", facts.idle) +
                    shares(", network interrupts", facts.softirq) +
                    shares(", taken by the hypervisor", facts.steal));
  const auto counted = [&details](const char* what, const std::optional<uint64_t>& count) {
    details.push_back(std::string(what) + ": " +
                      (count.has_value() ? std::to_string(*count) : "not known here"));
  };
  counted("accept queues overflowed, in the whole network namespace", facts.accept_overflows);
  counted("connections dropped by listeners, in the whole network namespace", facts.accept_drops);
  counted("segments sent, in the whole network namespace", facts.segments_sent);
  counted("segments sent again, in the whole network namespace", facts.retransmits);
  counted("zero windows told to peers, in the whole network namespace", facts.zero_windows);
  counted("probes of peers with a zero window, in the whole network namespace",
          facts.window_probes);
  return details;
}

}  // namespace

double LoadFacts::mean_busy() const {
  if (busy.empty()) return 0;
  return std::accumulate(busy.begin(), busy.end(), 0.0) / static_cast<double>(busy.size());
}

std::optional<double> LoadFacts::mean_run_delay() const {
  double sum = 0;
  double known = 0;
  for (const std::optional<double>& delay : run_delay) {
    if (!delay.has_value()) continue;
    sum += *delay;
    known += 1;
  }
  if (known == 0) return std::nullopt;
  return sum / known;
}

const char* name_of(Limit limit) {
  switch (limit) {
    case Limit::none:
      return "none";
    case Limit::server:
      return "server";
    case Limit::one_worker:
      return "one_worker";
    case Limit::processors:
      return "processors";
    case Limit::connections:
      return "connections";
    case Limit::descriptors:
      return "descriptors";
    case Limit::accept_queue:
      return "accept_queue";
    case Limit::network:
      return "network";
    case Limit::slow_readers:
      return "slow_readers";
    case Limit::client_or_network:
      return "client_or_network";
  }
  return "";
}

Verdict judge(const LoadFacts& facts) {
  if (facts.seconds <= 0 || facts.busy.empty()) {
    return {Limit::none, "there was no load to judge", {}};
  }
  std::optional<Verdict> verdict = judge_workers(facts);
  if (!verdict.has_value()) verdict = judge_admission(facts);
  if (!verdict.has_value()) verdict = judge_rest(facts);
  verdict->details = details_of(facts);
  return std::move(*verdict);
}

}  // namespace http::metrics
