// What an answer costs in user space: from the bytes of a request to the bytes of a response,
// through session, responder, content store and serializer, over files in memory.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/chunk_pool.h"
#include "core/clock.h"
#include "http/h1/session.h"
#include "http/output_queue.h"
#include "http/responder.h"

namespace {

// Files that never change, by name.
class FixedFiles final : public core::FileSystem {
 public:
  void add(const std::string& path, std::size_t size) {
    names_.push_back(path);
    bodies_.push_back(std::string(size, 'x'));
  }

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == path) return status(static_cast<core::FileId>(i));
    }
    return core::SystemError{ENOENT};
  }
  core::Result<core::FileId, core::SystemError> open(const char* path) override {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == path) return static_cast<core::FileId>(i);
    }
    return core::SystemError{ENOENT};
  }
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override {
    core::FileStatus status;
    status.inode = static_cast<uint64_t>(file) + 1;
    status.size = bodies_[static_cast<std::size_t>(file)].size();
    status.kind = core::FileKind::regular;
    return status;
  }
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override {
    return bodies_[static_cast<std::size_t>(file)].copy(out, size, offset);
  }
  void close(core::FileId) override {}
  core::Result<core::Directory, core::SystemError> list(const char*, std::size_t) override {
    return core::SystemError{ENOTDIR};
  }
  bool refresh_root() override { return true; }

 private:
  std::vector<std::string> names_;
  std::vector<std::string> bodies_;
};

// Everything that a worker has around a session.
struct Bench {
  Bench() {
    files.add("f", 128);
    files.add("large", 12'000);
    clock.update({1'000'000'000, 784'111'777});
    queue.give_chunk(chunks.acquire());
  }

  // Answers `input` once and returns how many bytes are queued.
  uint64_t answer(http::h1::Session& session, core::Bytes input) {
    while (!input.empty()) {
      const auto step = session.on_bytes(input, context, queue);
      input.remove_prefix(step.consumed);
      if (step.outcome != http::h1::Session::Outcome::output_full) break;
      sent += pending();
      queue.advance(pending());
    }
    const uint64_t total = sent + pending();
    sent = 0;
    queue.advance(pending());
    return total;
  }

  uint64_t pending() const {
    uint64_t bytes = 0;
    for (const http::Segment& segment : queue) bytes += segment.length;
    return bytes;
  }

  FixedFiles files;
  core::CachedClock clock;
  http::ContentStore store{files, {16 << 20, 256, 16, 16 * 1024}, 1};
  http::Responder responder{store, clock, 1};
  http::h1::SessionLimits limits;
  http::h1::SessionCounters counters;
  http::h1::SessionContext context{responder, limits, counters, false};
  core::ChunkPool chunks{1};
  http::OutputQueue queue{store};
  uint64_t sent = 0;
};

std::string padded(std::string text) {
  return text.append(core::kPadding, '\0');
}

void run(benchmark::State& state, const std::string& request, int repeat, uint64_t expected_body,
         const char* expected_status) {
  Bench bench;
  std::string input;
  for (int i = 0; i < repeat; ++i) input += request;
  const std::size_t size = input.size();
  input = padded(input);
  const core::Bytes bytes{input.data(), size};
  http::h1::Session session;

  // The answer first: status line of the first response, and a length that fits it.
  session.on_bytes(bytes.substr(0, request.size()), bench.context, bench.queue);
  const core::Bytes head{bench.queue.begin()->memory, bench.queue.begin()->length};
  const uint64_t one = bench.pending();
  if (!head.starts_with(expected_status) || one < expected_body + 100) {
    state.SkipWithError("wrong response");
    return;
  }
  bench.queue.advance(one);

  uint64_t total = 0;
  for (auto _ : state) benchmark::DoNotOptimize(total = bench.answer(session, bytes));
  if (total != one * static_cast<uint64_t>(repeat)) state.SkipWithError("wrong amount of output");
  state.SetItemsProcessed(state.iterations() * repeat);
}

void respond_small_file(benchmark::State& state) {
  run(state, "GET /f HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", 1, 128, "HTTP/1.1 200 OK\r\n");
}
BENCHMARK(respond_small_file);

void respond_small_file_pipelined(benchmark::State& state) {
  run(state, "GET /f HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", 16, 128, "HTTP/1.1 200 OK\r\n");
}
BENCHMARK(respond_small_file_pipelined);

// Referred to, not copied.
void respond_larger_file(benchmark::State& state) {
  run(state, "GET /large HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", 1, 12'000,
      "HTTP/1.1 200 OK\r\n");
}
BENCHMARK(respond_larger_file);

void respond_not_modified(benchmark::State& state) {
  run(state,
      "GET /f HTTP/1.1\r\nHost: localhost:8080\r\nIf-Modified-Since: "
      "Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
      1, 0, "HTTP/1.1 304 Not Modified\r\n");
}
BENCHMARK(respond_not_modified);

void respond_not_found(benchmark::State& state) {
  run(state, "GET /missing HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", 1, 0,
      "HTTP/1.1 404 Not Found\r\n");
}
BENCHMARK(respond_not_found);

}  // namespace
