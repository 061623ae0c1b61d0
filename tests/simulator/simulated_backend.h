// The Backend contract (io/backend.h) on a simulated kernel: links instead of sockets, simulated
// time, every freedom that the contract leaves taken by chance, and faults besides. The same calls
// in the same order with the same seed give the same completions.
//
// It judges its user too: what the contract forbids (two sends at a time, a call after close, an
// index that is in use) is a failed CHECK. Memory that was lent for a send is read at any time
// until its completion, and what a recv carried is overwritten at the following call.
//
// One thread. Owns descriptors from open() or until discard(); they are only numbers.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/backend.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/link.h"
#include "tests/simulator/random.h"
#include "tests/simulator/simulated_files.h"
#include "tests/simulator/timeline.h"
#include "tests/simulator/trace.h"

namespace simulator {

class SimulatedBackend {
 public:
  static constexpr const char* kName = "simulated";
  static constexpr int kFirstDescriptor = 1'000;

  SimulatedBackend(const io::Capacity& capacity, Timeline& timeline, Random& random,
                   const FaultRates& faults, SimulatedFiles& files, Trace& trace);

  // For the clients' side of the kernel: a connection that waits to be accepted; false if nobody
  // listens.
  bool connect(const std::shared_ptr<Link>& link, uint32_t listener);
  // As another thread does it: connections are refused until listen_again().
  void stop_listening(uint32_t listener);
  // For the end of a run: sockets, connections not accepted, and descriptors that are open.
  std::size_t open_count() const;
  // Connections that are open, also those of one address.
  std::size_t count_connections() const { return active_.size(); }
  std::size_t count_connections_of(uint32_t address) const;
  // Those that nobody closes yet and that are not turned away; with or without those that came
  // although accepting was paused.
  std::size_t count_served_connections(bool with_late) const;
  // Since when a connection could have been accepted; kNever if none waits.
  uint64_t waiting_since() const;
  // Calls see(id, link, is_paused) for every connection that nothing is sent to and nobody closes.
  template <class See>
  void for_each_silent(See see) const {
    for (const uint32_t index : active_) {
      const Socket& socket = sockets_[index];
      if (socket.sending != nullptr || socket.closing) continue;
      see(io::SocketId{index, socket.generation}, *socket.link, socket.recv_paused);
    }
  }
  // For how long the process has stood still, of all the time.
  uint64_t stopped_for() const { return stopped_for_; }
  // Tell of every open(), close() and shutdown_send() of the worker, before anything happens.
  std::function<void(Link&)> on_open;
  std::function<void(Link&)> on_close;
  std::function<void(Link&)> on_shutdown;
  // Tells of an accepted connection that was not wanted.
  std::function<void(Link&)> on_discard;
  // Tells of a reset_on_close() of the worker.
  std::function<void(Link&)> on_reset;
  // Tells of a close that resets the connection, because the worker has left something unread.
  std::function<void(Link&)> on_unread;
  // What the worker is dealing with: the completion that it was given last in this turn.
  struct Delivered {
    io::Op op;
    const Link* link;  // recv and send
    int32_t result;
  };
  const std::optional<Delivered>& delivered() const { return delivered_; }
  // Whose answer was taken whole by send_now() since; what becomes of it then follows from that.
  const Link* sent_now() const { return sent_now_; }
  // Sends and ends of sending that the worker asked for in this turn after all completions, and
  // sends in this turn that told of a changed file.
  uint64_t late_announcements() const { return late_announcements_; }
  uint64_t changes_told() const { return changes_told_; }
  // Most sends that were under way at one moment of [from, to].
  std::size_t most_sending(uint64_t from, uint64_t to) const;
  // Whether there is nothing to come: neither events nor completions. Then wait() has come back
  // early.
  bool is_dead() const { return dead_; }

