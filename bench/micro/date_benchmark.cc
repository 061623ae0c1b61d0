// HTTP dates: one Date field per second and worker, one Last-Modified per file that enters the
// cache, and one parse per conditional request that has a date. Each checks its answer first.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <ctime>

#include "core/imf_fixdate.h"
#include "http/semantics/date.h"

namespace {

constexpr int64_t kNow = 1'750'000'000;
constexpr core::Bytes kNowText = "Sun, 15 Jun 2025 15:06:40 GMT";

// Another day and another time each round, from 1970 to 2038.
int64_t next_moment(int64_t seconds) {
  return (seconds + 86'413) & 0x7fff'ffff;
}

void date_format(benchmark::State& state) {
  std::array<char, core::kImfFixdateLength> text;
  core::format_imf_fixdate(kNow, text.data());
  if (core::Bytes(text.data(), text.size()) != kNowText) std::abort();
  int64_t seconds = kNow;
  for (auto _ : state) {
    core::format_imf_fixdate(seconds, text.data());
    benchmark::DoNotOptimize(text);
    seconds = next_moment(seconds);
  }
}
BENCHMARK(date_format);

// The usual way, for comparison.
void date_format_strftime(benchmark::State& state) {
  std::array<char, core::kImfFixdateLength + 1> text;
  std::time_t seconds = kNow;
  for (auto _ : state) {
    std::tm parts;
    gmtime_r(&seconds, &parts);
    const std::size_t length =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (length != core::kImfFixdateLength) std::abort();
    benchmark::DoNotOptimize(text);
    seconds = next_moment(seconds);
  }
}
BENCHMARK(date_format_strftime);

void date_parse(benchmark::State& state, core::Bytes text) {
  if (http::parse_http_date(text, kNow) != kNow) std::abort();
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(http::parse_http_date(text, kNow));
  }
}
BENCHMARK_CAPTURE(date_parse, imf, kNowText);
BENCHMARK_CAPTURE(date_parse, rfc850, "Sunday, 15-Jun-25 15:06:40 GMT");
BENCHMARK_CAPTURE(date_parse, asctime, "Sun Jun 15 15:06:40 2025");

}  // namespace
