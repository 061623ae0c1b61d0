// From a request target to a path beneath the root, and back. Each checks its answer first.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <string>

#include "http/semantics/path.h"

namespace {

void path_resolve(benchmark::State& state, core::Bytes target, core::Bytes expected) {
  http::PathBuffer buffer;
  if (http::resolve_target(target, buffer).kind != http::TargetKind::path ||
      http::resolve_target(target, buffer).path != expected) {
    std::abort();
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(target);
    benchmark::DoNotOptimize(http::resolve_target(target, buffer));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(target.size()));
}
BENCHMARK_CAPTURE(path_resolve, root, "/", "");
BENCHMARK_CAPTURE(path_resolve, short, "/plaintext", "plaintext");
BENCHMARK_CAPTURE(path_resolve, asset, "/assets/images/gallery/2024/mountain-lake-1600.webp",
                  "assets/images/gallery/2024/mountain-lake-1600.webp");
BENCHMARK_CAPTURE(path_resolve, asset_with_query, "/assets/css/site.css?v=3f9a1c7e5b2d",
                  "assets/css/site.css");
BENCHMARK_CAPTURE(path_resolve, encoded, "/%E6%96%87%E4%BB%B6/%E4%BD%A0%E5%A5%BD.html",
                  "\xe6\x96\x87\xe4\xbb\xb6/\xe4\xbd\xa0\xe5\xa5\xbd.html");
BENCHMARK_CAPTURE(path_resolve, dot_segments, "/a/b/c/./../../g/../h//i/.", "a/h/i");

// Half a path and the dot segments that take it away again: the cost grows with the length only.
void path_resolve_winding(benchmark::State& state) {
  std::string target;
  for (int64_t i = 0; i < state.range(0); ++i) target += "/a";
  for (int64_t i = 0; i < state.range(0); ++i) target += "/..";
  path_resolve(state, target, "");
}
BENCHMARK(path_resolve_winding)->Arg(64)->Arg(512);

void path_hidden(benchmark::State& state) {
  core::Bytes path = "assets/images/gallery/2024/mountain-lake-1600.webp";
  if (http::has_hidden_segment(path) || !http::has_hidden_segment("a/.git")) std::abort();
  for (auto _ : state) {
    benchmark::DoNotOptimize(path);
    benchmark::DoNotOptimize(http::has_hidden_segment(path));
  }
}
BENCHMARK(path_hidden);

void path_encode(benchmark::State& state) {
  std::array<char, http::kEncodedPathCapacity> out;
  core::Bytes path = "my files/gallery";
  if (http::encode_path(path, true, out) != "/my%20files/gallery/") std::abort();
  for (auto _ : state) {
    benchmark::DoNotOptimize(path);
    benchmark::DoNotOptimize(http::encode_path(path, true, out));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(path_encode);

}  // namespace
