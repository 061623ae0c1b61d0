// simulate --seeds FROM..TO | --seconds S [--from SEED] | --replay SEED
//
// Tells how often each fault was injected. The last line is `N passed, M failed`, counted by seed.
// A failed CHECK of the server ends the process; its seed is printed all the same.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>

#include "tests/simulator/simulation.h"

namespace {

volatile uint64_t current_seed = 0;
volatile uint64_t passed = 0;

std::optional<uint64_t> to_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void tell_failure(const char* why) {
  std::printf("seed %" PRIu64 " failed: %s\n  again: tools/sim --replay %" PRIu64 "\n",
              uint64_t{current_seed}, why, uint64_t{current_seed});
  std::fflush(stdout);  // a hunt may go on for hours
}

// After it the process ends as it would have.
void on_fatal_signal(int signal) {
  tell_failure(signal == SIGABRT ? "a check of the server" : "a crash");
  std::printf("%" PRIu64 " passed, 1 failed\n", uint64_t{passed});
  std::fflush(stdout);
  _exit(1);
}

// What was sent and checked, and how often each fault was really injected; one that never happened
// is a hole in what the runs show.
void tell_sums(const simulator::Report& sums) {
  std::puts("faults injected:");
  for (std::size_t fault = 0; fault < simulator::kFaults; ++fault) {
    const simulator::FaultKind& kind = simulator::kFaultKinds[fault];
    for (std::size_t way = 0; simulator::has_way(kind, way); ++way) {
      const int error = kind.errors[way];
      std::printf("  %-26.*s %-13s %12" PRIu64 "\n", static_cast<int>(kind.name.size()),
                  kind.name.data(), error == 0 ? "" : strerrorname_np(error),
                  sums.faults.of(static_cast<simulator::Fault>(fault), way));
    }
  }
  std::printf("%" PRIu64 " connections, %" PRIu64 " requests sent, %" PRIu64
              " responses verified, %" PRIu64 " turns\n",
              sums.connections, sums.requests, sums.responses, sums.turns);
}

int run(uint64_t from, uint64_t to, double seconds) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  uint64_t failed = 0;
  simulator::Report sums;
  for (uint64_t seed = from; seed <= to && elapsed() < seconds; ++seed) {
    current_seed = seed;
    const simulator::Report report = simulator::simulate(seed);
    sums.add(report);
    if (report.failure.empty()) {
      passed = passed + 1;
    } else {
      ++failed;
      tell_failure(report.failure.c_str());
      if (failed == 10) break;
    }
  }
  // Of this processor, whatever else the machine does.
  const double minutes = static_cast<double>(std::clock()) / CLOCKS_PER_SEC / 60;
  tell_sums(sums);
  std::printf("%.0f seeds a minute of one core\n", static_cast<double>(passed + failed) / minutes);
  std::printf("%" PRIu64 " passed, %" PRIu64 " failed\n", uint64_t{passed}, failed);
  return failed == 0 ? 0 : 1;
}

int replay(uint64_t seed) {
  current_seed = seed;
  const simulator::Report report = simulator::simulate(seed, true);
  const bool is_passed = report.failure.empty();
  std::printf("trace %016" PRIx64 "\n%d passed, %d failed\n", report.hash, is_passed ? 1 : 0,
              is_passed ? 0 : 1);
  return is_passed ? 0 : 1;
}

int usage() {
  std::fputs("usage: simulate --seeds FROM..TO | --seconds S [--from SEED] | --replay SEED\n",
             stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(signal, on_fatal_signal);
  if (argc < 3) return usage();
  const std::string_view command = argv[1];
  const std::string_view value = argv[2];
  if (command == "--seeds" && argc == 3) {
    const std::size_t dots = value.find("..");
    if (dots == std::string_view::npos) return usage();
    const auto from = to_number(value.substr(0, dots));
    const auto to = to_number(value.substr(dots + 2));
    return from && to ? run(*from, *to, 1e9) : usage();
  }
  const auto number = to_number(value);
  if (!number) return usage();
  if (command == "--replay" && argc == 3) return replay(*number);
  if (command != "--seconds") return usage();
  const bool has_start = argc == 5 && std::string_view(argv[3]) == "--from";
  if (argc != 3 && !has_start) return usage();
  const auto from = has_start ? to_number(argv[4]) : 1;
  return from ? run(*from, UINT64_MAX - 1, static_cast<double>(*number)) : usage();
}
