#include "http/server/start_report.h"

#include <cstdarg>
#include <cstdio>

#include "http/h1/head_parser.h"
#include "io/probe.h"

namespace http::server {

namespace {

[[gnu::format(printf, 2, 3)]] void append(std::string& text, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  text += line;
}

double seconds(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

std::string cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(cpus[first]);
    if (last > first) text += "-" + std::to_string(cpus[last]);
    first = last + 1;
  }
  return text;
}

std::string describe_files(const Options& options, bool follows_links) {
  std::string text = "symbolic links ";
  switch (options.symlinks) {
    case SymlinkChoice::beneath:
      text += follows_links ? "are followed beneath the root"
                            : "are refused (openat2 does not work here)";
      break;
    case SymlinkChoice::none:
      text += "are refused";
      break;
    case SymlinkChoice::all:
      text += "are followed wherever they lead";
      break;
  }
  text += options.listing ? "; directories are listed" : "; no listings";
  text += options.etag == EtagChoice::content ? "; entity tags by content"
                                              : "; entity tags by time and size";
  return text;
}

std::string describe_limit(uint32_t most) {
  return most != 0 ? std::to_string(most) : "no limit";
}

}  // namespace

core::Result<BackendChoice> choose_backend(IoChoice wanted) {
  if (wanted == IoChoice::epoll) return BackendChoice{false, "asked for; io_uring was not tried"};
  const std::string obstacle = io::why_not_uring();
  if (obstacle.empty()) {
    return BackendChoice{
        true, wanted == IoChoice::uring
                  ? "asked for, and works here; epoll would too"
                  : "multishot receive works here; epoll would too, with more system calls"};
  }
  if (wanted == IoChoice::uring) {
    return core::Error{"--io uring does not work here: " + obstacle + "; use --io epoll"};
  }
  return BackendChoice{false, "io_uring does not work here: " + obstacle};
}

std::string describe(const Options& options, const SystemFacts& system, const BackendChoice& choice,
                     const Budget& budget, bool pinned, bool follows_links) {
  std::string text;
  append(text, "  backend      %s (%s)\n", choice.uring ? "io_uring" : "epoll",
         choice.reason.c_str());
  append(text, "  threads      %u on CPUs %s%s", budget.threads, cpu_list(system.cpus).c_str(),
         pinned ? ", each pinned to one" : ", not pinned");
  if (system.cpu_quota > 0) append(text, ", cgroup quota %.2f CPUs", system.cpu_quota);
  append(text, "; %s head parser\n", std::string(core::isa_name(h1::head_parser_isa())).c_str());
  append(text, "  connections  %u at most; %u cached open files; %llu of %llu descriptors\n",
         budget.connections, budget.cached_files,
         static_cast<unsigned long long>(budget.descriptors),
         static_cast<unsigned long long>(system.descriptors));
  append(text, "  files        %s\n", describe_files(options, follows_links).c_str());
  if (!options.target.empty()) {
    append(text, "  target       load tests beneath %s\n", options.target.c_str());
  }
  if (!options.configuration.empty()) {
    append(text, "  routes       %s\n", options.configuration.c_str());
  }
  append(text, "  limits       head %s (target %s, fields %u), body %s\n",
         format_bytes(options.max_head_bytes).c_str(),
         format_bytes(options.max_target_bytes).c_str(), options.max_fields,
         format_bytes(options.max_body_bytes).c_str());
  append(text, "               requests per connection: %s; connections per address: %s\n",
         describe_limit(options.max_requests).c_str(),
         describe_limit(options.max_connections_per_address).c_str());
  append(
      text,
      "  timeouts     header %gs, body %gs, write %gs, keep-alive %gs, drain %gs; at least %s/s\n",
      seconds(options.header_timeout), seconds(options.body_timeout),
      seconds(options.write_timeout), seconds(options.keep_alive_timeout),
      seconds(options.drain_timeout), format_bytes(options.min_rate).c_str());
  append(text, "  memory       at most %s: %u x %s, resident as it is used\n",
         format_bytes(budget.threads * budget.worker_bytes()).c_str(), budget.threads,
         format_bytes(budget.worker_bytes()).c_str());
  for (const BudgetLine& line : budget.lines) {
    append(text, "    %10s  %s", format_bytes(line.bytes()).c_str(), line.name.c_str());
    if (line.count > 1) {
      append(text, ": %llu x %llu B", static_cast<unsigned long long>(line.count),
             static_cast<unsigned long long>(line.bytes_each));
    }
    append(text, " (%s)\n", line.touched.c_str());
  }
  return text;
}

std::string advise(const SystemFacts& system, const BackendChoice& choice) {
  std::string text;
  if (system.descriptors_hard < 65'536) {
    append(text,
           "  nofile       %llu descriptors bound the connections: raise the hard limit "
           "(LimitNOFILE= in a systemd unit, or ulimit -Hn)\n",
           static_cast<unsigned long long>(system.descriptors_hard));
  }
  if (system.listen_backlog < 4096) {
    append(text,
           "  somaxconn    %llu connections may wait to be accepted: bursts overflow it; "
           "sysctl net.core.somaxconn=4096 or more\n",
           static_cast<unsigned long long>(system.listen_backlog));
  }
  constexpr uint64_t kRingMemory = 1 << 20;
  if (system.locked_memory < kRingMemory) {
    append(text, "  memlock      %s: kernels before 5.12 count rings against it; ulimit -l 8192\n",
           format_bytes(system.locked_memory).c_str());
  }
  if (system.cpu_quota > 0 && system.cpu_quota < static_cast<double>(system.cpus.size())) {
    append(text,
           "  cgroup       a quota of %.2f CPUs is less than the %zu CPUs of the affinity: "
           "threads are throttled when it is used up\n",
           system.cpu_quota, system.cpus.size());
  }
  if (!choice.uring) {
    append(text, "  io_uring     not used: %s\n", choice.reason.c_str());
  }
  if (system.congestion_control == "bbr") {
    append(text,
           "  congestion   bbr paces every connection with timers: good across the Internet, "
           "but on loopback or a fast local network cubic costs less CPU "
           "(sysctl net.ipv4.tcp_congestion_control)\n");
  }
  if (text.empty()) text = "  nothing      every setting that spate looks at is fine\n";
  return text;
}

}  // namespace http::server
