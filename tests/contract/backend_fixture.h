// The contract of io/backend.h as a judge: a test fixture, typed by backend, that drives a backend
// and checks the rules that hold always for every completion it delivers. A test adds what should
// happen; the numbers in its comments are those of the contract.
//
// Always checked: a completion is for the occupant of its index (3); recv carries as many bytes as
// it says, with readable padding, never while paused, never after the end (4); send completes only
// what was sent, by no more than its size, never with -EAGAIN (5); after close() comes one
// Op::close and nothing else (6). At the end of each test everything closes and no descriptor is
// left over.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "io/backend.h"
#include "io/epoll_backend.h"
#include "io/uring_backend.h"
#include "tests/contract/peer.h"

namespace contract {

using Backends = ::testing::Types<io::EpollBackend, io::UringBackend>;

struct BackendNames {
  template <class B>
  static std::string GetName(int) {
    return std::is_same_v<B, io::EpollBackend> ? "epoll" : "uring";
  }
};

// What remains to be put on the wire: slices in order, then a file range.
struct Outgoing {
  std::vector<std::string_view> slices;
  io::FileRange file = {};

  uint64_t size() const {
    uint64_t total = file.length;
    for (std::string_view slice : slices) total += slice.size();
    return total;
  }

  void advance(uint64_t taken) {
    while (!slices.empty() && taken >= slices.front().size()) {
      taken -= slices.front().size();
      slices.erase(slices.begin());
    }
    if (!slices.empty()) {
      slices.front().remove_prefix(static_cast<std::size_t>(taken));
    } else {
      file.offset += taken;
      file.length -= taken;
    }
  }

  // As much as one transmission holds.
  void fill(io::Transmission& transmission) const {
    transmission.slice_count = 0;
    transmission.file = {};
    for (std::string_view slice : slices) {
      if (transmission.slice_count == io::Transmission::kMaxSlices) return;
      iovec& entry = transmission.slices[transmission.slice_count++];
      entry.iov_base = const_cast<char*>(slice.data());
      entry.iov_len = slice.size();
    }
    transmission.file = file;
  }
};

// One connection: the client's end, and what the backend has said about the other.
struct Connection {
  io::SocketId id;
  Peer peer;
  std::string to_backend;       // the peer writes this, as the socket takes it
  std::size_t written = 0;      // of to_backend
  bool finish_written = false;  // then the end of the stream
  bool peer_reads = true;
  std::size_t peer_reads_at_most = 256 * 1024;  // in one turn
  std::string peer_received;
  std::optional<int> peer_end;  // 0: end of the stream, otherwise an errno value

  std::string received;
  std::size_t recv_count = 0;
  std::optional<int32_t> recv_end;
  std::vector<int32_t> send_results;
  bool paused = false;
  bool may_be_evicted = false;  // -ENOBUFS may end its recv while it is paused
  bool sending = false;
  bool resumes_sends = false;  // after a short send, send the rest
  bool closing = false;
  bool closed = false;
  io::Transmission transmission;
  Outgoing unsent;

  bool sent_all() const { return !sending && unsent.size() == 0; }
};

struct ConnectOptions {
  int send_buffer = 0;          // SO_SNDBUF of the backend's end
  int receive_buffer = 0;       // SO_RCVBUF of the backend's end
  int peer_receive_buffer = 0;  // SO_RCVBUF of the peer's
};

template <class B>
class BackendTest : public ::testing::Test {
 public:
  static constexpr uint64_t kMillisecond = 1'000'000;
  // Longer than any of these tests needs on a loaded machine under a sanitizer.
  static constexpr uint64_t kPatience = 20'000 * kMillisecond;
  static constexpr bool kIsUring = std::is_same_v<B, io::UringBackend>;

  void SetUp() override { start(io::Capacity{64, 4}); }

