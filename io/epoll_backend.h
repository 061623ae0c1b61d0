// The Backend contract (io/backend.h) on epoll: try the call, park on EAGAIN, retry on readiness.
//
// Each descriptor is registered once, edge-triggered, for reading and writing; there is no
// epoll_ctl per request. An answer in memory is sent by send_now(); other sends are tried in
// next(), right after the handler that queued them. Files go by sendfile. A turn costs one
// epoll_wait, and a request one recv and one send.
//
// A send whose file is not in the page cache waits in ColdSends.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>

#include "core/check.h"
#include "core/mapping.h"
#include "core/result.h"
#include "io/backend.h"
#include "io/cold_sends.h"
#include "io/socket_list.h"
#include "io/transmit.h"
#include "io/warm_files.h"

namespace io {

class EpollBackend {
 public:
  static constexpr const char* kName = "epoll";

  // Must be called on the thread that will use it. All memory is reserved here.
  static core::Result<std::unique_ptr<EpollBackend>> create(const Capacity& capacity);
  // Bytes that create() reserves, for the memory budget.
  static uint64_t memory_for(const Capacity& capacity);
  ~EpollBackend();

  core::ClockReading read_clock() {
    const core::ClockReading reading = clock_.read();
    now_ = reading.monotonic;
    return reading;
  }
  uint32_t add_listener(int descriptor);
  void resume_accept(uint32_t listener);
  void pause_accept(uint32_t listener);
  void close_listener(uint32_t listener);
  AcceptQueue accept_queue(uint32_t listener);
  void limit_accept_queue(uint32_t listener, uint32_t most);
  bool listen_again(uint32_t listener, uint32_t most);
  sockaddr_storage peer(int descriptor);
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
  static constexpr int kEventBatch = 256;
  // Completions and accepts of one turn: a client that never pauses can not keep the worker from
  // its timers, nor a flood of connections from the ones it has.
  static constexpr uint32_t kTurnBudget = 1024;
  static constexpr uint32_t kAcceptBudget = 64;

  // One byte of bits, because each event asks for all of them.
  enum Held : uint8_t {
    kPaused = 1,  // by pause_recv()
    kEnded = 2,   // end or error delivered
    kClosing = 4
  };

  struct Socket {
    const Transmission* sending;
    int descriptor;
    uint32_t generation;
    uint32_t next;  // in the list of sockets with work
    uint32_t previous;
    uint8_t cold_tries;
    uint8_t held;          // of Held: why nothing is received; 0: nothing is in the way
    bool listed : 1;       // in a list
    bool send_parked : 1;  // waits for the socket to have room
    bool refused : 1;      // could not be registered: recv ends with an error
    bool cold : 1;         // waits for the disk
    bool waited : 1;       // for the socket or the disk: its file may have changed
    bool readable : 1;     // an edge was seen and not used up
    bool more_behind : 1;  // the end or urgent data was seen: a short read is not the last one
    bool answering : 1;    // received since its last send: the next one may go before all others
    bool open : 1;
  };

  // Level-triggered, so that an accept which finds nothing is not needed to know that nobody waits:
  // it costs 1.5 microseconds, an eighth of a connection. How many wait is guessed.
  struct Listener {
    int descriptor = -1;
    bool accepting = false;
    bool armed = false;  // epoll tells of connections
    bool ready = false;  // it has, and `left` are to be accepted
    uint32_t left = 0;
    uint32_t burst = 1;       // so many at an event, twice as many if the last turn had one too
    uint64_t event_turn = 0;  // of the last event
  };

  EpollBackend(const Capacity& capacity, int epoll_descriptor, int wake_descriptor);

  Socket& socket(SocketId id) {
    DCHECK(id.index < capacity_.sockets);
    Socket& socket = sockets_[id.index];
    DCHECK(socket.open && socket.generation == id.generation && (socket.held & kClosing) == 0);
    return socket;
  }
  static constexpr uint32_t kNone = SocketList<Socket>::kNone;

  uint32_t note_event(const epoll_event& event);
  [[gnu::noinline]] void note_other_event(uint32_t index);
  void arm(uint32_t listener, bool armed);
  bool work(uint32_t index, Completion& completion);
  [[gnu::noinline]] void finish_close(Socket& closed, Completion& completion);
  [[gnu::noinline]] bool work_in_bulk(Completion& completion);
  [[gnu::noinline]] bool try_send(uint32_t index, Completion& completion);
  bool try_recv(Socket& socket, Completion& completion);
  [[gnu::noinline]] bool end_recv(Socket& receiver, int32_t result, Completion& completion);
  [[gnu::noinline]] bool try_accept(Completion& completion);

  core::Mapping memory_;
  Socket* sockets_;
  Capacity capacity_;
  char* recv_buffer_;
  std::unique_ptr<Listener[]> listeners_;
  uint32_t listener_count_ = 0;
  uint32_t ready_listeners_ = 0;  // accepting and ready
  uint32_t next_listener_ = 0;    // the first to try: they take turns
  int epoll_descriptor_;
  int wake_descriptor_;
  bool woken_ = false;
  SocketList<Socket> work_;
  SocketList<Socket> bulk_;
  ColdSends cold_;
  WarmFiles warm_;
  int event_count_ = 0;
  int event_next_ = 0;
  uint32_t turn_budget_ = 0;
  uint64_t bulk_budget_ = 0;
  uint32_t accept_budget_ = 0;
  uint64_t accept_turn_ = 0;  // the turn that accept_budget_ is of
  std::array<epoll_event, kEventBatch> events_;
  core::SystemClock clock_;
  uint64_t now_ = 0;  // as last read
  BackendCounters counters_;
};

static_assert(Backend<EpollBackend>);

}  // namespace io
