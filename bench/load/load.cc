// Loads a server on 127.0.0.1 as bench/load/generator.h says, and prints one line of JSON.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "bench/load/generator.h"

namespace bench::load {
namespace {

constexpr const char* kUsage =
    "usage: load --port N... [--target PATH] [--rate N] [--seconds N] [--connections N]\n"
    "            [--depth N] [--close] [--waits] [--patience SECONDS]\n"
    "            [--greedy-connections N] [--greedy-depth N] [--greedy-target PATH]\n"
    "            [--greedy-port N]\n";

[[noreturn]] void refuse() {
  std::fputs(kUsage, stderr);
  std::exit(2);
}

double number_of(const char* text) {
  char* end = nullptr;
  const double number = std::strtod(text, &end);
  if (end == text || *end != '\0' || number < 0) refuse();
  return number;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--close") {
      options.close = true;
      continue;
    }
    if (name == "--waits") {
      options.waits = true;
      continue;
    }
    if (++i == argc) refuse();
    const char* text = argv[i];
    const auto whole = [text] { return static_cast<std::uint32_t>(number_of(text)); };
    if (name == "--port") {
      options.ports.push_back(static_cast<std::uint16_t>(whole()));
    } else if (name == "--target") {
      options.target = text;
    } else if (name == "--rate") {
      options.rate = number_of(text);
    } else if (name == "--seconds") {
      options.seconds = number_of(text);
    } else if (name == "--connections") {
      options.connections = whole();
    } else if (name == "--depth") {
      options.depth = whole();
    } else if (name == "--patience") {
      options.patience = number_of(text);
    } else if (name == "--greedy-connections") {
      options.greedy_connections = whole();
    } else if (name == "--greedy-depth") {
      options.greedy_depth = whole();
    } else if (name == "--greedy-target") {
      options.greedy_target = text;
    } else if (name == "--greedy-port") {
      options.greedy_port = static_cast<std::uint16_t>(whole());
    } else {
      refuse();
    }
  }
  if (options.ports.empty() || options.connections == 0 || options.depth == 0) refuse();
  return options;
}

void print_percentiles(const char* name, const core::LatencyHistogram& values) {
  const auto print = [&](const char* separator, const char* share, std::uint64_t nanoseconds) {
    std::printf("%s\"%s_us\": %.1f", separator, share, static_cast<double>(nanoseconds) / 1000);
  };
  std::printf(", \"%s\": {", name);
  print("", "mean", values.sum() / std::max<std::uint64_t>(values.count(), 1));
  print(", ", "p50", values.percentile(0.5));
  print(", ", "p75", values.percentile(0.75));
  print(", ", "p90", values.percentile(0.9));
  print(", ", "p95", values.percentile(0.95));
  print(", ", "p99", values.percentile(0.99));
  print(", ", "p999", values.percentile(0.999));
  print(", ", "max", values.max());
  std::printf("}");
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Generator generator(options);
  generator.run();
  const Counters& counters = generator.counters();
  const auto print = [](const char* name, std::uint64_t value) {
    std::printf(", \"%s\": %llu", name, static_cast<unsigned long long>(value));
  };
  std::printf("{\"goodput\": %.1f", static_cast<double>(counters.in_time) / options.seconds);
  print("offered", counters.offered);
  print("unsent", counters.unsent);
  print("good", counters.good);
  print("unavailable", counters.unavailable);
  print("other", counters.other);
  print("given_up", counters.given_up);
  print("greedy", counters.greedy);
  print("bytes", counters.bytes);
  std::printf(", \"errors\": {");
  const char* separator = "";
  for (const auto& [why, number] : counters.errors) {
    std::printf("%s\"%s\": %llu", separator, why.c_str(), static_cast<unsigned long long>(number));
    separator = ", ";
  }
  std::printf("}");
  print_percentiles("latency", generator.latencies());
  print_percentiles("latency_503", generator.unavailable());
  print_percentiles("lateness", generator.lateness());
  std::puts("}");
  return 0;
}

}  // namespace
}  // namespace bench::load

int main(int argc, char** argv) {
  return bench::load::run(argc, argv);
}