  // Skips the test where this machine does not allow the backend.
  void start(const io::Capacity& capacity) {
    descriptors_before_ = count_descriptors();
    auto created = B::create(capacity);
    if (!created.ok()) GTEST_SKIP() << created.error().message;
    backend_ = std::move(created.value());
    slots_.assign(capacity.sockets, nullptr);
    generations_.assign(capacity.sockets, 0);
    for (uint32_t index = capacity.sockets; index-- > 0;) free_.push_back(index);
    LoopbackListener listener;
    port_ = listener.port;
    listener_ = backend_->add_listener(listener.descriptor.release());
    backend_->resume_accept(listener_);
  }

  void restart(const io::Capacity& capacity) {
    stop();
    start(capacity);
  }

  void TearDown() override { stop(); }

  void stop() {
    if (backend_ == nullptr) return;
    on_completion_ = nullptr;
    for (auto& connection : connections_) {
      if (!connection->closing) close(*connection);
    }
    EXPECT_TRUE(run_until([&] { return free_.size() == slots_.size(); })) << "close() hangs";
    run_turns(2);  // nothing may follow
    if (kIsUring) {
      // Op::close waits for the end of every operation, so none ends after it.
      EXPECT_EQ(backend_->counters().stale, 0U);
    }
    backend_.reset();
    for (const Accepted& accepted : accepted_) ::close(accepted.result);
    accepted_.clear();
    connections_.clear();
    free_.clear();
    kept_files_.clear();
    kept_.clear();
    EXPECT_EQ(count_descriptors(), descriptors_before_);
  }

  // --- the loop -------------------------------------------------------------------------------

  static uint64_t now() { return core::read_system_clock().monotonic; }

  // One turn: wait, then every completion. Peers do their reading and writing before it.
  void turn(uint64_t until) {
    backend_->read_clock();
    backend_->wait(until);
    ++turns_;
    io::Completion completion;
    while (backend_->next(completion)) take(completion);
  }

  void step() {
    const bool busy = pump_peers();
    turn(busy ? 0 : now() + kMillisecond);
  }

  // For silence: enough turns that what the kernel has would have arrived.
  void run_turns(int count) {
    for (int i = 0; i < count; ++i) step();
  }

  // False when `done` does not come true.
  template <class Done>
  [[nodiscard]] bool run_until(Done done) {
    const uint64_t give_up = now() + kPatience;
    while (!done()) {
      if (now() > give_up) return false;
      step();
    }
    return true;
  }

  // Lets the peers write and read; true if anything moved.
  bool pump_peers() {
    bool moved = false;
    for (auto& connection : connections_) {
      if (connection->peer.is_open()) moved |= pump(*connection);
    }
    return moved;
  }

  bool pump(Connection& connection) {
    bool moved = false;
    while (connection.written < connection.to_backend.size()) {
      const ssize_t sent =
          connection.peer.write(std::string_view(connection.to_backend).substr(connection.written));
      if (sent <= 0) break;
      connection.written += static_cast<std::size_t>(sent);
      moved = true;
    }
    if (connection.finish_written && connection.written == connection.to_backend.size()) {
      connection.finish_written = false;
      connection.peer.finish();
      moved = true;
    }
    std::size_t left = connection.peer_reads ? connection.peer_reads_at_most : 0;
    while (left > 0 && !connection.peer_end) {
      const ssize_t got = connection.peer.read(scratch_, std::min(left, sizeof(scratch_)));
      if (got == -EAGAIN) break;
      moved = true;
      if (got > 0) {
        connection.peer_received.append(scratch_, static_cast<std::size_t>(got));
        left -= static_cast<std::size_t>(got);
      } else {
        connection.peer_end = static_cast<int>(-got);
      }
    }
    return moved;
  }

  // --- connections ----------------------------------------------------------------------------

