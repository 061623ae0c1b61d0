// The HTTP side without sockets, for tests: a content store over files in memory, a responder, and
// connections that move bytes as a worker does.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>

#include "core/clock.h"
#include "http/content/content_store.h"
#include "http/h1/session.h"
#include "http/output_queue.h"
#include "http/responder.h"
#include "tests/support/memory_file_system.h"

namespace test_support {

// Time at the start of a test; files are older.
inline constexpr int64_t kNow = 1'700'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT
inline constexpr int64_t kOld = 784'111'777;    // Sun, 06 Nov 1994 08:49:37 GMT
inline constexpr uint64_t kSecond = 1'000'000'000;

inline constexpr http::ContentLimits kRoomyLimits{
    .memory_bytes = 4 << 20, .entries = 1000, .files = 100, .memory_body_bytes = 16 * 1024};

// Bytes that name their own position, so that a misplaced one shows.
inline std::string pattern(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "<" + std::to_string(text.size()) + ">";
  text.resize(size);
  return text;
}

// A copy of `bytes` with core::kPadding bytes behind it, and nothing more that may be read.
class PaddedBytes {
 public:
  PaddedBytes(core::Bytes bytes, std::mt19937& random)
      : size_(bytes.size()), data_(std::make_unique<char[]>(bytes.size() + core::kPadding)) {
    if (!bytes.empty()) std::memcpy(data_.get(), bytes.data(), bytes.size());
    for (std::size_t i = 0; i < core::kPadding; ++i) {
      data_[size_ + i] = "\r\n\r\n :\0X"[random() % 8];
    }
  }
  core::Bytes bytes() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

// What the connections of one worker share.
struct HttpServer {
  explicit HttpServer(const http::ContentLimits& content = kRoomyLimits,
                      const http::ContentPolicy& policy = {})
      : store(files, content, 42, policy),
        responder(store, clock, 43),
        context{responder, limits, counters} {
    set_time(kSecond, kNow);
  }

  void set_time(uint64_t monotonic, int64_t wall_seconds) {
    clock.update(core::ClockReading{monotonic, wall_seconds});
  }
  // Both clocks go on.
  void pass(uint64_t nanoseconds) {
    const uint64_t later = clock.now() + nanoseconds;
    const auto seconds = static_cast<int64_t>(later / kSecond - clock.now() / kSecond);
    set_time(later, clock.wall_seconds() + seconds);
  }

  MemoryFileSystem files;
  core::CachedClock clock;
  http::ContentStore store;
  http::Responder responder;
  http::h1::SessionLimits limits;
  http::h1::SessionCounters counters;
  http::h1::SessionContext context;
  std::mt19937 random{1};
};

// Takes `count` bytes off the front of a queue, as a send of that many would.
inline std::string take_output(http::OutputQueue& queue, MemoryFileSystem& files,
                               std::size_t count) {
  std::string text;
  for (const http::Segment& segment : queue) {
    const std::size_t wanted = std::min<uint64_t>(segment.length, count - text.size());
    if (wanted == 0) break;
    if (segment.repeats) {
      for (std::size_t i = 0; i < wanted; ++i) text += *http::later_in_block(segment.memory, i);
      continue;
    }
    if (segment.file == core::kNoFile) {
      text.append(segment.memory, wanted);
      continue;
    }
    std::string part(wanted, '\0');
    const auto read = files.read(segment.file, part.data(), wanted, segment.offset);
    if (!read.ok() || read.value() != wanted) {
      ADD_FAILURE() << "a file segment cannot be read";
      break;
    }
    text += part;
  }
  queue.advance(text.size());
  return text;
}

inline uint64_t queued_bytes(const http::OutputQueue& queue) {
  uint64_t sum = 0;
  for (const http::Segment& segment : queue) sum += segment.length;
  return sum;
}

// One connection. What on_bytes() leaves comes again with more behind it.
class HttpConnection {
 public:
  explicit HttpConnection(HttpServer& server)
      : server_(server),
        chunk_(std::make_unique<char[]>(core::ChunkPool::kStride)),
        queue(server.store) {
    queue.give_chunk(chunk_.get());
  }
  ~HttpConnection() { queue.clear(); }

  // Gives the session `bytes`; the whole output is sent whenever it is full, and at the end.
  void receive(core::Bytes bytes) {
    receive_without_sending(bytes);
    while (blocked()) {
      ASSERT_FALSE(queue.empty()) << "the output is full of nothing";
      send_all();
      receive_without_sending("");
    }
    send_all();
  }

  void receive_without_sending(core::Bytes bytes) {
    carry_.append(bytes);
    const PaddedBytes padded(carry_, server_.random);
    if (!queue.has_chunk()) queue.give_chunk(chunk_.get());
    server_.context.paced = &paced;
    const http::h1::Session::Step step = session.on_bytes(padded.bytes(), server_.context, queue);
    ASSERT_LE(step.consumed, carry_.size());
    outcome_ = step.outcome;
    if (finished()) {
      EXPECT_EQ(step.consumed, carry_.size()) << "a finished session takes every byte";
      EXPECT_EQ(session.phase(), http::h1::Phase::finished);
    }
    carry_.erase(0, step.consumed);
  }

  // The header deadline passes.
  void time_out() {
    if (!queue.has_chunk()) queue.give_chunk(chunk_.get());
    session.on_head_timeout(carry_, server_.context, queue);
    send_all();
  }

  void send_all() { send(queued_bytes(queue)); }
  void send(std::size_t count) {
    output += take_output(queue, server_.files, count);
    queue.take_idle_chunk();
  }

  bool blocked() const { return outcome_ == http::h1::Session::Outcome::output_full; }
  bool waits_for_disk() const { return outcome_ == http::h1::Session::Outcome::wants_disk; }
  bool waits_for_time() const { return outcome_ == http::h1::Session::Outcome::wants_time; }
  bool finished() const { return outcome_ == http::h1::Session::Outcome::finished; }
  // Bytes that the session has not consumed.
  const std::string& carry() const { return carry_; }

 private:
  HttpServer& server_;
  std::unique_ptr<char[]> chunk_;
  std::string carry_;
  http::h1::Session::Outcome outcome_ = http::h1::Session::Outcome::wants_bytes;

 public:
  http::OutputQueue queue;
  http::h1::Session session;
  http::h1::PacedAnswer paced;
  std::string output;  // everything sent so far
};

// What spate answers to one request on a connection of its own.
inline std::string answer(HttpServer& server, core::Bytes request) {
  HttpConnection connection(server);
  connection.receive(request);
  return connection.output;
}

// "GET /path HTTP/1.1" with a Host and the other field lines, each with its line end.
inline std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

}  // namespace test_support
