// The Backend contract (io/backend.h) on io_uring.
//
// Accepts and receives are multishot; received bytes lie in buffers of a ring that the kernel fills
// and that go back to it when next() is called again. Submissions are collected and go to the
// kernel once per turn, together with the wait for completions (SINGLE_ISSUER and DEFER_TASKRUN
// where the kernel has them). user_data is slot, generation and operation, so that a completion of
// an earlier occupant is recognised. An answer in memory is sent by send_now(), with a system call
// of its own: that costs less than the second completion of a send that is queued.
//
// A multishot accept takes all that wait in the listener's queue before it can be stopped. Where
// there are not enough free sockets for a full queue, connections are accepted a few at a time. In
// a crowd too, some at a time: each is answered while the caches still know it, and the others wait
// in the listener's queue, which is bounded. Twice as many new connections as can be served leave
// half of the peak with multishot accepts and all of it like this.
//
// Files: io_uring has no sendfile and its splice always goes to a kernel worker thread, so a send
// with a file range is done by direct calls (io/transmit.h) inside the turn, and a poll operation
// waits for room. One whose file is not in the page cache waits in ColdSends.
//
// The first receive of a connection is a single one, and the multishot receive is armed when its
// answer has been sent or has to wait for room: a connection of one request is closed then, and
// needs no cancel and no turn in which that completes.
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
#include "io/cold_sends.h"
#include "io/socket_list.h"
#include "io/transmit.h"
#include "io/uring_recv_buffers.h"
#include "io/warm_files.h"

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

  core::ClockReading read_clock() {
    const core::ClockReading reading = clock_.read();
    now_ = reading.monotonic;
    return reading;
  }
  uint32_t add_listener(int descriptor);
  void resume_accept(uint32_t listener);
  void pause_accept(uint32_t listener);
  void close_listener(uint32_t listener);
  AcceptQueue accept_queue(uint32_t listener) {
    return accept_queue_of(listeners_[listener].descriptor);
  }
  void limit_accept_queue(uint32_t listener, uint32_t most) {
    io::limit_accept_queue(listeners_[listener].descriptor, most);
  }
  bool listen_again(uint32_t listener, uint32_t most);
  sockaddr_storage peer(int descriptor) { return peer_of(descriptor); }
  sockaddr_storage peer(SocketId id);
  void discard(int descriptor);

  void open(SocketId id, int descriptor);
  void pause_recv(SocketId id);
  void resume_recv(SocketId id);
  void send(SocketId id, const Transmission& transmission);
  uint64_t send_now(SocketId id, core::Bytes bytes) {
    Socket& sender = socket(id);
    DCHECK(sender.sending == nullptr);
    if (!sender.answering) return 0;
    sender.answering = false;
    return send_at_once(sender.descriptor, bytes);
  }
  void shutdown_send(SocketId id);
  uint64_t unacknowledged(SocketId id);
  void reset_on_close(SocketId id);
  void close(SocketId id);

  void wait(uint64_t until);
  bool next(Completion& completion);

  Waker waker() const { return Waker(wake_descriptor_); }
  const BackendCounters& counters() const { return counters_; }

 private:
  static constexpr uint16_t kNoBuffer = UringRecvBuffers::kNone;
  static constexpr uint32_t kNobody = UINT32_MAX;
  // Without multishot: for want of sockets, and in a crowd.
  static constexpr uint32_t kAcceptsAtOnce = 8;
  static constexpr uint32_t kAcceptsInCrowd = 64;
  // net.core.somaxconn of a kernel that was not told otherwise.
  static constexpr uint32_t kLongestQueue = 4096;
  static constexpr uint32_t kSubmissions = 1024;
  static constexpr uint32_t kCompletions = 4096;
  // A paused socket that keeps this many buffers has its receive cancelled.
  static constexpr uint16_t kKeptBeforeCancel = 2;
  // Buffers that one receive fills without finding the socket empty, and is then armed anew.
  static constexpr uint8_t kLongBurst = 32;
  static constexpr uint32_t kTurnBudget = 1024;
  // Sends go to the kernel at the latest when this many are queued: their memory comes back sooner,
  // so that few output buffers serve any number of connections.
  static constexpr uint32_t kSendsBeforeSubmit = 64;

  enum class Request : uint8_t { ignored, accept, recv, send, poll, wake };

  // user_data: generation in the upper half, then kOfCancel, the kind of request and the slot.
  static constexpr uint32_t kIndexBits = 24;
  // Of a cancel, about the request that the rest of the user_data names.
  static constexpr uint64_t kOfCancel = uint64_t{1} << 31;

  static uint64_t user_data(Request request, uint32_t index, uint32_t generation) {
    return static_cast<uint64_t>(generation) << 32 | static_cast<uint64_t>(request) << kIndexBits |
           index;
  }
  static Request request_of(uint64_t data) {
    return static_cast<Request>(data >> kIndexBits & 0x7f);
  }

  struct Socket {
    const Transmission* sending;
    int descriptor;
    uint32_t generation;
    uint32_t next;  // in the list of sockets with work
    uint32_t previous;
    UringRecvBuffers::Kept kept;  // received while paused
    int16_t recv_error;           // -errno to deliver after what is kept
    uint8_t cold_tries;
    uint8_t burst;  // buffers filled since the socket was last found empty, up to kLongBurst
    bool open : 1;
    bool recv_armed : 1;  // the kernel has a receive
    bool recv_cancelling : 1;
    bool recv_paused : 1;
    bool recv_end_pending : 1;  // end or recv_error to deliver after what is kept
    bool recv_ended : 1;        // end or error delivered
    bool send_in_kernel : 1;
    bool polling : 1;       // waits for the socket to have room
    bool waited : 1;        // for the socket or the disk: its file may have changed
    bool cold : 1;          // waits for the disk
    bool non_blocking : 1;  // O_NONBLOCK is set: a file was sent
    bool closing : 1;
    bool evicted : 1;     // deliver the end although paused
    bool answering : 1;   // received since its last send: the next one may go before bulk work
    bool recv_owed : 1;   // its receive has ended and is to be armed again
    bool recv_waits : 1;  // until a part of its file has been sent
    bool listed : 1;
  };

  struct Listener {
    int descriptor = -1;
    bool accepting = false;  // wanted
    bool multishot = false;  // what is armed is one accept that goes on by itself
    bool cancelling = false;
    bool crowded = false;
    uint32_t armed = 0;     // accepts that the kernel has
    uint32_t accepts = 0;   // that have completed in this turn
    uint32_t expected = 0;  // to complete in this turn, if as many connections wait
    bool closing = false;
  };

  UringBackend(const Capacity& capacity, const io_uring& ring, int wake_descriptor);

  Socket& socket(SocketId id);
  template <class Prepare, class... Arguments>
  io_uring_sqe* queue(Request request, uint32_t index, uint32_t generation, Prepare prepare,
                      Arguments... arguments);
  void submit();

  // Whether there are sockets for all connections that can wait in a listener's queue: a multishot
  // accept takes all of them before it can be stopped.
  bool has_room_for_queue() const { return capacity_.sockets - open_sockets_ >= kLongestQueue; }
  // Whether its next accept may be one that goes on by itself.
  bool may_take_queue(const Listener& listener) const {
    return has_room_for_queue() && !has_backlog_ && !listener.crowded;
  }
  uint32_t accepts_at_once() const;
  void note_calm();
  void arm_accept(uint32_t index);
  void cancel_accept(uint32_t index);
  void close_unused(Listener& listener);
  void arm_recv(uint32_t index);
  template <class Prepare>
  void queue_recv(uint32_t index, Prepare prepare);
  void arm_owed_recv(uint32_t index);
  void arm_wake();
  void cancel(Request request, uint32_t index, uint32_t generation);
  void retry_cancel(Request request, uint32_t index, uint32_t generation, int32_t found);
  void set_blocking(Socket& socket, bool blocking);

  void evict_holder();

  bool handle(const io_uring_cqe& cqe, Completion& completion);
  bool handle_accept(uint32_t index, const io_uring_cqe& cqe, Completion& completion);
  bool handle_recv(uint32_t index, const io_uring_cqe& cqe, Completion& completion);
  void note_burst(uint32_t index, bool more_waits);
  bool handle_send(uint32_t index, const io_uring_cqe& cqe, Completion& completion);
  bool work(uint32_t index, Completion& completion);
  bool work_in_bulk(Completion& completion);
  bool transmit_directly(uint32_t index, Completion& completion);
  void deliver_recv(uint32_t index, Completion& completion);

  io_uring ring_;
  core::Mapping memory_;
  Socket* sockets_;
  Capacity capacity_;
  std::unique_ptr<Listener[]> listeners_;
  uint32_t listener_count_ = 0;
  UringRecvBuffers buffers_;
  uint16_t lent_ = kNoBuffer;
  SocketList<Socket> work_;
  SocketList<Socket> bulk_;
  ColdSends cold_;
  WarmFiles warm_;
  uint32_t open_sockets_ = 0;
  uint32_t open_high_water_ = 0;  // one past the highest index that was ever open
  uint32_t queued_sends_ = 0;
  uint32_t owed_ = kNobody;   // whose completion was delivered last, if it is owed a receive
  bool has_backlog_ = false;  // of bulk work, when the turn began
  uint32_t turn_budget_ = 0;
  uint64_t bulk_budget_ = 0;
  int wake_descriptor_;
  uint64_t wake_count_ = 0;
  core::SystemClock clock_;
  uint64_t now_ = 0;  // as last read
  BackendCounters counters_;
};

static_assert(Backend<UringBackend>);

}  // namespace io