  // Connects a peer and returns the accepted descriptor, not open() yet.
  std::pair<Peer, int> accept_peer(const ConnectOptions& options = {}) {
    Peer peer = Peer::connect(port_, options.peer_receive_buffer);
    const uint16_t port = peer.port();
    // The other peers stand still: thousands of them would make this slow.
    const uint64_t give_up = now() + kPatience;
    auto found = find_accepted(port);
    for (; found == accepted_.end(); found = find_accepted(port)) {
      CHECK(now() < give_up);
      turn(now() + kMillisecond);
    }
    const int descriptor = found->result;
    accepted_.erase(found);
    if (options.send_buffer > 0) set_size(descriptor, SO_SNDBUF, options.send_buffer);
    if (options.receive_buffer > 0) set_size(descriptor, SO_RCVBUF, options.receive_buffer);
    return {std::move(peer), descriptor};
  }

  static void set_size(int descriptor, int option, int bytes) {
    CHECK(setsockopt(descriptor, SOL_SOCKET, option, &bytes, sizeof(bytes)) == 0);
  }

  // Takes the index that was freed last, as the slab of a worker does.
  Connection& open(Peer peer, int descriptor) {
    CHECK(!free_.empty());
    const uint32_t index = free_.back();
    free_.pop_back();
    connections_.push_back(std::make_unique<Connection>());
    Connection& connection = *connections_.back();
    generations_[index] += generations_[index] == 0 ? 1 : 2;
    connection.id = io::SocketId{index, generations_[index]};
    connection.peer = std::move(peer);
    slots_[index] = &connection;
    backend_->open(connection.id, descriptor);
    return connection;
  }

  Connection& connect(const ConnectOptions& options = {}) {
    auto [peer, descriptor] = accept_peer(options);
    return open(std::move(peer), descriptor);
  }

  std::vector<Connection*> connect_many(std::size_t count) {
    std::vector<Connection*> many;
    for (std::size_t i = 0; i < count; ++i) many.push_back(&connect());
    return many;
  }

  void pause(Connection& connection) {
    connection.paused = true;
    backend_->pause_recv(connection.id);
  }

  void resume(Connection& connection) {
    connection.paused = false;
    backend_->resume_recv(connection.id);
  }

  // One transmission; its completion moves connection.unsent on.
  void send(Connection& connection, Outgoing outgoing) {
    connection.unsent = std::move(outgoing);
    send_rest(connection);
  }

  // Transmissions until all is sent or one fails.
  void send_all(Connection& connection, Outgoing outgoing) {
    connection.resumes_sends = true;
    send(connection, std::move(outgoing));
  }

  void send_rest(Connection& connection) {
    connection.unsent.fill(connection.transmission);
    connection.sending = true;
    backend_->send(connection.id, connection.transmission);
  }

  void close(Connection& connection) {
    connection.closing = true;
    backend_->close(connection.id);
  }

  // Closes and waits for it; the connection's record stays.
  void close_fully(Connection& connection) {
    if (!connection.closing) close(connection);
    EXPECT_TRUE(run_until([&] { return connection.closed; }));
  }

  // Drops the records of closed connections and their peers.
  void forget_closed() {
    std::erase_if(connections_, [](const auto& connection) { return connection->closed; });
  }

  // Memory and files that a send may still use when the test returns.
  std::string_view keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }
  int keep(Descriptor file) { return kept_files_.emplace_back(std::move(file)).get(); }

  void expect_received(const Connection& connection, std::string_view expected) {
    EXPECT_EQ(difference(connection.received, expected), "") << "by the backend";
  }

  void expect_peer_received(const Connection& connection, std::string_view expected) {
    EXPECT_EQ(difference(connection.peer_received, expected), "") << "by the peer";
  }

  struct Accepted {
    uint32_t listener;
    int32_t result;
  };

  auto find_accepted(uint16_t port) {
    return std::find_if(accepted_.begin(), accepted_.end(), [&](const Accepted& accepted) {
      return Peer::remote_port(accepted.result) == port;
    });
  }

