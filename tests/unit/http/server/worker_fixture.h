// A worker on either backend, driven one turn at a time, and clients that see what it says.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "http/server/file_threads.h"
#include "http/server/worker.h"
#include "http/server/worker_invariants.h"
#include "io/epoll_backend.h"
#include "io/listener.h"
#include "io/posix_file_system.h"
#include "io/uring_backend.h"
#include "tests/contract/peer.h"
#include "tests/support/temporary_directory.h"

namespace http::server {

inline constexpr uint64_t kSecond = 1'000'000'000;
inline constexpr uint64_t kMillisecond = 1'000'000;
inline constexpr const char* kRequest = "GET /small HTTP/1.1\r\nHost: a\r\n\r\n";
inline constexpr const char* kLast = "GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

// What a client has been told.
struct Client {
  explicit Client(uint16_t port, int receive_buffer = 0)
      : peer(contract::Peer::connect(port, receive_buffer)) {}

  void pump() {
    while (true) {
      const ssize_t got = peer.read(scratch.data(), scratch.size());
      if (got == 0 || (got < 0 && got != -EAGAIN)) ended = true;
      if (got <= 0) return;
      bytes += static_cast<uint64_t>(got);
      if (text.size() < most_text) text.append(scratch.data(), static_cast<std::size_t>(got));
    }
  }
  bool answered(const std::string& status) const { return text.starts_with("HTTP/1.1 " + status); }

  contract::Peer peer;
  std::string text;  // the beginning of what came
  std::size_t most_text = 4096;
  uint64_t bytes = 0;
  bool ended = false;
  std::vector<char> scratch = std::vector<char>(256 * 1024);
};

template <class B>
class WorkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    root_.write("small", "small file\n");
    root_.write("large", "");
    std::filesystem::resize_file(root_ / "large", 64 * 1024 * 1024);
    auto files = io::PosixFileSystem::open_root(root_.path());
    ASSERT_TRUE(files.ok());
    files_ = std::move(*files);
    file_threads_ = std::make_unique<FileThreads>(*files_);
    configuration_.file_jobs = 8;
    configuration_.connections = 64;
    configuration_.chunks = 320;
    configuration_.timeouts = {60 * kSecond, 10 * kSecond, 10 * kSecond, 60 * kSecond,
                               30 * kSecond};
    configuration_.content = {
        .memory_bytes = 1 << 20, .entries = 64, .files = 16, .memory_body_bytes = 16 * 1024};
  }

  // `send_buffer`: SO_SNDBUF of its connections, if not as the kernel likes it.
  void start(int send_buffer = 0) {
    io::Address address{"127.0.0.1", 0, false};
    auto listeners = io::listen_on(address, 1);
    ASSERT_TRUE(listeners.ok());
    port_ = address.port;
    if (send_buffer > 0) {  // connections inherit it
      ASSERT_EQ(setsockopt(listeners.value()[0], SOL_SOCKET, SO_SNDBUF, &send_buffer,
                           sizeof(send_buffer)),
                0);
    }
    auto created = B::create(io::Capacity{configuration_.connections + kAcceptSlack, 1});
    if (!created.ok()) GTEST_SKIP() << created.error().message;
    backend_ = std::move(*created);
    worker_ = std::make_unique<Worker<B>>(configuration_, *files_, *file_threads_, *backend_);
    worker_->listen(listeners.value()[0]);
  }

  void TearDown() override {
    backend_.reset();  // ends what still sends from the worker's memory
    worker_.reset();
  }

  uint64_t requests() const { return worker_->counters().sessions.requests; }

  void turn() { worker_->turn(core::read_system_clock().monotonic + kMillisecond); }

  template <class Done>
  [[nodiscard]] bool run_until(Done done) {
    const uint64_t give_up = core::read_system_clock().monotonic + 20 * kSecond;
    while (!done()) {
      if (core::read_system_clock().monotonic > give_up) return false;
      turn();
    }
    worker_->check_invariants();
    return true;
  }

  void run_for(uint64_t nanoseconds) {
    const uint64_t end = core::read_system_clock().monotonic + nanoseconds;
    while (core::read_system_clock().monotonic < end) turn();
  }

  std::unique_ptr<Client> connect(int receive_buffer = 0) {
    return std::make_unique<Client>(port_, receive_buffer);
  }

  // Clients that are in the middle of a download and do not read on: each has a slot for long.
  std::vector<std::unique_ptr<Client>> fill_all_slots() {
    std::vector<std::unique_ptr<Client>> clients;
    const uint64_t before = requests();
    for (uint32_t i = 0; i < configuration_.connections; ++i) {
      clients.push_back(connect(4096));
      clients.back()->peer.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    EXPECT_TRUE(run_until([&] { return requests() == before + configuration_.connections; }));
    return clients;
  }

  [[nodiscard]] bool run_until_ended(std::vector<std::unique_ptr<Client>>& clients) {
    return run_until([&] {
      bool all = true;
      for (auto& client : clients) {
        client->pump();
        // As a client does that is told to close.
        if (client->ended && client->peer.is_open()) client->peer.finish();
        all = all && client->ended;
      }
      return all;
    });
  }

  test_support::TemporaryDirectory root_;
  std::unique_ptr<io::PosixFileSystem> files_;
  std::unique_ptr<FileThreads> file_threads_;
  WorkerConfiguration configuration_;
  uint16_t port_ = 0;
  std::unique_ptr<Worker<B>> worker_;
  std::unique_ptr<B> backend_;
};

using Backends = ::testing::Types<io::EpollBackend, io::UringBackend>;
struct BackendNames {
  template <class B>
  static std::string GetName(int) {
    return std::is_same_v<B, io::EpollBackend> ? "epoll" : "uring";
  }
};

}  // namespace http::server
