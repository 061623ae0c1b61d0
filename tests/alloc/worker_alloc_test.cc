// A worker that has warmed up serves everything without one call of the allocator, and answers a
// request with one receive and one send.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "http/server/file_threads.h"
#include "http/server/worker.h"
#include "io/epoll_backend.h"
#include "io/listener.h"
#include "io/posix_file_system.h"
#include "io/uring_backend.h"
#include "tests/alloc/trap.h"
#include "tests/integration/http_client.h"
#include "tests/integration/temporary_directory.h"
#include "tests/support/scenario.h"

namespace alloc {
namespace {

using integration::HttpClient;
using integration::Response;

constexpr uint64_t kSecond = 1'000'000'000;

TEST(AllocationTrap, SeesEveryWayToAllocate) {
  if (!kTrapWorks) GTEST_SKIP() << "a sanitizer owns the allocator";
  const Watch watch;
  // Through volatile pointers, so that no pair of calls is optimised away.
  void* volatile memory = nullptr;
  const auto allocations = [&](auto allocate, auto release) {
    arm();
    memory = allocate();
    release(memory);
    const Counts counts = disarm();
    EXPECT_EQ(counts.frees, 1U);
    EXPECT_NE(first_offender(), "");
    return counts.allocations;
  };
  EXPECT_EQ(allocations([] { return malloc(10); }, free), 1U);
  EXPECT_EQ(allocations([] { return calloc(10, 10); }, free), 1U);
  EXPECT_EQ(allocations([] { return realloc(malloc(10), 100); }, free), 2U);
  EXPECT_EQ(allocations([] { return aligned_alloc(64, 64); }, free), 1U);
  const auto posix = [] {
    void* aligned = nullptr;
    return posix_memalign(&aligned, 64, 64) == 0 ? aligned : nullptr;
  };
  EXPECT_EQ(allocations(posix, free), 1U);
  EXPECT_EQ(allocations([] { return static_cast<void*>(new int(1)); },
                        [](void* made) { delete static_cast<int*>(made); }),
            1U);
  // Another thread's calls do not count.
  arm();
  std::thread other([&] {
    memory = malloc(10);
    free(memory);
  });
  const uint64_t before_join = disarm().frees;
  other.join();
  EXPECT_EQ(before_join, 0U);
}

// Counts every look at the file system.
class CountingFiles final : public core::FileSystem {
 public:
  explicit CountingFiles(core::FileSystem& files) : files_(files) {}

  uint64_t calls() const { return calls_; }

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override {
    ++calls_;
    return files_.status(path);
  }
  core::Result<core::FileId, core::SystemError> open(const char* path) override {
    ++calls_;
    return files_.open(path);
  }
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override {
    ++calls_;
    return files_.status(file);
  }
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override {
    ++calls_;
    return files_.read(file, out, size, offset);
  }
  void close(core::FileId file) override {
    ++calls_;
    files_.close(file);
  }
  core::Result<core::Directory, core::SystemError> list(const char* path,
                                                        std::size_t most) override {
    ++calls_;
    return files_.list(path, most);
  }
  bool refresh_root() override {
    ++calls_;
    return files_.refresh_root();
  }

 private:
  core::FileSystem& files_;
  std::atomic<uint64_t> calls_{0};
};

template <class B>
class WorkerAllocTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kTrapWorks) GTEST_SKIP() << "a sanitizer owns the allocator";
    std::signal(SIGPIPE, SIG_IGN);
    write("index.html", 500);
    write("small.txt", 1000);
    write("medium.bin", 16'000);
    write("large.bin", 3'000'000);
    write("folder/index.html", 200);
    for (const char* sibling : {"small.txt.gz", "small.txt.br", "large.bin.gz", "large.bin.zst"}) {
      write(sibling, std::string(sibling).starts_with("small") ? 400 : 1'000'000);
    }
    for (int i = 0; i < 20; ++i) write("listed/file" + std::to_string(i), 10);
    auto files = io::PosixFileSystem::open_root(root_.path());
    ASSERT_TRUE(files.ok());
    files_ = std::move(*files);
    counting_files_ = std::make_unique<CountingFiles>(*files_);
    file_threads_ = std::make_unique<http::server::FileThreads>(*files_);

    io::Address address{"127.0.0.1", 0, false};
    auto listeners = io::listen_on(address, 1);
    ASSERT_TRUE(listeners.ok());
    port_ = address.port;
    std::promise<std::string> ready;
    thread_ = std::thread([this, listener = listeners.value()[0], &ready] {
      auto created = B::create(io::Capacity{kConnections + http::server::kAcceptSlack, 1});
      if (!created.ok()) return ready.set_value(created.error().message);
      backend_ = std::move(*created);
      worker_ = std::make_unique<http::server::Worker<B>>(
          configuration(), *counting_files_, *file_threads_, *backend_, nullptr, &refusal_);
      worker_->listen(listener);
      const Watch watch;
      ready.set_value("");
      worker_->run();
    });
    const std::string obstacle = ready.get_future().get();
    if (!obstacle.empty()) GTEST_SKIP() << obstacle;
  }

