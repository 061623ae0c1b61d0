// One worker: a loop on its own thread, with its own listeners, connections, cache and memory.
// Workers share nothing while they serve, but for the count of connections per client address, if
// that is limited, at accept and at close, what routes count (http/scenario/route.h), and when
// connections are refused on purpose (refusal.h).
//
// The turn of the loop:
//   1. wait: hand all queued operations to the kernel and sleep until something completes or the
//      next deadline comes.
//   2. read the clock once; everything in this turn happens "now".
//   3. completions, one by one: accept, recv (parse, answer, queue), send (release, go on), close.
//      A handler never waits and never calls back into the backend's event source. A request that
//      would have to wait for the disk stays where it is, unread, with all that came behind it; it
//      is asked again when other threads have found out (awaited_files.h).
//   4. deadlines that have passed.
//   5. the command of another thread: drain or stop.
//
// Exhaustion, in this order: the connections that were idle longest are closed (kReclaimBatch at a
// time), those that have been silent from their start for kFirstRequestGrace after the others; then
// accepting pauses until a connection ends or becomes idle, and newcomers wait in the listener's
// queue; when that has lasted for WorkerConfiguration::patience, they are accepted into the reserve
// of kAcceptSlack slots and turned away with a 503 (shortage.h). Those that the kernel had accepted
// before the pause took effect are served too, and as long as there are more than the limit, each
// that becomes idle is closed. Out of descriptors (EMFILE), accepting pauses until a connection
// ends or becomes idle, or until kAcceptRetry has passed. Chunks run low: the holder that has moved
// nothing for longest is closed.
//
// Deadlines. One runs at a time:
//
//   deadline    runs while                       from                     when it has passed
//   head        the first request has not come,  the accept, or the end   408 if a head had begun,
//               or a head has begun and nothing  of the last output; no   and the end (RFC 9110
//               is to be sent                    byte puts it off         section 15.5.9)
//   body        a request body is passed over    its beginning, then in   below the minimum rate:
//               and nothing is to be sent        periods                  lingers
//   output      something is to be sent          its beginning, then in   below the minimum rate:
//                                                periods                  reset
//   keep_alive  a request was answered and       the end of the output    the end
//               nothing of the next has come
//   disk        a request waits for the disk     the first wait, or the   503, and the end
//               and nothing is to be sent        end of the output
//   pace        an answer that takes time      the answer itself says    it goes on; the end, if
//               waits for the time of its next   when, to the nanosecond   it has stalled on
//               piece, and nothing is to be      (core/timer_heap.h)       purpose for an hour
//               sent
//   linger      the last response is out and     the end of the output;   the end
//               the peer may still send          no byte puts it off
//
// A body that is too slow gets no 408: its response was queued when its head had been read.
//
// The minimum rate is judged at the end of each period and costs nothing before: of a body by what
// has come in the period, of the output by what the peer has acknowledged in it, whatever the
// socket has room for. A response that fits in the socket is the kernel's affair from then on. What
// an earlier output has left in the socket is not known until the first period of the next one is
// over, which therefore only measures: a reader that stalls is closed after two periods at most.
//
// The template is instantiated once per backend (worker_uring.cc, worker_epoll.cc), so that no call
// per event is virtual.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/chunk_pool.h"
#include "core/clock.h"
#include "core/slab.h"
#include "core/timer_heap.h"
#include "core/timer_wheel.h"
#include "http/h1/session.h"
#include "http/responder.h"
#include "http/scenario/scenario.h"
#include "http/server/address_limit.h"
#include "http/server/awaited_files.h"
#include "http/server/connection.h"
#include "http/server/output_pool.h"
#include "http/server/refusal.h"
#include "http/server/service_times.h"
#include "http/server/shortage.h"
#include "http/server/standing_queue.h"
#include "http/server/worker_counters.h"
#include "http/target/target.h"
#include "io/backend.h"

namespace http::server {

// Nanoseconds.
struct Timeouts {
  uint64_t keep_alive;
  uint64_t header;
  uint64_t body;
  uint64_t write;
  uint64_t drain;
};

// What one worker is sized for; every capacity is fixed here.
struct WorkerConfiguration {
  uint32_t connections = 0;
  uint32_t chunks = 0;
  uint32_t file_jobs = 0;  // that wait for the disk at a time, each with an open file
  Timeouts timeouts{};
  uint64_t min_rate = 1;  // bytes per second of bodies and output
  uint64_t patience = 0;  // nanoseconds that newcomers wait for room before they are turned away
  h1::SessionLimits limits;
  ContentLimits content;
  ContentPolicy policy;
  // Where the names of a load-test target begin, with a slash at both ends; empty: there is none.
  // Outlives the worker.
  core::Bytes target_prefix;
  // The routes that answer at first; null: there are none, and will be none.
  const scenario::Scenario* scenario = nullptr;
  bool measures_times = false;  // of service and of delays (service_times.h)
  // Random, and each for one purpose: boundaries and what a load-test target makes are seen by
  // clients and must tell nothing of the hashes.
  uint64_t hash_secret = 0;
  uint64_t boundary_secret = 0;
  uint64_t target_secret = 0;

