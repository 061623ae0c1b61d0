// What a delayed request pays: to read its specification, and to draw.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "http/target/delay_distribution.h"

namespace {

using http::target::DelayDistribution;

void delay_parse(benchmark::State& state, core::Bytes text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    if (!DelayDistribution::parse(text).ok()) std::abort();
  }
}

void delay_sample(benchmark::State& state, core::Bytes text) {
  const DelayDistribution distribution = DelayDistribution::parse(text).value();
  const core::Random seed(1);
  uint64_t request = 0;
  for (auto _ : state) {
    core::Random random = seed.derive(request++);
    benchmark::DoNotOptimize(distribution.sample(random));
  }
}

#define DELAY_BENCHMARKS(name, text)          \
  BENCHMARK_CAPTURE(delay_parse, name, text); \
  BENCHMARK_CAPTURE(delay_sample, name, text)
DELAY_BENCHMARKS(constant, "20ms");
DELAY_BENCHMARKS(uniform, "uniform:10ms,30ms");
DELAY_BENCHMARKS(exponential, "exp:20ms");
DELAY_BENCHMARKS(normal, "normal:20ms,5ms");
DELAY_BENCHMARKS(lognormal, "lognormal:p50=20ms,p99=250ms");
DELAY_BENCHMARKS(pareto, "pareto:min=10ms,alpha=1.5");
DELAY_BENCHMARKS(mixture, "9*20ms;9*exp:20ms;1*lognormal:p50=20ms,p99=1s;1*normal:20ms,5ms");

}  // namespace