  std::unique_ptr<B> backend_;
  uint16_t port_ = 0;
  uint32_t listener_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Accepted> accepted_;  // by success, not yet open
  std::vector<Accepted> refused_;  // accepts that failed
  uint64_t completions_ = 0;
  uint64_t wakes_ = 0;
  uint64_t turns_ = 0;
  // Called with every completion after the rules were checked, as a worker's handler would be.
  std::function<void(const io::Completion&, Connection*)> on_completion_;

 private:
  void take(const io::Completion& completion) {
    ++completions_;
    Connection* owner = nullptr;
    switch (completion.op) {
      case io::Op::wake:
        ++wakes_;
        break;
      case io::Op::accept:
        if (completion.result >= 0) {
          accepted_.push_back({completion.socket.index, completion.result});
        } else {
          refused_.push_back({completion.socket.index, completion.result});
        }
        break;
      case io::Op::recv:
      case io::Op::send:
      case io::Op::close:
        owner = find_owner(completion);
        ASSERT_NE(owner, nullptr) << "a completion of nobody";
        if (completion.op == io::Op::recv) take_recv(*owner, completion);
        if (completion.op == io::Op::send) take_send(*owner, completion);
        if (completion.op == io::Op::close) take_close(*owner, completion);
        break;
    }
    if (on_completion_) on_completion_(completion, owner);
  }

  Connection* find_owner(const io::Completion& completion) {
    if (completion.socket.index >= slots_.size()) return nullptr;
    Connection* owner = slots_[completion.socket.index];
    return owner != nullptr && owner->id == completion.socket ? owner : nullptr;
  }

  void take_recv(Connection& owner, const io::Completion& completion) {
    EXPECT_FALSE(owner.closing) << "recv after close()";
    EXPECT_FALSE(owner.recv_end.has_value()) << "recv after the end";
    const bool evicted = owner.may_be_evicted && completion.result == -ENOBUFS;
    EXPECT_TRUE(!owner.paused || evicted) << "recv while paused: " << completion.result;
    if (completion.result <= 0) {
      owner.recv_end = completion.result;
      return;
    }
    ASSERT_EQ(static_cast<std::size_t>(completion.result), completion.bytes.size());
    ASSERT_LE(completion.bytes.size(), io::kMaxRecv);
    ++owner.recv_count;
    owner.received.append(completion.bytes);
    const volatile char* end = completion.bytes.data() + completion.bytes.size();
    for (std::size_t i = 0; i < core::kPadding; ++i) [[maybe_unused]] const char read = end[i];
  }

  void take_send(Connection& owner, const io::Completion& completion) {
    EXPECT_FALSE(owner.closing) << "send after close()";
    ASSERT_TRUE(owner.sending) << "nothing was sent";
    ASSERT_NE(completion.result, -EAGAIN);
    ASSERT_NE(completion.result, 0);
    owner.sending = false;
    owner.send_results.push_back(completion.result);
    if (completion.result < 0) return;
    const uint64_t taken = static_cast<uint64_t>(completion.result);
    ASSERT_LE(taken, owner.unsent.size());
    uint64_t memory = 0;
    for (uint32_t i = 0; i < owner.transmission.slice_count; ++i) {
      memory += owner.transmission.slices[i].iov_len;
    }
    ASSERT_LE(taken, memory + std::min(owner.transmission.file.length, io::kFileQuantum));
    owner.unsent.advance(taken);
    if (owner.resumes_sends && owner.unsent.size() > 0) send_rest(owner);
  }

  void take_close(Connection& owner, const io::Completion& completion) {
    EXPECT_TRUE(owner.closing) << "nobody closed it";
    EXPECT_EQ(completion.result, 0);
    owner.closed = true;
    slots_[owner.id.index] = nullptr;
    free_.push_back(owner.id.index);
  }

  int descriptors_before_ = 0;
  std::deque<std::string> kept_;
  std::deque<Descriptor> kept_files_;
  std::vector<Connection*> slots_;  // occupants by index
  std::vector<uint32_t> generations_;
  std::vector<uint32_t> free_;
  char scratch_[64 * 1024];
};

}  // namespace contract