  bool has_target() const { return !target_prefix.empty() || scenario != nullptr; }
};

// Slots beyond the limit: for connections that are accepted before a pause takes effect, and for
// those that are turned away.
inline constexpr uint32_t kAcceptSlack = 128;
// Of them those that stay free of who is turned away, for connections that come although accepting
// has paused; and how many of these are served.
inline constexpr uint32_t kOverrun = 64;
inline constexpr uint32_t kServedOverrun = 32;
static_assert(kServedOverrun < kOverrun && kOverrun < kAcceptSlack);

template <io::Backend B>
class Worker {
 public:
  // All memory is reserved here, but for what a miss takes. Everything outlives the worker; without
  // `address_limit` there is no limit for one, and without `refusal` a fault that refuses
  // connections resets its own and no more. `files` never waits for the disk; what it can not do
  // becomes a job.
  Worker(const WorkerConfiguration& configuration, core::FileSystem& files, FileJobs& jobs,
         B& backend, AddressLimit* address_limit = nullptr, Refusal* refusal = nullptr);

  // Adds a listener of this worker; takes the descriptor.
  void listen(int descriptor);
  // Serves until drained or stopped. On the thread that created the backend.
  void run();
  // One turn; false when run() would return. `until` bounds the wait.
  bool turn(uint64_t until);

  // From any thread, also from a signal handler: closes the listeners and the connections with no
  // request that has a whole head, lets responses finish within Timeouts::drain, then run()
  // returns.
  void drain();
  // From any thread: run() returns at once.
  void stop();
  // From any thread: has other routes answer, from between two requests on. There must have been
  // some at first. Of several changes the worker may see the last one only.
  void change_scenario(const scenario::Scenario& scenario);
  // From any thread: no other scenario is in use any more, nor will be, but for one that
  // change_scenario() has brought since.
  const scenario::Scenario* settled_scenario() const {
    return settled_scenario_.load(std::memory_order_acquire);
  }

  // Any thread may read these while the worker serves.
  const WorkerCounters& counters() const { return counters_; }
  // Null unless WorkerConfiguration::measures_times.
  const ServiceTimes* service_times() const { return service_times_.get(); }
  const ContentStore& store() const { return store_; }
  const AwaitedFiles& files() const { return files_; }
  uint32_t connection_count() const { return connections_.size(); }
  // Between turns every connection's state agrees with what it holds, and all that is lent is held
  // by one: a bug otherwise. So with no connection no output, chunk, deadline or pin is left. For
  // tests (worker_invariants.h).
  void check_invariants() const;

 private:
  enum class Command : uint32_t { none, drain, stop };

  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kReclaimBatch = 32;
  static constexpr uint64_t kAcceptRetry = 100'000'000;
  // A connection that has sent nothing is as good as any other for so long.
  static constexpr uint64_t kFirstRequestGrace = 1'000'000'000;
  static constexpr uint64_t kLinger = 2'000'000'000;
  // Bytes that a new connection sends without waiting for the client: 10 segments (RFC 6928). They
  // arrive before a reset does.
  static constexpr uint64_t kFirstFlight = 14'600;
  // Nobody could make room: not looked for again so soon, unless a connection becomes idle. A look
  // goes over all slots, and newcomers may be many.
  static constexpr uint64_t kReclaimPause = 100'000'000;
  // A disk that had to spin up answers within 10 to 15 s.
  static constexpr uint64_t kDiskPatience = 30'000'000'000;
  // Between looks whether an earlier scenario is still in use. One goes over all slots.
  static constexpr uint64_t kSettlePause = 500'000'000;
  // Answers that take time which go on in a turn: 200 microseconds of them at most.
  static constexpr uint32_t kMostTimes = 64;
  // Chunks that are left when shedding begins.
  static constexpr uint32_t kChunkReserve = 8;

  void dispatch(const io::Completion& completion);
  void on_accept(const io::Completion& completion);
  void dispatch_other(const io::Completion& completion);
  void do_chores();
  bool is_drained() const { return context_.draining && connections_.size() == 0; }
  void on_bytes(const io::Completion& completion);
  void on_recv_end(const io::Completion& completion);
  void on_send(const io::Completion& completion);
  void on_file_changed(const Connection& connection);
  void on_close(io::SocketId id);
  void on_disk_answers();
  void take_scenario();
  void settle_scenario();
  bool uses_earlier_scenario();
  void break_off(io::SocketId id, Connection& connection);
  void take_refusal();
  void end_refusal();
  void on_deadline(uint32_t index);
  void on_head_timeout(io::SocketId id, Connection& connection);
  void on_disk_timeout(io::SocketId id, Connection& connection);
  void on_body_period(io::SocketId id, Connection& connection);
  void on_output_period(io::SocketId id, Connection& connection);
  void on_times();

