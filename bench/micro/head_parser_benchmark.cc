// The request-head parser: each ISA, the scalar reference, and phr_parse_request for comparison.
//
// phr_parse_request is that of Debian's libh2o, which is built for every x86-64 and so without the
// SSE4.2 that it has code for. To compare with one that has it, name shared objects that export it,
// separated by colons, in the environment variable PICOHTTPPARSER:
//   gcc -O3 -msse4.2 -shared -fPIC -o /tmp/sse42.so picohttpparser.c
//   PICOHTTPPARSER=/tmp/sse42.so micro_benchmarks --benchmark_filter=parse_head
//
// Before it measures, every benchmark checks its answer against the scalar parser. "Same" parses
// one head over and over, so the branch predictor knows it by heart; "mixed" goes round 64
// different heads of browsers and tools, which is nearer to what a server sees.
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/cpu.h"
#include "http/h1/head_parser.h"

struct phr_header {
  const char* name;
  size_t name_len;
  const char* value;
  size_t value_len;
};
extern "C" int phr_parse_request(const char* buf, size_t len, const char** method,
                                 size_t* method_len, const char** path, size_t* path_len,
                                 int* minor_version, phr_header* headers, size_t* num_headers,
                                 size_t last_len);

namespace {

using http::h1::HeadLimits;
using http::h1::HeadResult;
using http::h1::HeadVerdict;

constexpr std::string_view kShortHead = "GET /plaintext HTTP/1.1\r\nHost: 10.0.0.1:8080\r\n\r\n";
static_assert(kShortHead.size() == 48);

// As of a load generator.
constexpr std::string_view kToolHead =
    "GET /plaintext HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "Connection: keep-alive\r\n"
    "Accept: text/html, */*;q=0.8\r\n"
    "\r\n";
static_assert(kToolHead.size() == 103);

// A browser fetching a picture of a page.
constexpr std::string_view kBrowserHead =
    "GET /assets/images/gallery/2024/mountain-lake-1600.webp HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Dest: image\r\n"
    "Referer: https://www.example.com/gallery/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Cookie: consent=1; session=7f3a9c0e5b1d48269c7e0f1a2b3c4d5e6f708192a3b\r\n"
    "\r\n";
static_assert(kBrowserHead.size() == 700);

// A head that may be parsed: it has the padding behind it.
std::string padded(std::string_view head) {
  std::string text(head);
  text.append(core::kPadding, 'x');
  return text;
}

// Heads that differ in target, in the number and order of fields and in the length of each value.
std::vector<std::string> mixed_heads() {
  constexpr std::string_view kLines[] = {
      "Connection: keep-alive\r\n",
      "Upgrade-Insecure-Requests: 1\r\n",
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n",
      "Accept-Encoding: gzip, deflate, br\r\n",
      "Accept-Language: de-DE,de;q=0.9,en;q=0.5\r\n",
      "Cache-Control: max-age=0\r\n",
      "If-None-Match: \"5f2a-61b9c0d4e8f00\"\r\n",
      "If-Modified-Since: Tue, 14 May 2024 09:21:07 GMT\r\n",
      "Range: bytes=0-65535\r\n",
      "Sec-Fetch-Dest: document\r\n",
      "Sec-Fetch-Mode: navigate\r\n",
      "DNT: 1\r\n",
      "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 "
      "Firefox/125.0\r\n",
      "Referer: https://example.org/a/rather/long/path/to/some/page.html?with=query&and=more\r\n",
  };
  std::vector<std::string> heads;
  uint32_t state = 12345;
  const auto next = [&state](uint32_t bound) {
    state = state * 1664525 + 1013904223;
    return (state >> 16) % bound;
  };
  for (int i = 0; i < 64; ++i) {
    std::string head = "GET /" + std::string(next(60), 'p') + " HTTP/1.1\r\n";
    head += "Host: " + std::string(1 + next(20), 'h') + ".example\r\n";
    for (uint32_t n = 4 + next(10); n > 0; --n) head += kLines[next(std::size(kLines))];
    if (next(2) == 0) head += "Cookie: session=" + std::string(next(300), 'c') + "\r\n";
    heads.push_back(padded(head + "\r\n"));
  }
  return heads;
}

bool same_answer(const std::string& text, core::Isa isa) {
  const core::Bytes input(text.data(), text.size() - core::kPadding);
  const auto expected = std::make_unique<http::RequestHead>();
  const auto found = std::make_unique<http::RequestHead>();
  const HeadResult reference = parse_head_scalar(input, HeadLimits{}, *expected);
  const HeadResult result = parse_head_with(isa, input, HeadLimits{}, *found);
  if (reference.verdict != HeadVerdict::complete || result.verdict != HeadVerdict::complete ||
      reference.consumed != input.size() || result.consumed != input.size() ||
      expected->method_text != found->method_text || expected->method != found->method ||
      expected->target != found->target || expected->minor_version != found->minor_version ||
      expected->present != found->present || expected->repeated != found->repeated ||
      expected->field_count != found->field_count) {
    return false;
  }
  for (uint32_t i = 0; i < expected->field_count; ++i) {
    if (expected->name_of(expected->fields[i]) != found->name_of(found->fields[i]) ||
        expected->value_of(expected->fields[i]) != found->value_of(found->fields[i]) ||
        expected->fields[i].name != found->fields[i].name) {
      return false;
    }
  }
  return true;
}

void report(benchmark::State& state, const std::vector<std::string>& heads) {
  size_t bytes = 0;
  for (const std::string& head : heads) bytes += head.size() - core::kPadding;
  const auto each = static_cast<double>(bytes) / static_cast<double>(heads.size());
  state.SetBytesProcessed(static_cast<int64_t>(each * static_cast<double>(state.iterations())));
  state.counters["head_bytes"] = each;
}

void parse_with(benchmark::State& state, core::Isa isa, const std::vector<std::string>& heads) {
  for (const std::string& head : heads) {
    if (!same_answer(head, isa)) return state.SkipWithError("differs from the scalar parser");
  }
  const HeadLimits limits;
  const auto head = std::make_unique<http::RequestHead>();
  size_t at = 0;
  for (auto _ : state) {
    const std::string& text = heads[at];
    at = at + 1 == heads.size() ? 0 : at + 1;
    benchmark::DoNotOptimize(parse_head_with(
        isa, core::Bytes(text.data(), text.size() - core::kPadding), limits, *head));
    benchmark::ClobberMemory();
  }
  report(state, heads);
}

void parse_with_pico(benchmark::State& state, decltype(&phr_parse_request) parse,
                     const std::vector<std::string>& heads) {
  phr_header headers[http::kMaxFields];
  size_t at = 0;
  for (auto _ : state) {
    const std::string& text = heads[at];
    at = at + 1 == heads.size() ? 0 : at + 1;
    const char *method, *path;
    size_t method_length, path_length, count = http::kMaxFields;
    int minor_version;
    const size_t size = text.size() - core::kPadding;
    const int consumed = parse(text.data(), size, &method, &method_length, &path, &path_length,
                               &minor_version, headers, &count, 0);
    if (consumed != static_cast<int>(size)) {
      return state.SkipWithError("phr_parse_request finds another head");
    }
    benchmark::ClobberMemory();
  }
  report(state, heads);
}

struct Pico {
  std::string name;
  decltype(&phr_parse_request) parse = nullptr;
};

// Debian's, and those of PICOHTTPPARSER by the names of their files.
std::vector<Pico> picos() {
  std::vector<Pico> found = {{"picohttpparser of libh2o", &phr_parse_request}};
  const char* const paths = std::getenv("PICOHTTPPARSER");
  std::istringstream list(paths == nullptr ? "" : paths);
  for (std::string path; std::getline(list, path, ':');) {
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const parse = library == nullptr ? nullptr : dlsym(library, "phr_parse_request");
    if (parse == nullptr) {
      std::fprintf(stderr, "PICOHTTPPARSER: %s\n", dlerror());
      std::exit(1);
    }
    found.push_back({"picohttpparser of " + path.substr(path.rfind('/') + 1),
                     reinterpret_cast<decltype(&phr_parse_request)>(parse)});
  }
  return found;
}

const bool registered = [] {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"short", {padded(kShortHead)}},
      {"tool", {padded(kToolHead)}},
      {"browser", {padded(kBrowserHead)}},
      {"mixed", mixed_heads()},
  };
  const std::vector<Pico> rivals = picos();
  for (const auto& entry : cases) {
    const std::string& name = entry.first;
    const std::vector<std::string>& heads = entry.second;
    for (core::Isa isa : core::kIsas) {
      if (!core::isa_supported(isa)) continue;
      benchmark::RegisterBenchmark(
          ("parse_head/" + name + "/" + std::string(core::isa_name(isa))).c_str(),
          [isa, heads](benchmark::State& state) { parse_with(state, isa, heads); });
    }
    for (const Pico& pico : rivals) {
      benchmark::RegisterBenchmark(
          ("parse_head/" + name + "/" + pico.name).c_str(),
          [pico, heads](benchmark::State& state) { parse_with_pico(state, pico.parse, heads); });
    }
  }
  return true;
}();

}  // namespace
