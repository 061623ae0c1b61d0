// The Backend contract (io/backend.h) for a crowd of clients that descriptors would not suffice
// for: each connects, sends the same request once, and takes whatever comes. Time is set by hand.
// All memory is reserved at the start, in memory that is resident from then on, so that what grows
// later is the worker's.
//
// Sends are completed in the next turn, as on io_uring: until then their memory is lent.
#pragma once

#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "http/server/worker.h"
#include "io/backend.h"

namespace alloc {

class CrowdBackend {
 public:
  static constexpr const char* kName = "crowd";

  // What a client has got, and when its request was told of and its answer complete.
  struct Client {
    uint64_t asked_at = 0;
    uint64_t answered_at = 0;
    uint32_t received = 0;
    bool is_right = false;  // it ended with what was expected
  };

  CrowdBackend(uint32_t clients, std::string request, std::string expected_end)
      : clients_(clients), request_(std::move(request)), end_(std::move(expected_end)) {
    request_.append(core::kPadding, '\0');
    client_of_.resize(clients + http::server::kAcceptSlack);
    asks_.resize(clients);
    sends_.reserve(kTurnBudget);
  }

  const std::vector<Client>& clients() const { return clients_; }
  void set_time(uint64_t now) { now_ = now; }
  // So many more clients connect.
  void come(uint32_t count) {
    to_come_ += count;
    CHECK(to_come_ <= clients_.size());
  }
  bool have_all_asked() const { return asked_ == to_come_; }
  bool is_idle() const { return have_all_asked() && sends_.empty(); }

  core::ClockReading read_clock() const { return {now_, 1'000'000'000}; }
  uint32_t add_listener(int /*descriptor*/) { return 0; }
  void resume_accept(uint32_t /*listener*/) { accepting_ = true; }
  void pause_accept(uint32_t /*listener*/) { accepting_ = false; }
  void close_listener(uint32_t /*listener*/) { accepting_ = false; }
  io::AcceptQueue accept_queue(uint32_t /*listener*/) { return {}; }
  void limit_accept_queue(uint32_t /*listener*/, uint32_t /*most*/) {}
  bool listen_again(uint32_t /*listener*/, uint32_t /*most*/) { return true; }
  sockaddr_storage peer(int /*descriptor*/) { return {}; }
  sockaddr_storage peer(io::SocketId /*id*/) { return {}; }
  void discard(int /*descriptor*/) { CHECK(false); }
  void open(io::SocketId id, int descriptor) {
    client_of_.at(id.index) = static_cast<uint32_t>(descriptor);
    asks_.at(opened_++) = id;
  }
  void pause_recv(io::SocketId /*id*/) {}
  void resume_recv(io::SocketId /*id*/) {}
  void send(io::SocketId id, const io::Transmission& transmission) {
    CHECK(transmission.file.length == 0);
    sends_.push_back({id, &transmission});
  }
  uint64_t send_now(io::SocketId /*id*/, core::Bytes /*bytes*/) { return 0; }
  void shutdown_send(io::SocketId /*id*/) { CHECK(false); }
  uint64_t unacknowledged(io::SocketId /*id*/) { return 0; }
  void reset_on_close(io::SocketId /*id*/) { CHECK(false); }
  void close(io::SocketId /*id*/) { CHECK(false); }  // nobody is to be lost
  void wait(uint64_t /*until*/) {
    ++counters_.turns;
    budget_ = kTurnBudget;
    sends_due_ = sends_.size();
  }

  bool next(io::Completion& completion) {
    if (budget_ == 0) return false;
    --budget_;
    if (sends_due_ > 0) return complete_send(completion);
    if (asked_ < opened_) {
      const io::SocketId id = asks_[asked_++];
      clients_[client_of_[id.index]].asked_at = now_;
      const core::Bytes bytes(request_.data(), request_.size() - core::kPadding);
      completion = {io::Op::recv, static_cast<int32_t>(bytes.size()), id, bytes};
      return true;
    }
    if (!accepting_ || accepted_ == to_come_) return false;
    completion = {io::Op::accept, static_cast<int32_t>(accepted_++), {0, 0}, {}};
    return true;
  }

  io::Waker waker() const { return io::Waker(-1); }
  const io::BackendCounters& counters() const { return counters_; }

 private:
  static constexpr uint32_t kTurnBudget = 1024;

  struct Send {
    io::SocketId id;
    const io::Transmission* transmission;
  };

  bool complete_send(io::Completion& completion) {
    const Send send = sends_.front();
    sends_.erase(sends_.begin());
    --sends_due_;
    std::size_t bytes = 0;
    for (uint32_t i = 0; i < send.transmission->slice_count; ++i) {
      bytes += send.transmission->slices[i].iov_len;
    }
    Client& client = clients_[client_of_[send.id.index]];
    const iovec& last = send.transmission->slices[send.transmission->slice_count - 1];
    client.received += static_cast<uint32_t>(bytes);
    client.answered_at = now_;
    client.is_right = core::Bytes(static_cast<const char*>(last.iov_base), last.iov_len)
                          .ends_with(core::Bytes(end_));
    completion = {io::Op::send, static_cast<int32_t>(bytes), send.id, {}};
    return true;
  }

  std::vector<Client> clients_;
  std::string request_;
  std::string end_;
  std::vector<uint32_t> client_of_;  // by the index of the socket
  std::vector<io::SocketId> asks_;   // in the order in which they were opened
  std::vector<Send> sends_;
  std::size_t sends_due_ = 0;
  std::size_t opened_ = 0;
  std::size_t asked_ = 0;
  uint32_t accepted_ = 0;
  uint32_t to_come_ = 0;
  uint32_t budget_ = 0;
  bool accepting_ = false;
  uint64_t now_ = 1'000'000'000;
  io::BackendCounters counters_;
};

static_assert(io::Backend<CrowdBackend>);

}  // namespace alloc