  void TearDown() override { finish(); }

  // Ends the worker; its counters may be read then.
  void finish() {
    if (!thread_.joinable()) return;
    if (worker_ != nullptr) worker_->drain();
    thread_.join();
  }

  void write(const std::string& name, std::size_t size) {
    root_.write(name, integration::make_content(size, size));
  }

  HttpClient connect() { return HttpClient(port_); }

  // Everything that requests and connections can be, once. `client` stays connected.
  void serve_everything(HttpClient& client) {
    EXPECT_EQ(client.get("/").body.size(), 500U);
    EXPECT_EQ(client.get("/small.txt").body.size(), 1000U);
    EXPECT_EQ(client.get("/medium.bin").body.size(), 16'000U);
    const Response large = client.get("/large.bin");
    EXPECT_EQ(large.body.size(), 3'000'000U);
    EXPECT_EQ(client.head("/small.txt").status, 200);
    EXPECT_EQ(client.head("/large.bin").status, 200);
    EXPECT_EQ(client.get("/large.bin", "If-None-Match: " + large.field("etag") + "\r\n").status,
              304);
    EXPECT_EQ(client.get("/large.bin", "Range: bytes=1000000-\r\n").body.size(), 2'000'000U);
    EXPECT_EQ(client.get("/small.txt", "Range: bytes=-10\r\n").body.size(), 10U);
    EXPECT_EQ(client.get("/small.txt", "Range: bytes=5000-\r\n").status, 416);
    EXPECT_EQ(client.get("/missing?query").status, 404);
    EXPECT_EQ(client.get("/folder").status, 301);
    EXPECT_EQ(connect().get("/%00").status, 400);
    EXPECT_EQ(client.get("/a%20name/../small.txt").status, 200);
    serve_choices(client);
    serve_target(client);
    serve_routes(client);
    client.request("POST", "/small.txt", "Content-Length: 20000\r\n");
    client.send(std::string(20'000, 'x'));
    EXPECT_EQ(client.read_response().status, 405);
    client.request("POST", "/small.txt", "Transfer-Encoding: chunked\r\n");
    client.send("5\r\nhello\r\n0\r\n\r\n");
    EXPECT_EQ(client.read_response().status, 405);
    client.request("GET", "/small.txt", "Expect: 100-continue\r\nContent-Length: 4\r\n");
    EXPECT_EQ(client.read_response().status, 100);
    EXPECT_EQ(client.read_response().status, 200);
    client.send("body");
    send_pipelines(client);
    send_in_pieces(client);
    come_and_go();
  }

  // What a request can choose: codings, parts, formats of errors and listings, options.
  void serve_choices(HttpClient& client) {
    for (const char* coding : {"gzip", "br", "gzip;q=0.5, br", "*", "br;q=0.1, gzip;q=0.2"}) {
      const std::string accept = std::string("Accept-Encoding: ") + coding + "\r\n";
      EXPECT_EQ(client.get("/small.txt", accept).body.size(), 400U);
    }
    const std::string gzip = "Accept-Encoding: gzip\r\n";
    const Response encoded = client.get("/large.bin", gzip);
    EXPECT_EQ(encoded.field("content-encoding"), "gzip");
    EXPECT_EQ(encoded.body.size(), 1'000'000U);
    EXPECT_EQ(
        client.get("/large.bin", gzip + "If-None-Match: " + encoded.field("etag") + "\r\n").status,
        304);
    EXPECT_EQ(client.get("/large.bin", "Accept-Encoding: zstd\r\nRange: bytes=-5\r\n").status, 206);
    EXPECT_EQ(client.get("/small.txt", "Accept-Encoding: *;q=0\r\n").status, 406);

    std::string ranges = "Range: bytes=-5";
    for (int i = 0; i < 8; ++i) {
      const int first = 100 * i;
      ranges += "," + std::to_string(first) + "-" + std::to_string(first + 9);
    }
    for (const char* path : {"/small.txt", "/medium.bin", "/large.bin"}) {
      const Response parts = client.get(path, ranges + "\r\n");
      EXPECT_EQ(parts.status, 206);
      EXPECT_EQ(parts.field("content-type").substr(0, 20), "multipart/byteranges");
    }
    EXPECT_EQ(client.get("/large.bin", gzip + ranges + "\r\n").status, 206);

    client.request("OPTIONS", "/small.txt");
    EXPECT_EQ(client.read_response().status, 204);
    client.request("OPTIONS", "*");
    EXPECT_EQ(client.read_response().status, 204);
    const std::string html = "Accept: text/html, */*;q=0.8\r\n";
    EXPECT_EQ(client.get("/missing", html).status, 404);
    EXPECT_EQ(client.get("/folder?query", html).status, 301);
    EXPECT_EQ(client.get("/small.txt", html + "If-Match: \"x\"\r\n").status, 412);
  }

  // Every endpoint of the load-test target.
  void serve_target(HttpClient& client) {
    const auto status = [&client](const std::string& path, const std::string& fields = "") {
      return client.get("/target/" + path, fields).status;
    };
    EXPECT_EQ(client.get("/target/plaintext").body.size(), 13U);
    EXPECT_EQ(client.get("/target/json").body.size(), 27U);
    EXPECT_EQ(client.get("/target/bytes/100").body.size(), 100U);
    EXPECT_EQ(client.get("/target/bytes/3000000?seed=1").body.size(), 3'000'000U);
    EXPECT_EQ(status("range/3000000", "Range: bytes=0-9,1000-1009\r\n"), 206);
    EXPECT_EQ(status("range/3000000", "Range: bytes=0-99999,-1000000\r\n"), 206);
    EXPECT_EQ(status("bytes/x"), 400);
    for (const std::string coding : {"gzip", "deflate", "br", "zstd"}) {
      EXPECT_EQ(status(coding), 200);
      EXPECT_EQ(status(coding + "/1000?seed=1"), 200);
      EXPECT_EQ(status(coding + "/3000000"), 200);
      const std::string accepted = "Accept-Encoding: " + coding + "\r\n";
      EXPECT_EQ(status("json/50?m=2", accepted), 200);
    }
    EXPECT_EQ(status("pipeline"), 200);
    EXPECT_EQ(status("baseline11?a=13&b=42"), 200);
    client.request("POST", "/target/baseline11?a=13&b=42", "Content-Length: 2\r\n");
    client.send("20");
    EXPECT_EQ(client.read_response().body, "75");
    EXPECT_EQ(status("range/100000", "Range: bytes=-50000\r\n"), 206);
    EXPECT_EQ(status("delay/1ms"), 200);
    EXPECT_EQ(status("drip?bytes=3&duration=2ms&delay=1ms"), 200);
    // Answers that are late, also with a head that is too long to be kept in the slot.
    EXPECT_EQ(status("json?delay=exp:1ms"), 200);
    EXPECT_EQ(status("headers?delay=1ms&delay-seed=1", "X: " + std::string(5000, 'x') + "\r\n"),
              200);
    client.request("POST", "/target/echo?delay=1ms", "Content-Length: 20000\r\n");
    client.send(std::string(20'000, 'x'));
    EXPECT_EQ(client.read_response().status, 200);
    client.request("POST", "/target/status/201?delay=1ms", "Content-Length: 5\r\n");
    client.send("hello");
    EXPECT_EQ(client.read_response().status, 201);
    EXPECT_EQ(status("json?delay=soon"), 400);
    // Answers that are broken in every way.
    EXPECT_EQ(status("json?fault=404"), 404);
    EXPECT_EQ(status("bytes/100?fault=truncated-gzip"), 200);
    for (const char* path : {"json", "bytes/100000", "stream/3", "echo"}) {
      for (const char* fault :
           {"reset", "fin-before", "fin-in-head", "fin-in-body:10", "slow-head:100us",
            "wrong-length:+5", "bad-chunk", "stall:20", "5xx@50%25,reset"}) {
        HttpClient broken = connect();
        broken.request("POST", "/target/" + std::string(path) + "?fault=" + fault,
                       "Connection: close\r\nContent-Length: 5\r\n");
        broken.send("hello");
        broken.request("GET", "/target/" + std::string(path) + "?fault=" + fault,
                       "Connection: close\r\n");
        broken.finish_sending();
        broken.read_to_end();
      }
    }
    // Streams to a client of HTTP/1.0, which ends with the connection, and in chunks.
    for (const char* path : {"stream/3?gap=1ms", "sse?count=2&gap=1ms", "stream-bytes/300000"}) {
      HttpClient old = connect();
      old.send("GET /target/" + std::string(path) + " HTTP/1.0\r\n\r\n");
      EXPECT_NE(old.read_to_end(), "");
      HttpClient closing = connect();
      closing.request("GET", "/target/" + std::string(path), "Connection: close\r\n");
      EXPECT_TRUE(closing.read_to_end().ends_with("0\r\n\r\n"));
    }
    for (const char* path : {"/target/echo", "/target/upload", "/target/upload?hash=xxh64"}) {
      client.request("POST", path, "Content-Length: 20000\r\n");
      client.send(std::string(20'000, 'x'));
      EXPECT_EQ(client.read_response().status, 200);
      HttpClient chunked = connect();
      chunked.request("POST", path, "Transfer-Encoding: chunked\r\nConnection: close\r\n");
      chunked.send("5\r\nhello\r\n0\r\n\r\n");
      EXPECT_TRUE(chunked.read_to_end().starts_with("HTTP/1.1 200"));
    }
    EXPECT_EQ(status("status/404:1,404"), 404);
    EXPECT_EQ(status("headers", "X: y\r\nX: z\r\n"), 200);
    EXPECT_EQ(status("ip"), 200);
    EXPECT_EQ(status("redirect/2"), 302);
    EXPECT_EQ(status("basic-auth/a/b"), 401);
    EXPECT_EQ(status("cache"), 200);
    EXPECT_EQ(status("cache/1"), 200);
    HttpClient trailing = connect();
    trailing.request("GET", "/target/trailers?a=b", "Connection: close\r\n");
    EXPECT_TRUE(trailing.read_to_end().ends_with("\r\na: b\r\n\r\n"));
    EXPECT_EQ(status("etag/a", "If-None-Match: \"a\"\r\n"), 304);
  }

  // Every kind of route.
  void serve_routes(HttpClient& client) {
    EXPECT_EQ(client.get("/route/body").body, "[]");
    EXPECT_EQ(client.get("/route/file").body, "its name");
    EXPECT_NE(client.get("/route/template/x?q=%20", "X: y\r\n").body, "");
    client.request("POST", "/route/template", "Content-Length: 5\r\n");
    client.send("hello");
    EXPECT_EQ(client.read_response().status, 200);
    EXPECT_GE(client.get("/route/size").body.size(), 100'000U);
    EXPECT_EQ(client.get("/route/late").body.size(), 10U);
    client.get("/route/rate");
    EXPECT_EQ(client.get("/route/rate").status, 429);
    client.request("DELETE", "/route/body");
    EXPECT_EQ(client.read_response().status, 405);
    EXPECT_EQ(client.get("/x/../route/body").body, "[]");
    EXPECT_EQ(client.get("/route/status").status, 503);
    EXPECT_EQ(client.get("/route/slow").body, "x");
    const std::pair<const char*, std::size_t> faults[] = {{"/route/reset", 0}, {"/route/cut", 10}};
    for (const auto& [path, bytes] : faults) {
      HttpClient broken(port_);
      broken.request("GET", path);
      const std::string text = broken.read_to_end();
      EXPECT_EQ(text.size(), bytes > 0 ? text.find("\r\n\r\n") + 4 + bytes : 0U) << path;
    }
  }

  void send_pipelines(HttpClient& client) {
    // 16 deep from the cache, and far beyond what the output holds.
    for (const int depth : {16, 200}) {
      std::string pipeline;
      for (int i = 0; i < depth; ++i) {
        pipeline += i % 3 == 0 ? "GET /medium.bin HTTP/1.1\r\nHost: a\r\n\r\n"
                               : "GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n";
      }
      client.send(pipeline);
      for (int i = 0; i < depth; ++i) EXPECT_EQ(client.read_response().status, 200);
    }
  }

  void send_in_pieces(HttpClient& client) {
    const std::string request = "GET /small.txt HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n";
    HttpClient other = connect();
    for (std::size_t at = 0; at < request.size(); at += 10) {
      client.send(request.substr(at, 10));
      // The worker has taken the piece when it has answered somebody who came after it.
      EXPECT_EQ(other.get("/small.txt").status, 200);
    }
    EXPECT_EQ(client.read_response().status, 200);
  }

  // Connections that end in all ways.
  void come_and_go() {
    EXPECT_EQ(connect().get("/small.txt", "Connection: close\r\n").status, 200);
    HttpClient bad = connect();
    bad.send("BAD\r\n\r\n");
    EXPECT_EQ(bad.read_response().status, 400);
    EXPECT_EQ(bad.read_to_end(), "");
    HttpClient silent = connect();
    HttpClient half = connect();
    half.request("GET", "/large.bin");
    half.finish_sending();
    EXPECT_EQ(half.read_response().body.size(), 3'000'000U);
    HttpClient leaving = connect();
    leaving.request("GET", "/large.bin");
    leaving.read(1000);
    const linger abort{1, 0};
    setsockopt(leaving.descriptor(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  }

  static constexpr uint32_t kConnections = 64;
  static http::server::WorkerConfiguration configuration() {
    http::server::WorkerConfiguration configuration;
    configuration.connections = kConnections;
    configuration.file_jobs = 8;
    configuration.measures_times = true;
    configuration.chunks = kConnections;
    configuration.timeouts = {60 * kSecond, 10 * kSecond, 10 * kSecond, 30 * kSecond, kSecond};
    configuration.content.memory_bytes = 1 << 20;
    configuration.content.entries = 256;
    configuration.content.files = 16;
    configuration.content.memory_body_bytes = 16 * 1024;
    configuration.policy.listings = true;
    configuration.hash_secret = 1;
    configuration.target_prefix = "/target/";
    static const auto kScenario = test_support::make_scenario(R"(
[[route]]
path = "/route/body"
headers = { Content-Type = "application/json" }
body = '[]'
[[route]]
path = "/route/file"
file = "its name"
[[route]]
path = "/route/template*"
methods = ["GET", "POST"]
template = "{path} {query:q} {header:host} {random:1..6} {counter} {now}"
[[route]]
path = "/route/size"
size = "uniform:100000,200000"
[[route]]
path = "/route/late"
delay = "lognormal:p50=1ms,p99=3ms"
size = 10
[[route]]
path = "/route/rate"
rate = 1
[[route]]
path = "/route/status"
fault = "503@100%"
[[route]]
path = "/route/slow"
body = "x"
fault = "slow-head:100us"
[[route]]
path = "/route/reset"
fault = "reset@100%"
[[route]]
path = "/route/cut"
size = 100
fault = "fin-in-body:10@100%"
)");
    configuration.scenario = kScenario.get();
    return configuration;
  }

  integration::TemporaryDirectory root_;
  std::unique_ptr<io::PosixFileSystem> files_;
  std::unique_ptr<CountingFiles> counting_files_;
  uint16_t port_ = 0;
  // Outlived by the backend's memory: it goes first, as in http/server/worker_thread.cc.
  std::unique_ptr<http::server::FileThreads> file_threads_;
  http::server::Refusal refusal_;
  std::unique_ptr<http::server::Worker<B>> worker_;
  std::unique_ptr<B> backend_;
  std::thread thread_;
};

struct BackendNames {
  template <class B>
  static std::string GetName(int) {
    return B::kName;
  }
};
using Backends = ::testing::Types<io::UringBackend, io::EpollBackend>;
TYPED_TEST_SUITE(WorkerAllocTest, Backends, BackendNames);

TYPED_TEST(WorkerAllocTest, ServesWithoutAllocating) {
  HttpClient client = this->connect();
  this->serve_everything(client);
  // A file that has just been written could change once more within the same time stamp, and is
  // read anew after a second.
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  for (int round = 0; round < 3; ++round) this->serve_everything(client);
  arm();
  // Longer than a second, so that every file is compared with the file system once.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
  int rounds = 0;
  while (rounds < 20 || std::chrono::steady_clock::now() < end) {
    this->serve_everything(client);
    ++rounds;
  }
  const Counts counts = disarm();
  this->finish();
  EXPECT_EQ(counts.allocations, 0U) << first_offender();
  EXPECT_EQ(counts.frees, 0U) << first_offender();
  EXPECT_GT(this->worker_->counters().sessions.requests, 20U * 240U);
  EXPECT_GE(this->worker_->store().counters().revalidations, 4U);
}

TYPED_TEST(WorkerAllocTest, RefusesWithoutAllocating) {
  const auto refuse_and_go_on = [this] {
    HttpClient other = this->connect(), client = this->connect();
    client.request("GET", "/target/json?fault=refuse:1ms");
    EXPECT_EQ(client.read_to_end() + other.read_to_end(), "");
    while (integration::try_to_connect(this->port_) != 0) continue;
  };
  refuse_and_go_on();
  arm();
  for (int round = 0; round < 20; ++round) refuse_and_go_on();
  const Counts counts = disarm();
  this->finish();
  EXPECT_EQ(counts.allocations + counts.frees, 0U) << first_offender();
  EXPECT_EQ(this->worker_->counters().refusals, 21U);
}

// A listing is made anew every second, which allocates; a hit of one does not.
TYPED_TEST(WorkerAllocTest, ServesAListingWithoutAllocating) {
  HttpClient client = this->connect();
  // Watches for less than the 900 ms that a listing is kept from the first response on, which makes
  // it. On a machine that is too slow for that, it is made once more, and nothing follows from
  // that.
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1000));
    const auto start = std::chrono::steady_clock::now();
    const std::string json = "Accept: application/json\r\n";
    for (const char* query : {"", "?sort=size"}) {
      for (const std::string& fields : {std::string(), json}) {
        EXPECT_EQ(client.get(std::string("/listed/") + query, fields).status, 200);
      }
    }
    arm();
    for (int i = 0; i < 20; ++i) {
      for (const char* query : {"", "?sort=size"}) {
        for (const std::string& fields : {std::string(), json}) {
          EXPECT_EQ(client.get(std::string("/listed/") + query, fields).status, 200);
        }
      }
    }
    const Counts counts = disarm();
    if (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(800)) {
      EXPECT_EQ(counts.allocations, 0U) << first_offender();
      EXPECT_EQ(counts.frees, 0U) << first_offender();
      return;
    }
  }
  FAIL() << "the machine is too slow to watch a listing while it is kept";
}

// What is in memory is served without a system call for the file, whatever is chosen of it.
TYPED_TEST(WorkerAllocTest, LooksAtNoFileOnAHit) {
  const std::string cases[] = {
      "",
      "Accept-Encoding: gzip\r\n",
      "Accept-Encoding: gzip, br\r\n",
      "Accept-Encoding: zstd\r\n",
      "Accept-Encoding: *;q=0\r\n",
      "Range: bytes=-9\r\n",
      "Range: bytes=-9,0-9\r\n",
      "Range: bytes=5000-\r\n",
      "Accept-Encoding: br\r\nRange: bytes=0-9,-9\r\n",
      "If-None-Match: *\r\n",
  };
  HttpClient client = this->connect();
  const auto ask = [&] {
    for (const std::string& fields : cases) {
      EXPECT_NE(client.get("/small.txt", fields).status, 404) << fields;
    }
  };
  ask();
  const uint64_t before = this->counting_files_->calls();
  constexpr uint64_t kRounds = 200;
  for (uint64_t i = 0; i < kRounds; ++i) ask();
  // Now and then a file is compared with the file system, with some ten looks.
  EXPECT_LT(this->counting_files_->calls() - before, kRounds);
}

// A keep-alive request for a cached file: to wait, to receive, to send. Nothing else.
TYPED_TEST(WorkerAllocTest, AnswersWithFewSystemCalls) {
  constexpr uint64_t kRequests = 2000;
  HttpClient client = this->connect();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.get("/small.txt").status, 200);
  arm();
  for (uint64_t i = 0; i < kRequests; ++i) EXPECT_EQ(client.get("/small.txt").status, 200);
  const Counts counts = disarm();
  this->finish();
  EXPECT_EQ(counts.controls, 0U);
  EXPECT_EQ(counts.accepts, 0U);
  EXPECT_EQ(counts.sendfiles, 0U);
  EXPECT_EQ(counts.sends, kRequests);
  if (std::is_same_v<TypeParam, io::EpollBackend>) {
    EXPECT_EQ(counts.receives, kRequests);
    EXPECT_LE(counts.waits, kRequests + 1);
  } else {
    EXPECT_EQ(counts.receives, 0U);
    // Each turn is one io_uring_enter, which waits for the next request and receives it.
    EXPECT_LE(this->backend_->counters().turns, kRequests + 100);
  }
}

}  // namespace
}  // namespace alloc
