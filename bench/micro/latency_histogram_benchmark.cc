// What a worker pays to record a duration, and a reader for what was recorded.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>

#include "core/latency_histogram.h"
#include "core/random.h"

namespace {

// Durations of all magnitudes touch all buckets; those of one kind of request touch a few.
void histogram_record(benchmark::State& state, uint64_t shortest, uint64_t longest) {
  std::array<uint64_t, 4096> durations;
  core::Random random(1);
  for (uint64_t& duration : durations) duration = shortest + random.below(longest - shortest);
  core::LatencyHistogram histogram;
  std::size_t next = 0;
  for (auto _ : state) {
    histogram.record(durations[next]);
    next = (next + 1) % durations.size();
  }
  if (histogram.count() != static_cast<uint64_t>(state.iterations())) std::abort();
}
BENCHMARK_CAPTURE(histogram_record, alike, 100'000, 200'000);
BENCHMARK_CAPTURE(histogram_record, scattered, 0, core::LatencyHistogram::kLongest);

void histogram_percentile(benchmark::State& state) {
  core::LatencyHistogram histogram;
  core::Random random(1);
  for (int i = 0; i < 10'000; ++i) histogram.record(random.below(core::LatencyHistogram::kLongest));
  for (auto _ : state) benchmark::DoNotOptimize(histogram.percentile(0.99));
}
BENCHMARK(histogram_percentile);

void histogram_merge(benchmark::State& state) {
  core::LatencyHistogram histogram;
  core::LatencyHistogram sum;
  for (auto _ : state) {
    sum.merge(histogram);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(histogram_merge);

}  // namespace