  core::ClockReading read_clock() { return timeline_.read_clock(); }
  uint32_t add_listener(int descriptor);
  void resume_accept(uint32_t listener);
  void pause_accept(uint32_t listener);
  void close_listener(uint32_t listener);
  io::AcceptQueue accept_queue(uint32_t listener);
  void limit_accept_queue(uint32_t listener, uint32_t most);
  bool listen_again(uint32_t listener, uint32_t most);
  sockaddr_storage peer(int descriptor);
  sockaddr_storage peer(io::SocketId id);
  void discard(int descriptor);
  void open(io::SocketId id, int descriptor);
  void pause_recv(io::SocketId id);
  void resume_recv(io::SocketId id);
  void send(io::SocketId id, const io::Transmission& transmission);
  // Of some seeds never; of the others now and then, and some of it.
  uint64_t send_now(io::SocketId id, core::Bytes bytes);
  void shutdown_send(io::SocketId id);
  uint64_t unacknowledged(io::SocketId id);
  void reset_on_close(io::SocketId id);
  void close(io::SocketId id);
  void wait(uint64_t until);
  bool next(io::Completion& completion);
  // Nobody wakes a backend but through its waker, so asking for one counts as a wake.
  io::Waker waker();
  const io::BackendCounters& counters() const { return counters_; }

 private:
  struct Socket {
    std::shared_ptr<Link> link;
    int descriptor = -1;
    uint32_t generation = 0;
    bool open = false;
    bool closing = false;
    bool recv_paused = false;
    bool recv_ended = false;
    bool evicted = false;                       // paused, and there is no room for what came
    bool resets = false;                        // on close
    bool answering = false;                     // received since its last send
    const io::Transmission* sending = nullptr;  // from send() to its completion
    std::size_t lent = 0;                       // the hash of its memory
    bool waited = false;                        // the send, for whatever reason
    int32_t result = 0;    // of the send, if bytes were taken and the completion is yet to come
    uint64_t recv_at = 0;  // not before
    uint64_t recv_turn = 0;
    uint64_t send_at = 0;
    uint64_t close_at = 0;
    uint64_t noticed = 0;  // the arrival that recv_at was chosen for
  };
  struct Listener {
    std::deque<std::shared_ptr<Link>> waiting;
    std::size_t most_waiting = io::kLongestAcceptQueue;
    uint32_t dropped = 0;
    bool open = true;
    bool listens = true;
    bool accepting = false;
    uint32_t accepted_already = 0;  // arrive although accepting was paused
    uint64_t accept_at = 0;         // not before
    uint64_t turn = 0;              // the same
  };
  enum class Work : uint8_t { none, recv, send, close };

  Socket& user_socket(io::SocketId id);
  uint64_t delay();
  bool may_recv(const Socket& socket) const;
  bool may_send(const Socket& socket) const;
  void notice_arrivals();
  bool deliver(io::Completion& completion);
  void count_sending(int change);
  void stop_for_a_while();
  Work work_of(const Socket& socket) const;
  uint64_t next_work() const;
  bool may_accept(const Listener& listener) const;
  static void reset_waiting(Listener& listener);
  bool accept(io::Completion& completion);
  bool accept_at(uint32_t index, io::Completion& completion);
  int recv_error(const Socket& socket);
  bool recv(uint32_t index, io::Completion& completion);
  int send_error(const Socket& socket);
  bool send(uint32_t index, io::Completion& completion);
  int32_t transmit(Socket& socket);
  std::size_t put(Link& link, const char* bytes, std::size_t size, std::size_t most);
  void finish_close(uint32_t index, io::Completion& completion);
  void scribble();

  Timeline& timeline_;
  Random& random_;
  const FaultRates& faults_;
  SimulatedFiles& files_;
  Trace& trace_;
  std::vector<Socket> sockets_;
  std::vector<uint32_t> active_;  // indexes that are open
  uint64_t sends_now_;            // in thousandths
  uint32_t turn_budget_ = 0;
  std::string recv_buffer_;
  std::vector<Listener> listeners_;
  std::map<int, std::shared_ptr<Link>> descriptors_;  // accepted, not opened
  int next_descriptor_ = kFirstDescriptor;
  std::optional<Delivered> delivered_;
  const Link* sent_now_ = nullptr;
  uint64_t late_announcements_ = 0;
  uint64_t changes_told_ = 0;
  std::size_t sending_ = 0;
  std::vector<std::pair<uint64_t, std::size_t>> sending_history_;  // since when, how many
  bool woken_ = false;
  bool dead_ = false;
  uint64_t stopped_for_ = 0;
  io::BackendCounters counters_;
};

static_assert(io::Backend<SimulatedBackend>);

}  // namespace simulator