  void feed(io::SocketId id, Connection& connection, core::Bytes bytes, uint32_t parsed);
  void feed_carry(io::SocketId id, Connection& connection);
  void go_on(io::SocketId id, Connection& connection);
  void set_time(io::SocketId id, const Connection& connection, h1::Session::Outcome outcome);
  void attend(io::SocketId id);
  void settle(io::SocketId id, Connection& connection, h1::Session::Outcome outcome);
  void note_times(io::SocketId id, const Connection& connection, h1::Session::Outcome outcome);
  void note_ready_time();
  void note_start(io::SocketId id);
  bool ends_when_ready(io::SocketId id, Connection& connection);
  bool ends_when_quiet(io::SocketId id, Connection& connection, uint64_t unacknowledged);
  void change_reading(io::SocketId id, Connection& connection, Connection::Reading reading);
  bool ensure_output(Connection& connection);
  void release_output(Connection& connection);
  bool start_send(io::SocketId id, Connection& connection);
  void queue_send(io::SocketId id, Connection& connection);
  bool send_now(io::SocketId id, Connection& connection);
  void send_ready(io::SocketId id, Connection& connection, Entry& entry);
  void queue_rest(io::SocketId id, Connection& connection, Entry& entry, uint64_t sent);
  bool append_carry(Connection& connection, core::Bytes bytes);
  void release_carry(Connection& connection);
  void finish(io::SocketId id, Connection& connection, uint64_t unacknowledged = UINT64_MAX);
  void close(io::SocketId id, Connection& connection);
  void schedule(io::SocketId id, Connection& connection, bool begins_anew = false);
  uint32_t urgency(uint32_t index);
  bool awaits_head(const Connection& connection) const;
  bool is_idle(const Connection& connection) const;
  bool has_nothing_to_come(const Connection& connection) const;

  char* acquire_chunk(const Connection& user);
  void shed_chunk_holders(const Connection& user);
  uint32_t reclaim_idle();
  void set_wants_room(bool wants_room) {
    wants_room_ = wants_room;
    looks_at_each_ = wants_room || service_times_ != nullptr;
  }
  bool must_turn_away();
  bool may_accept() const;
  void pause_accept_until(uint64_t time);
  void set_accept_retry(uint64_t time);
  // Downloads of more files than are kept open borrow the descriptors of connections.
  bool is_full(uint32_t overrun = 0) const {
    return connections_.size() - closing_ - turned_away_ + store_.borrowed_files() >=
           configuration_.connections + overrun;
  }
  void note_spare_descriptors() {
    const uint32_t most = configuration_.connections;
    store_.set_spare_files(most - std::min(most, connections_.size()));
  }
  void retry_accept();
  void look_at_queues();
  void limit_queues();
  uint32_t longest_queue() const {
    return standing_queue_.is_short() ? StandingQueue::kShort : io::kLongestAcceptQueue;
  }
  void plan_chores();
  template <class Eligible>
  uint32_t close_earliest(std::span<uint32_t> room, Eligible eligible);
  void set_accepting(bool accepting);
  void obey(Command command);
  void begin_drain();

  B& backend_;
  AddressLimit* address_limit_;
  Refusal* refusal_;
  WorkerConfiguration configuration_;
  core::CachedClock clock_;
  AwaitedFiles files_;
  ContentStore store_;
  Responder responder_;
  std::optional<target::Target> target_;
  const scenario::Scenario* scenario_;  // in use by requests that come now; may be null
  std::atomic<const scenario::Scenario*> offered_scenario_ = nullptr;
  std::atomic<const scenario::Scenario*> settled_scenario_;
  uint64_t next_settling_ = core::kNever;
  uint64_t refused_until_ = 0;           // of the last refusal that was taken note of
  uint64_t refusal_end_ = core::kNever;  // when the listeners are to listen again
  WorkerCounters counters_;
  std::unique_ptr<ServiceTimes> service_times_;
  h1::SessionContext context_;
  core::Slab<Connection> connections_;
  core::ChunkPool chunks_;
  OutputPool outputs_;
  core::TimerWheel timers_;
  core::Mapping paced_memory_;
  h1::PacedAnswer* paced_;  // of each connection, if there is a load-test target
  core::TimerHeap paces_;   // when those of them go on that wait
  core::Mapping tickets_memory_;
  uint32_t* tickets_;  // of each connection, if addresses are limited
  Shortage shortage_;
  StandingQueue standing_queue_;
  uint64_t output_progress_;  // bytes that must move in a period
  uint32_t body_progress_;
  uint32_t listeners_ = 0;
  uint32_t closing_ = 0;      // connections in State::closing
  uint32_t turned_away_ = 0;  // connections that are, and not yet closing
  bool accepting_ = false;
  bool wants_room_ = false;     // accepting has paused, or too few were there to be reclaimed
  bool looks_at_each_ = false;  // wants_room_, or times are noted: one test for each answer
  bool stopped_ = false;
  uint64_t accept_retry_ = core::kNever;
  uint64_t next_reclaim_ = 0;
  uint64_t drain_deadline_ = core::kNever;
  uint64_t next_chore_ = core::kNever;  // the earliest of those and of paces_; 0 in the last turn
  std::atomic<Command> command_ = Command::none;
};

}  // namespace http::server
