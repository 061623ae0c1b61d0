// The Backend contract (io/backend.h) on io_uring.
//
// Accepts and receives are multishot; received bytes lie in buffers of a ring that the kernel fills
// and that go back to it when next() is called again. Submissions are collected and go to the
// kernel once per turn, together with the wait for completions (SINGLE_ISSUER and DEFER_TASKRUN
// where the kernel has them). user_data is slot, generation and operation, so that a completion of
// an earlier occupant is recognised.
//
// Files: io_uring has no sendfile and its splice always goes to a kernel worker thread, so a send
// with a file range is done by direct calls (io/transmit.h) inside the turn, and a poll operation
// waits for room. This blocks the thread for a page that is not in the page cache, as epoll does;
// the quantum of io/backend.h bounds how much one send reads.
//
// Running out of receive buffers (ENOBUFS) is back-pressure: the receive is armed again with the
// next submission, when the buffers of this turn have come back. When paused sockets hold half of
// them, the one that holds most is evicted: its recv ends with -ENOBUFS, even though it is paused,
// so that clients that pipeline without reading can not starve the others.
#pragma once

#include <liburing.h>

#include <memory>
#include <string>

#include "core/mapping.h"
#include "core/result.h"
#include "io/backend.h"

namespace io {

class UringBackend {
 public:
  static constexpr const char* kName = "io_uring";

  // Must be called on the thread that will use it. All memory is reserved here. Fails, with the
  // reason, where the kernel or the sandbox does not allow what this backend needs.
  static core::Result<std::unique_ptr<UringBackend>> create(const Capacity& capacity);
  // Bytes that create() reserves, for the memory budget; the kernel's rings included.
  static uint64_t memory_for(const Capacity& capacity);
  ~UringBackend();

  core::ClockReading read_clock() { return core::read_system_clock(); }
  uint32_t add_listener(int descriptor);
  void resume_accept(uint32_t listener);
  void pause_accept(uint32_t listener);
  void close_listener(uint32_t listener);
  void discard(int descriptor);

  void open(SocketId id, int descriptor);
  void pause_recv(SocketId id);
  void resume_recv(SocketId id);
  void send(SocketId id, const Transmission& transmission);
  void shutdown_send(SocketId id);
  void close(SocketId id);

  void wait(uint64_t until);
  bool next(Completion& completion);

  Waker waker() const { return Waker(wake_descriptor_); }
  const BackendCounters& counters() const { return counters_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint16_t kNoBuffer = UINT16_MAX;
  static constexpr uint32_t kSubmissions = 1024;
  static constexpr uint32_t kCompletions = 4096;
  static constexpr uint32_t kBuffers = 256;
  static constexpr uint32_t kBufferBytes = 4096;
  static_assert(kBufferBytes <= kMaxRecv);
  // The padding also keeps the starts of the buffers from falling into the same few cache sets.
  static constexpr uint32_t kBufferStride = kBufferBytes + core::kPadding;
  // A paused socket that holds this many buffers has its receive cancelled.
  static constexpr uint16_t kHeldBeforeCancel = 2;
  static constexpr uint32_t kTurnBudget = 1024;
  // Sends go to the kernel at the latest when this many are queued: their memory comes back sooner,
  // so that few output buffers serve any number of connections.
  static constexpr uint32_t kSendsBeforeSubmit = 64;

  enum class Request : uint8_t { ignored, accept, recv, send, poll, wake };

  struct Socket {
    const Transmission* sending;
    int descriptor;
    uint32_t generation;
    uint32_t next;  // in the list of sockets with work
    uint32_t previous;
    uint16_t held_head;  // received buffers kept while paused, oldest first
    uint16_t held_tail;
    uint16_t held_count;
    int16_t recv_error;  // -errno to deliver after what is held
    bool open : 1;
    bool recv_armed : 1;  // the kernel has a receive
    bool recv_cancelling : 1;
    bool recv_paused : 1;
    bool recv_end_pending : 1;  // end or recv_error to deliver after what is held
    bool recv_ended : 1;        // end or error delivered
    bool send_in_kernel : 1;
    bool polling : 1;       // waits for the socket to have room
    bool non_blocking : 1;  // O_NONBLOCK is set: a file was sent
    bool closing : 1;
    bool evicted : 1;  // deliver the end although paused
    bool listed : 1;
  };

  struct Listener {
    int descriptor = -1;
    bool accepting = false;  // wanted
    bool armed = false;      // the kernel has an accept
    bool closing = false;
  };

  struct Buffer {
    uint16_t next;  // held by the same socket, or kNoBuffer
    uint16_t length;
  };

  UringBackend(const Capacity& capacity, const io_uring& ring, int wake_descriptor);
  core::Result<bool> register_buffers();

  Socket& socket(SocketId id);
  io_uring_sqe* prepare(Request request, uint32_t index, uint32_t generation);
  void submit();
  void push_back(uint32_t index);
  void remove(uint32_t index);

  void arm_accept(uint32_t index);
  void arm_recv(uint32_t index);
  void arm_wake();
  void cancel(Request request, uint32_t index, uint32_t generation);
  void set_blocking(Socket& socket, bool blocking);

  char* buffer(uint16_t id) const {
    return buffers_ + static_cast<std::size_t>(id) * kBufferStride;
  }
  void recycle(uint16_t id);
  void recycle_held(Socket& socket);
  void hold(Socket& socket, uint16_t id, uint32_t length);
  void evict_holder();

  bool handle(const io_uring_cqe& cqe, Completion& completion);
  bool handle_accept(uint32_t index, const io_uring_cqe& cqe, Completion& completion);
  bool handle_recv(uint32_t index, const io_uring_cqe& cqe, Completion& completion);
  bool handle_send(uint32_t index, const io_uring_cqe& cqe, Completion& completion);
  bool work(uint32_t index, Completion& completion);
  bool transmit_directly(uint32_t index, Completion& completion);
  bool deliver_recv(uint32_t index, Completion& completion);

  io_uring ring_;
  core::Mapping memory_;
  Socket* sockets_;
  Capacity capacity_;
  std::unique_ptr<Listener[]> listeners_;
  uint32_t listener_count_ = 0;
  core::Mapping buffer_ring_memory_;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  char* buffers_ = nullptr;
  std::unique_ptr<Buffer[]> buffer_states_;
  uint32_t held_buffers_ = 0;
  uint16_t lent_ = kNoBuffer;
  uint32_t list_head_ = kNone;
  uint32_t list_tail_ = kNone;
  uint32_t open_high_water_ = 0;  // one past the highest index that was ever open
  uint32_t queued_sends_ = 0;
  uint32_t turn_budget_ = 0;
  int wake_descriptor_;
  uint64_t wake_count_ = 0;
  BackendCounters counters_;
};

static_assert(Backend<UringBackend>);

}  // namespace io
