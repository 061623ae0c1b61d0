#include "http/server/admin_pages.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "core/clock.h"
#include "http/metrics/json_writer.h"
#include "http/metrics/prometheus_text.h"
#include "http/server/machine_counters.h"
#include "http/server/page/live_page.h"
#include "http/server/version.h"

namespace http::server {

namespace {

using core::LatencyHistogram;
using metrics::JsonWriter;
using metrics::PrometheusText;

// Bounds of the buckets, in nanoseconds: three for each power of ten.
constexpr std::array<uint64_t, 22> kBounds = {
    1'000,         2'500,         5'000,         10'000,        25'000,      50'000,
    100'000,       250'000,       500'000,       1'000'000,     2'500'000,   5'000'000,
    10'000'000,    25'000'000,    50'000'000,    100'000'000,   250'000'000, 500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};

// A counter of workers. In Prometheus it is spate_NAME_total.
struct NamedCounter {
  const char* name;
  const char* help;
  uint64_t (*read)(const WorkerCounters& counters);
};

template <core::Counter WorkerCounters::*member>
uint64_t read_member(const WorkerCounters& counters) {
  return counters.*member;
}

constexpr NamedCounter kCounters[] = {
    {"connections_accepted", "Connections that were accepted.",
     read_member<&WorkerCounters::accepted>},
    {"connections_closed", "Accepted connections that have ended.",
     read_member<&WorkerCounters::closed>},
    {"connections_refused", "Connections that were closed for want of room, or in a drain.",
     read_member<&WorkerCounters::refused>},
    {"connections_turned_away", "Connections that were told 503 for want of room.",
     read_member<&WorkerCounters::turned_away>},
    {"connections_crowded", "Connections that were closed because of their address.",
     read_member<&WorkerCounters::crowded>},
    {"connections_reclaimed", "Idle connections that were closed to make room.",
     read_member<&WorkerCounters::reclaimed>},
    {"connections_shed", "Connections that were closed for want of buffers.",
     read_member<&WorkerCounters::shed>},
    {"accept_errors", "Failed accepts, for want of descriptors or memory.",
     read_member<&WorkerCounters::accept_errors>},
    {"accept_queue_limits", "Times that a standing accept queue was made short.",
     read_member<&WorkerCounters::queue_limits>},
    {"head_timeouts", "Connections without a whole request head in time.",
     read_member<&WorkerCounters::head_timeouts>},
    {"idle_timeouts", "Connections that ended after the keep-alive timeout.",
     read_member<&WorkerCounters::idle_timeouts>},
    {"disk_timeouts", "Requests whose file did not come from the disk in time.",
     read_member<&WorkerCounters::disk_timeouts>},
    {"body_timeouts", "Connections with too slow a request body.",
     read_member<&WorkerCounters::body_timeouts>},
    {"write_timeouts", "Connections with too slow a reader.",
     read_member<&WorkerCounters::write_timeouts>},
    {"files_changed", "Responses that broke off because their file changed.",
     read_member<&WorkerCounters::files_changed>},
    {"received_bytes", "Bytes that came on accepted connections.",
     read_member<&WorkerCounters::bytes_received>},
    {"sent_bytes", "Bytes that were handed to the kernel.",
     read_member<&WorkerCounters::bytes_sent>},
    {"requests", "Requests whose head was read and that were answered.",
     [](const WorkerCounters& counters) { return counters.sessions.requests.value(); }},
    {"bad_requests", "Heads and bodies that could not be read.",
     [](const WorkerCounters& counters) { return counters.sessions.bad_requests.value(); }},
    {"refusals", "Times that the load-test target had connections refused on purpose.",
     read_member<&WorkerCounters::refusals>},
    {"refusal_resets", "Connections of other requests that were reset then.",
     read_member<&WorkerCounters::refusal_resets>},
    {"faults", "Answers that the load-test target broke on purpose.",
     [](const WorkerCounters& counters) { return counters.sessions.faults.value(); }},
};

// A counter of the network namespace.
struct NetworkCounter {
  const char* name;
  const char* help;
  std::optional<uint64_t> metrics::LoadSample::Network::*member;
};

constexpr NetworkCounter kNetworkCounters[] = {
    {"network_accept_overflows",
     "Connections that found an accept queue full, in the whole network namespace.",
     &metrics::LoadSample::Network::accept_overflows},
    {"network_accept_drops", "Connections that listeners dropped, in the whole network namespace.",
     &metrics::LoadSample::Network::accept_drops},
    {"network_sent_segments", "TCP segments that were sent, in the whole network namespace.",
     &metrics::LoadSample::Network::segments_sent},
    {"network_retransmits", "TCP segments that were sent again, in the whole network namespace.",
     &metrics::LoadSample::Network::retransmits},
    {"network_zero_windows", "Zero windows told to peers, in the whole network namespace.",
     &metrics::LoadSample::Network::zero_windows},
    {"network_window_probes", "Probes of peers with a zero window, in the whole network namespace.",
     &metrics::LoadSample::Network::window_probes},
};

// A histogram of a worker. In Prometheus it is spate_NAME.
struct NamedHistogram {
  const char* name;
  const char* help;
  const LatencyHistogram& (ServiceTimes::*read)() const;
};

constexpr std::size_t kServiceTime = 0;
constexpr NamedHistogram kHistograms[] = {
    {"service_time_seconds",
     "Time from when a worker was told of a request to when its response was handed to the kernel.",
     &ServiceTimes::service},
    {"delay_lateness_seconds",
     "Time from when an answer was due that waited for it to when it was handed to the kernel.",
     &ServiceTimes::lateness},
    {"delay_seconds",
     "Time from the end of a request to when its answer, which was asked to be late, began.",
     &ServiceTimes::delays},
    {"delay_asked_seconds", "Delays that were asked for, of the same answers.",
     &ServiceTimes::delays_asked},
};

double seconds(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

std::optional<double> seconds(const std::optional<uint64_t>& nanoseconds) {
  if (!nanoseconds.has_value()) return std::nullopt;
  return seconds(*nanoseconds);
}

// Of those that were accepted. Reads the end first: it is never below 0.
uint64_t open_connections(const WorkerCounters& counters) {
  const uint64_t closed = counters.closed;
  const uint64_t accepted = counters.accepted;
  return accepted - std::min(accepted, closed);
}

// What stands in /stats for one worker or for all together.
struct Sum {
  std::array<uint64_t, std::size(kCounters)> counters{};
  uint64_t open = 0;
  std::array<uint64_t, h1::StatusCounters::kEnd> responses{};
  std::optional<uint64_t> cpu_time;
  std::optional<uint64_t> run_delay;
  std::array<LatencyHistogram, std::size(kHistograms)> histograms;

  void read(const WorkerThread& worker) {
    const WorkerCounters& from = worker.counters();
    for (std::size_t i = 0; i < std::size(kCounters); ++i) counters[i] = kCounters[i].read(from);
    open = open_connections(from);
    for (uint32_t status = h1::StatusCounters::kFirst; status < responses.size(); ++status) {
      responses[status] = from.sessions.responses.of(status);
    }
    cpu_time = read_cpu_time(worker.name().clock);
    run_delay = read_run_delay(worker.name().id);
    for (std::size_t i = 0; i < histograms.size(); ++i) {
      histograms[i].merge((worker.service_times()->*kHistograms[i].read)());
    }
  }

  void add(const Sum& other) {
    for (std::size_t i = 0; i < counters.size(); ++i) counters[i] += other.counters[i];
    open += other.open;
    for (std::size_t i = 0; i < responses.size(); ++i) responses[i] += other.responses[i];
    const auto add_known = [](std::optional<uint64_t>& sum, const std::optional<uint64_t>& more) {
      if (more.has_value()) sum = sum.value_or(0) + *more;
    };
    add_known(cpu_time, other.cpu_time);
    add_known(run_delay, other.run_delay);
    for (std::size_t i = 0; i < histograms.size(); ++i) histograms[i].merge(other.histograms[i]);
  }
};

void put_histogram(JsonWriter& json, core::Bytes name, const LatencyHistogram& durations) {
  constexpr std::pair<const char*, double> kShares[] = {
      {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999}};
  const uint64_t count = durations.count();
  json.begin_object(name);
  json.value("count", count);
  json.value("sum", seconds(durations.sum()));
  const auto put = [&](core::Bytes member, uint64_t nanoseconds) {
    if (count == 0) return json.null(member);
    json.value(member, seconds(nanoseconds));
  };
  put("min", durations.min());
  for (const auto& [member, share] : kShares) put(member, durations.percentile(share));
  put("max", durations.max());
  json.end_object();
}

// [longest in seconds, how many], null for no bound. A client takes the difference of two times.
void put_buckets(JsonWriter& json, core::Bytes name, const LatencyHistogram& durations) {
  json.begin_array(name);
  durations.visit_drawn([&json](uint64_t longest, uint64_t count) {
    const bool has_bound = longest != UINT64_MAX;
    json.begin_array();
    json.value("", has_bound ? std::optional(seconds(longest)) : std::nullopt);
    json.value("", count);
    json.end_array();
  });
  json.end_array();
}

void put_sum(JsonWriter& json, const Sum& sum) {
  json.value("connections_open", sum.open);
  for (std::size_t i = 0; i < std::size(kCounters); ++i) {
    json.value(kCounters[i].name, sum.counters[i]);
  }
  json.begin_object("responses");
  for (uint32_t status = h1::StatusCounters::kFirst; status < sum.responses.size(); ++status) {
    if (sum.responses[status] > 0) json.value(std::to_string(status), sum.responses[status]);
  }
  json.end_object();
  json.value("cpu_seconds", seconds(sum.cpu_time));
  json.value("run_delay_seconds", seconds(sum.run_delay));
  for (std::size_t i = 0; i < std::size(kHistograms); ++i) {
    put_histogram(json, kHistograms[i].name, sum.histograms[i]);
  }
}

void put_verdict(JsonWriter& json, const metrics::LoadFacts& facts) {
  const metrics::Verdict verdict = metrics::judge(facts);
  json.value("limit", core::Bytes(metrics::name_of(verdict.limit)));
  json.value("sentence", core::Bytes(verdict.sentence));
  json.value("seconds", facts.seconds);
  json.value("requests", facts.requests);
  json.value("sent_bytes", facts.bytes_sent);
  json.begin_array("busy");
  for (const double share : facts.busy) json.value("", share);
  json.end_array();
  json.begin_array("run_delay");
  for (const std::optional<double>& share : facts.run_delay) json.value("", share);
  json.end_array();
  json.value("processors_idle", facts.idle);
  json.value("processors_softirq", facts.softirq);
  json.value("processors_steal", facts.steal);
  json.value("network_accept_overflows", facts.accept_overflows);
  json.value("network_accept_drops", facts.accept_drops);
  json.value("network_sent_segments", facts.segments_sent);
  json.value("network_retransmits", facts.retransmits);
  json.value("network_zero_windows", facts.zero_windows);
  json.value("network_window_probes", facts.window_probes);
  json.begin_array("details");
  for (const std::string& detail : verdict.details) json.value("", core::Bytes(detail));
  json.end_array();
}

std::string measured(const metrics::LoadFacts& facts) {
  char text[128];
  std::snprintf(text, sizeof(text), "over %.1f s of load, with %llu requests", facts.seconds,
                static_cast<unsigned long long>(facts.requests));
  return text;
}

}  // namespace

AdminPages::AdminPages(Source source) : source_(std::move(source)) {}

void AdminPages::sample(uint64_t now) {
  metrics::LoadSample sample;
  sample.time = now;
  for (const WorkerThread* worker : source_.workers) {
    const ThreadName name = worker->name();
    const std::optional<uint64_t> cpu_time = read_cpu_time(name.clock);
    if (!cpu_time.has_value()) return;  // it has ended, and so does the load
    sample.workers.push_back({*cpu_time, read_run_delay(name.id)});
    const WorkerCounters& counters = worker->counters();
    sample.requests += counters.sessions.requests;
    sample.bytes_sent += counters.bytes_sent;
    sample.turned_away += counters.turned_away + counters.refused;
    sample.crowded += counters.crowded;
    sample.accept_errors += counters.accept_errors;
  }
  sample.processors = read_processor_times(source_.cpus);
  sample.network = read_network_counters();
  history_.add(std::move(sample));
}

AdminPage AdminPages::answer(const RequestHead& head) {
  constexpr core::Bytes kJson = "application/json";
  constexpr core::Bytes kText = "text/plain; charset=utf-8";
  const core::Bytes path = head.target.substr(0, head.target.find('?'));
  if (path == "/") {
    return {"text/html; charset=utf-8", std::string(live_page()), live_page_policy()};
  }
  if (path == "/metrics") return {PrometheusText::kMediaType, metrics(), {}};
  if (path == "/stats") return {kJson, stats(), {}};
  if (path == "/histograms") return {kJson, histograms(), {}};
  if (path != "/verdict") return {};
  const bool wants_json = head.value(FieldName::accept).find(kJson) != core::Bytes::npos;
  return wants_json ? AdminPage{kJson, verdict_json(), {}} : AdminPage{kText, verdict_text(), {}};
}

std::string AdminPages::metrics() {
  std::string out;
  PrometheusText text(out);
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < source_.workers.size(); ++i) numbers.push_back(std::to_string(i));
  const auto of_each = [&](auto write) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      write(*source_.workers[i], core::Bytes(numbers[i]));
    }
  };

  text.gauge("spate_build_info", "1, with the version and the backend.");
  text.sample(uint64_t{1}, {{"version", kVersion}, {"backend", source_.backend}});
  text.gauge("spate_uptime_seconds", "Time since the start.");
  text.sample(seconds(core::read_monotonic_clock() - source_.started));
  text.gauge("spate_connections_open", "Connections that are open.");
  of_each([&](const WorkerThread& worker, core::Bytes number) {
    text.sample(open_connections(worker.counters()), {{"worker", number}});
  });
  for (const NamedCounter& counter : kCounters) {
    const std::string name = std::string("spate_") + counter.name + "_total";
    text.counter(name, counter.help);
    of_each([&](const WorkerThread& worker, core::Bytes number) {
      text.sample(counter.read(worker.counters()), {{"worker", number}});
    });
  }
  text.counter("spate_responses_total", "Final responses, by status.");
  of_each([&](const WorkerThread& worker, core::Bytes number) {
    const h1::StatusCounters& responses = worker.counters().sessions.responses;
    for (uint32_t status = h1::StatusCounters::kFirst; status < h1::StatusCounters::kEnd;
         ++status) {
      const uint64_t count = responses.of(status);
      if (count == 0) continue;
      text.sample(count, {{"worker", number}, {"status", std::to_string(status)}});
    }
  });
  text.counter("spate_worker_cpu_seconds_total", "Time that workers spent on a processor.");
  of_each([&](const WorkerThread& worker, core::Bytes number) {
    const auto time = read_cpu_time(worker.name().clock);
    if (time.has_value()) text.sample(seconds(*time), {{"worker", number}});
  });
  text.counter("spate_worker_run_delay_seconds_total",
               "Time that workers were ready to run, but had no processor.");
  of_each([&](const WorkerThread& worker, core::Bytes number) {
    const auto delay = read_run_delay(worker.name().id);
    if (delay.has_value()) text.sample(seconds(*delay), {{"worker", number}});
  });
  for (const NamedHistogram& histogram : kHistograms) {
    const std::string name = std::string("spate_") + histogram.name;
    text.histogram(name, histogram.help);
    of_each([&](const WorkerThread& worker, core::Bytes number) {
      text.sample((worker.service_times()->*histogram.read)(), kBounds, {{"worker", number}});
    });
  }
  const auto network = read_network_counters();
  for (const NetworkCounter& counter : kNetworkCounters) {
    const std::optional<uint64_t>& count = network.*counter.member;
    if (!count.has_value()) continue;
    const std::string name = std::string("spate_") + counter.name + "_total";
    text.counter(name, counter.help);
    text.sample(*count);
  }
  return out;
}

