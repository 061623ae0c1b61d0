#include "http/server/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/cpu.h"
#include "http/server/admin_listener.h"
#include "http/server/admin_pages.h"
#include "http/server/budget.h"
#include "http/server/configuration.h"
#include "http/server/refusal.h"
#include "http/server/scenarios.h"
#include "http/server/site.h"
#include "http/server/start_report.h"
#include "http/server/system.h"
#include "http/server/version.h"
#include "http/server/worker_thread.h"
#include "io/listener.h"

namespace http::server {

namespace {

constexpr int kCouldNotRun = 1;

int fail(const core::Error& error) {
  std::fprintf(stderr, "spate: %s\n", error.message.c_str());
  return kCouldNotRun;
}

int fail(const ConfigurationErrors& errors) {
  std::fputs(errors.text.c_str(), stderr);
  return kCouldNotRun;
}

// spate check FILE
int check_configuration(const std::string& file_name) {
  const auto configuration = read_configuration(file_name);
  if (!configuration.ok()) return fail(configuration.error());
  std::printf("%s is right; it has routes for\n%s", file_name.c_str(),
              describe(configuration.value()).c_str());
  return 0;
}

// Signals that end the server, or have it read its configuration again, as a descriptor. Blocked
// here, before any other thread exists, so that no thread is interrupted.
int open_signals(bool can_reload) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Without a configuration it ends the process, as when a terminal is closed.
  if (can_reload) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that is gone is an error value of send and sendfile.
  std::signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

using Workers = std::vector<std::unique_ptr<WorkerThread>>;

// The first signal drains, a second one stops. Returns when every worker has ended. `scenarios` may
// be null.
void wait_for_end(const Workers& workers, int signals, int ended, Scenarios* scenarios) {
  constexpr int kReleasePause = 1000;  // milliseconds
  std::size_t running = workers.size();
  bool draining = false;
  while (running > 0) {
    pollfd events[] = {{signals, POLLIN, 0}, {ended, POLLIN, 0}};
    const bool has_earlier = scenarios != nullptr && scenarios->has_earlier();
    if (poll(events, 2, has_earlier ? kReleasePause : -1) < 0) continue;
    if (has_earlier) scenarios->release(workers);
    signalfd_siginfo information;
    while (read(signals, &information, sizeof(information)) == sizeof(information)) {
      if (information.ssi_signo == SIGHUP) {
        std::fputs(scenarios->reload(workers).c_str(), stderr);
        continue;
      }
      for (const auto& worker : workers) {
        if (draining) {
          worker->stop();
        } else {
          worker->drain();
        }
      }
      std::fprintf(stderr, draining ? "spate: stopping at once\n"
                                    : "spate: draining; a second signal stops at once\n");
      draining = true;
    }
    uint64_t count = 0;
    if (read(ended, &count, sizeof(count)) == sizeof(count)) running -= count;
  }
  for (const auto& worker : workers) worker->join();
}

// Connections that did not end well, and why; only what there was.
std::string describe_losses(const Workers& workers) {
  constexpr std::pair<core::Counter WorkerCounters::*, const char*> kLosses[] = {
      {&WorkerCounters::head_timeouts, "without a whole head in time"},
      {&WorkerCounters::disk_timeouts, "whose file did not come from the disk in time"},
      {&WorkerCounters::body_timeouts, "with too slow a body"},
      {&WorkerCounters::write_timeouts, "with too slow a reader"},
      {&WorkerCounters::files_changed, "whose file changed"},
      {&WorkerCounters::reclaimed, "idle, to make room"},
      {&WorkerCounters::shed, "for want of chunks"},
      {&WorkerCounters::refused, "refused for want of room"},
      {&WorkerCounters::turned_away, "told 503 for want of room"},
      {&WorkerCounters::crowded, "refused by address"},
      {&WorkerCounters::refusal_resets, "as in a crash, on purpose"},
  };
  std::string text;
  for (const auto& [counter, reason] : kLosses) {
    uint64_t sum = 0;
    for (const auto& worker : workers) sum += worker->counters().*counter;
    if (sum > 0) text += (text.empty() ? "" : ", ") + std::to_string(sum) + " " + reason;
  }
  return text;
}

void print_summary(const Workers& workers) {
  WorkerCounters sum;
  for (const auto& worker : workers) {
    const WorkerCounters& counters = worker->counters();
    sum.accepted += counters.accepted;
    sum.queue_limits += counters.queue_limits;
    sum.sessions.requests += counters.sessions.requests;
    sum.sessions.bad_requests += counters.sessions.bad_requests;
  }
  std::fprintf(stderr, "spate: served %llu requests on %llu connections (%llu bad requests)\n",
               static_cast<unsigned long long>(sum.sessions.requests),
               static_cast<unsigned long long>(sum.accepted),
               static_cast<unsigned long long>(sum.sessions.bad_requests));
  if (sum.queue_limits > 0) {
    std::fprintf(stderr, "spate: more connections came than could be served, %llu times\n",
                 static_cast<unsigned long long>(sum.queue_limits));
  }
  const std::string losses = describe_losses(workers);
  if (!losses.empty()) std::fprintf(stderr, "spate: closed %s\n", losses.c_str());
}

// Opens every address for every worker: listeners[worker][address].
core::Result<bool> open_listeners(std::vector<io::Address>& addresses, uint32_t threads,
                                  std::vector<std::vector<int>>& listeners) {
  listeners.resize(threads);
  for (io::Address& address : addresses) {
    auto opened = io::listen_on(address, threads);
    if (!opened.ok()) return core::Error{"--listen: " + opened.error().message};
    for (uint32_t i = 0; i < threads; ++i) listeners[i].push_back(opened.value()[i]);
  }
  return true;
}

core::Result<std::unique_ptr<AddressLimit>> limit_addresses(uint32_t most, const Budget& budget) {
  try {
    return std::make_unique<AddressLimit>(most, budget.counted_connections(),
                                          budget.worker.hash_secret);
  } catch (const std::bad_alloc&) {
    return core::Error{
        "cannot reserve memory for --max-connections-per-address: lower "
        "--max-connections"};
  }
}

// A URL that a browser on this machine can open.
std::string url_of(const io::Address& address) {
  io::Address reachable = address;
  if (address.host == "::" || address.host == "0.0.0.0") {
    reachable.host = "127.0.0.1";
    reachable.ipv6 = false;
  }
  const bool any = reachable.host != address.host;
  return "http://" + reachable.text() + "/" + (any ? "  (and every other address)" : "");
}

core::Result<std::unique_ptr<AdminListener>> start_admin(io::Address& address,
                                                         const Workers& workers, bool uring,
                                                         const SystemFacts& system) {
  AdminPages::Source source;
  for (const auto& worker : workers) source.workers.push_back(worker.get());
  source.backend = uring ? "io_uring" : "epoll";
  source.cpus = system.cpus;
  source.started = core::read_monotonic_clock();
  return AdminListener::start(address, AdminPages(std::move(source)));
}

}  // namespace

int run(const Options& options) {
  if (options.check_configuration) return check_configuration(options.configuration);
  const int signals = open_signals(!options.configuration.empty());
  if (!core::active_isa().ok()) return fail(core::active_isa().error());
  const SystemFacts system = read_system_facts();
  const auto choice = choose_backend(options.io);
  if (!choice.ok()) return fail(choice.error());
  auto budget = make_budget(options, system, choice.value().uring);
  if (!budget.ok()) return fail(budget.error());
  for (uint64_t* secret : {&budget->worker.hash_secret, &budget->worker.boundary_secret,
                           &budget->worker.target_secret}) {
    if (getrandom(secret, sizeof(*secret), 0) < 0) {
      return fail(core::system_error("getrandom", errno));
    }
  }
  const bool pinned = options.pin == Options::Pin::yes ||
                      (options.pin == Options::Pin::automatic && budget->threads > 1 &&
                       budget->threads == system.cpus.size());
  const auto site = Site::open(options);
  const bool follows_links = !site.ok() || site.value()->files().follows_links();
  const std::string description =
      describe(options, system, choice.value(), *budget, pinned, follows_links);
  if (options.check_system) {
    std::printf("spate %s on Linux %s\n%sadvice\n%s", kVersion, system.kernel.c_str(),
                description.c_str(), advise(system, choice.value()).c_str());
    return 0;
  }

  std::optional<Scenarios> scenarios;
  if (!options.configuration.empty()) {
    auto configuration = read_configuration(options.configuration);
    if (!configuration.ok()) return fail(configuration.error());
    budget->worker.scenario = configuration->scenario.get();
    scenarios.emplace(options.configuration, std::move(configuration->scenario));
  }
  if (!site.ok()) return fail(site.error());
  budget->worker.policy = site.value()->policy();
  std::vector<io::Address> addresses = options.listen;
  std::vector<std::vector<int>> listeners;
  const auto opened = open_listeners(addresses, budget->threads, listeners);
  if (!opened.ok()) return fail(opened.error());

  std::unique_ptr<AddressLimit> address_limit;
  if (options.max_connections_per_address != 0) {
    auto limit = limit_addresses(options.max_connections_per_address, *budget);
    if (!limit.ok()) return fail(limit.error());
    address_limit = std::move(*limit);
  }

  std::optional<Refusal> refusal;
  if (budget->worker.has_target()) refusal.emplace();

  const int ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  Workers workers;
  for (uint32_t i = 0; i < budget->threads; ++i) {
    const int cpu = pinned ? system.cpus[i % system.cpus.size()] : -1;
    auto worker =
        start_worker(choice.value().uring,
                     WorkerStart{*budget, site.value()->prompt_files(), site.value()->file_jobs(),
                                 address_limit.get(), refusal.has_value() ? &*refusal : nullptr,
                                 std::move(listeners[i]), cpu, ended});
    if (!worker.ok()) return fail(worker.error());
    workers.push_back(std::move(*worker));
  }

  std::unique_ptr<AdminListener> admin;
  std::optional<io::Address> admin_address = options.admin;
  if (admin_address.has_value()) {
    auto started = start_admin(*admin_address, workers, choice.value().uring, system);
    if (!started.ok()) return fail(started.error());
    admin = std::move(*started);
  }

  std::printf("spate %s serves %s\n", kVersion, options.root.c_str());
  for (const io::Address& address : addresses) std::printf("  %s\n", url_of(address).c_str());
  if (admin != nullptr) {
    std::printf("  admin        %s\n", url_of(*admin_address).c_str());
  }
  std::printf("%s", description.c_str());
  std::fflush(stdout);

  wait_for_end(workers, signals, ended, scenarios.has_value() ? &*scenarios : nullptr);
  print_summary(workers);
  return 0;
}

}  // namespace http::server