std::string AdminPages::stats() {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.value("version", core::Bytes(kVersion));
  json.value("backend", core::Bytes(source_.backend));
  json.value("uptime_seconds", seconds(core::read_monotonic_clock() - source_.started));
  // Both are too large for a stack.
  const auto sum = std::make_unique<Sum>();
  json.begin_array("workers");
  for (const WorkerThread* worker : source_.workers) {
    const auto own = std::make_unique<Sum>();
    own->read(*worker);
    json.begin_object();
    put_sum(json, *own);
    json.end_object();
    sum->add(*own);
  }
  json.end_array();
  json.begin_object("sum");
  put_sum(json, *sum);
  put_buckets(json, "service_time_buckets", sum->histograms[kServiceTime]);
  json.end_object();
  json.begin_object("network");
  const auto network = read_network_counters();
  for (const NetworkCounter& counter : kNetworkCounters) {
    json.value(core::Bytes(counter.name).substr(sizeof("network_") - 1), network.*counter.member);
  }
  json.end_object();
  json.begin_object("verdict");
  put_verdict(json, history_.last_load());
  json.end_object();
  json.end_object();
  return out + "\n";
}

std::string AdminPages::histograms() {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  for (const NamedHistogram& histogram : kHistograms) {
    const auto sum = std::make_unique<LatencyHistogram>();
    for (const WorkerThread* worker : source_.workers) {
      sum->merge((worker->service_times()->*histogram.read)());
    }
    json.begin_object(histogram.name);
    json.value("sum", seconds(sum->sum()));
    json.value("max", seconds(sum->max()));
    json.begin_array("buckets");
    sum->for_each_bucket([&json](uint64_t longest, uint64_t count) {
      json.begin_array();
      json.value("", seconds(longest));
      json.value("", count);
      json.end_array();
    });
    json.end_array();
    json.end_object();
  }
  json.end_object();
  return out + "\n";
}

std::string AdminPages::verdict_text() {
  const metrics::LoadFacts facts = history_.last_load();
  const metrics::Verdict verdict = metrics::judge(facts);
  std::string text = verdict.sentence + "\n";
  if (facts.seconds > 0) text += "  " + measured(facts) + "\n";
  for (const std::string& detail : verdict.details) text += "  " + detail + "\n";
  return text;
}

std::string AdminPages::verdict_json() {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  put_verdict(json, history_.last_load());
  json.end_object();
  return out + "\n";
}

}  // namespace http::server
