// The definitions of Worker, included by the one file that instantiates it for a backend. Who is
// let in, and who has to go for others, stands in worker_admission.h.
#pragma once

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include "core/check.h"
#include "http/server/address_text.h"
#include "http/server/worker.h"
#include "http/server/worker_admission.h"
#include "http/server/worker_deadlines_impl.h"
#include "http/server/worker_target_impl.h"

namespace http::server {

// Bytes that move in a period at the minimum rate; at least one.
inline uint64_t progress(uint64_t bytes_per_second, uint64_t period) {
  const double seconds = static_cast<double>(period) / 1e9;
  const double bytes = static_cast<double>(bytes_per_second) * seconds;
  return std::max<uint64_t>(static_cast<uint64_t>(bytes), 1);
}

template <io::Backend B>
Worker<B>::Worker(const WorkerConfiguration& configuration, core::FileSystem& files, FileJobs& jobs,
                  B& backend, AddressLimit* address_limit, Refusal* refusal)
    : backend_(backend),
      address_limit_(address_limit),
      refusal_(refusal),
      configuration_(configuration),
      files_(files, jobs, clock_, configuration.content.memory_body_bytes, configuration.file_jobs,
             configuration.connections + kAcceptSlack, [this] { backend_.waker().wake(); }),
      store_(files_, configuration.content, configuration.hash_secret, configuration.policy),
      responder_(store_, clock_, configuration.boundary_secret),
      scenario_(configuration.scenario),
      settled_scenario_(configuration.scenario),
      context_{responder_, configuration_.limits, counters_.sessions, false},
      connections_(configuration.connections + kAcceptSlack),
      chunks_(configuration.chunks),
      outputs_(configuration.connections + kAcceptSlack, chunks_, store_),
      timers_(configuration.connections + kAcceptSlack, backend.read_clock().monotonic),
      paced_memory_(configuration.has_target()
                        ? core::Mapping(connections_.capacity() * sizeof(h1::PacedAnswer))
                        : core::Mapping()),
      paced_(reinterpret_cast<h1::PacedAnswer*>(paced_memory_.data())),
      paces_(configuration.has_target() ? connections_.capacity() : 0),
      tickets_memory_(address_limit != nullptr
                          ? core::Mapping(connections_.capacity() * sizeof(uint32_t))
                          : core::Mapping()),
      tickets_(reinterpret_cast<uint32_t*>(tickets_memory_.data())),
      shortage_(configuration.patience),
      output_progress_(progress(configuration.min_rate, configuration.timeouts.write)),
      body_progress_(static_cast<uint32_t>(std::min<uint64_t>(
          progress(configuration.min_rate, configuration.timeouts.body), UINT32_MAX))) {
  CHECK(configuration.limits.head.head_bytes + io::kMaxRecv <= core::ChunkPool::kChunkSize);
  clock_.update(backend_.read_clock());
  if (configuration.measures_times) {
    // tidy: allow(allocation) once, at start
    service_times_ = std::make_unique<ServiceTimes>(connections_.capacity());
    set_wants_room(false);
  }
  if (!configuration.has_target()) return;
  target_.emplace(configuration.target_prefix, configuration.target_secret);
  target_->set_scenario(scenario_);
  responder_.add_target(*target_);
  context_.caller.owner = this;
  context_.caller.address = [](void* owner, uint64_t connection,
                               std::span<char, target::kAddressCapacity> out) {
    const core::Handle id = std::bit_cast<core::Handle>(connection);
    return address_text(static_cast<Worker*>(owner)->backend_.peer(id), out);
  };
}

template <io::Backend B>
void Worker<B>::listen(int descriptor) {
  const uint32_t index = backend_.add_listener(descriptor);
  CHECK(index == listeners_);
  ++listeners_;
  accepting_ = true;
  backend_.resume_accept(index);
  if (refusal_ != nullptr) refusal_->add(this, descriptor, backend_.waker());
}

template <io::Backend B>
void Worker<B>::run() {
  while (turn(core::kNever)) {
  }
  if (refusal_ != nullptr) refusal_->remove(this);
  // The backend, which they would wake, may go now.
  files_.stop();
}

template <io::Backend B>
bool Worker<B>::turn(uint64_t until) {
  backend_.wait(std::min({until, timers_.next_wakeup(), next_chore_}));
  clock_.update(backend_.read_clock());

  io::Completion completion;
  while (backend_.next(completion)) dispatch(completion);

  const bool is_time = timers_.is_due(clock_.now()) || clock_.now() >= next_chore_;
  const bool is_told = command_.load(std::memory_order_relaxed) != Command::none;
  if (is_time || is_told) [[unlikely]]
    do_chores();
  return !stopped_;
}

// What is to be done at a certain time, or because another thread says so.
template <io::Backend B>
[[gnu::noinline]] void Worker<B>::do_chores() {
  // Before deadlines: it reads the clock again (attend()), and none shall be left that has passed.
  if (clock_.now() >= paces_.next()) on_times();
  uint32_t expired;
  while (timers_.pop_expired(clock_.now(), expired)) on_deadline(expired);
  if (clock_.now() >= accept_retry_) retry_accept();
  if (clock_.now() >= next_settling_) settle_scenario();
  if (clock_.now() >= refusal_end_) end_refusal();
  if (clock_.now() >= drain_deadline_) stopped_ = true;
  if (standing_queue_.is_short() && clock_.now() >= standing_queue_.next_look()) look_at_queues();
  obey(command_.exchange(Command::none, std::memory_order_acquire));
  if (!is_drained()) return;
  // One turn more than it seems to need, for what the listeners had accepted before they closed.
  stopped_ = stopped_ || next_chore_ == 0;
  next_chore_ = 0;
}

template <io::Backend B>
void Worker<B>::drain() {
  Command none = Command::none;
  command_.compare_exchange_strong(none, Command::drain, std::memory_order_release);
  backend_.waker().wake();
}

template <io::Backend B>
void Worker<B>::stop() {
  command_.store(Command::stop, std::memory_order_release);
  backend_.waker().wake();
}

// What every request of a hot file needs is inlined into the turn, and nothing else is: there would
// be no register left for it.
template <io::Backend B>
[[gnu::always_inline]] inline void Worker<B>::dispatch(const io::Completion& completion) {
  const bool has_bytes = completion.op == io::Op::recv && completion.result > 0;
  if (has_bytes) [[likely]]
    return on_bytes(completion);
  dispatch_other(completion);
}

template <io::Backend B>
[[gnu::noinline]] void Worker<B>::dispatch_other(const io::Completion& completion) {
  switch (completion.op) {
    case io::Op::recv:
      return on_recv_end(completion);
    case io::Op::send:
      return on_send(completion);
    case io::Op::accept:
      return on_accept(completion);
    case io::Op::close:
      return on_close(completion.socket);
    case io::Op::wake:  // a command is read at the end of every turn
      on_disk_answers();
      take_scenario();
      return take_refusal();
  }
}

// --- recv -------------------------------------------------------------------------------------

template <io::Backend B>
inline void Worker<B>::on_bytes(const io::Completion& completion) {
  const io::SocketId id = completion.socket;
  Connection& connection = connections_.at(id.index);
  counters_.bytes_received += completion.bytes.size();
  uint32_t parsed = 0;
  if (connection.is_ready() && connection.session.is_between_requests()) [[likely]] {
    const h1::Session::Ready ready = connection.session.ready_answer(completion.bytes, context_);
    if (ready.entry != nullptr) [[likely]]
      return send_ready(id, connection, *ready.entry);
    parsed = ready.parsed;
  }
  feed(id, connection, completion.bytes, parsed);
}

template <io::Backend B>
void Worker<B>::on_recv_end(const io::Completion& completion) {
  Connection& connection = connections_.at(completion.socket.index);
  connection.peer_ended = true;
  const bool is_owed =
      connection.output != kNone || connection.session.phase() == h1::Phase::answer;
  // A half-closed client still gets what it asked for.
  if (completion.result < 0 || !is_owed) close(completion.socket, connection);
}

// Gives the session new bytes, behind those that wait for more. So many of the first head have been
// parsed.
template <io::Backend B>
[[gnu::noinline]] void Worker<B>::feed(io::SocketId id, Connection& connection, core::Bytes bytes,
                                       uint32_t parsed) {
  if (connection.state == Connection::State::lingering) return;
  if (connection.deadline == Connection::Deadline::body) [[unlikely]] {
    const uint64_t due = connection.body_due;
    connection.body_due = static_cast<uint32_t>(due - std::min<uint64_t>(due, bytes.size()));
  }
  if (connection.carry != nullptr) {
    if (!append_carry(connection, bytes)) return close(id, connection);
    return feed_carry(id, connection);
  }
  if (!ensure_output(connection)) return close(id, connection);
  attend(id);
  Output& output = outputs_.at(connection.output);
  const h1::Session::Step step = connection.session.on_bytes(bytes, context_, output.queue, parsed);
  bytes.remove_prefix(step.consumed);
  if (!bytes.empty()) {
    if (step.outcome == h1::Session::Outcome::wants_disk) files_.join(id);
    if (!append_carry(connection, bytes)) return close(id, connection);
  }
  settle(id, connection, step.outcome);
}

template <io::Backend B>
void Worker<B>::feed_carry(io::SocketId id, Connection& connection) {
  if (!ensure_output(connection)) return close(id, connection);
  attend(id);
  Output& output = outputs_.at(connection.output);
  const core::Bytes bytes{connection.carry, connection.carry_length};
  const h1::Session::Step step = connection.session.on_bytes(bytes, context_, output.queue);
  connection.carry_length -= static_cast<uint32_t>(step.consumed);
  if (step.outcome == h1::Session::Outcome::wants_disk) files_.join(id);
  if (connection.carry_length == 0) {
    release_carry(connection);
  } else if (step.consumed > 0) {
    std::memmove(connection.carry, connection.carry + step.consumed, connection.carry_length);
  }
  settle(id, connection, step.outcome);
}

// Gives the session again what waits, if anything does.
template <io::Backend B>
void Worker<B>::go_on(io::SocketId id, Connection& connection) {
  if (connection.carry != nullptr) return feed_carry(id, connection);
  feed(id, connection, core::Bytes(), 0);
}

// Asks again for everything that waited for the disk and was found out. Out of line: in dispatch()
// each completion would pay for its stack frame, 18 instructions.
template <io::Backend B>
[[gnu::noinline]] void Worker<B>::on_disk_answers() {
  files_.resume([this](core::Handle id, int64_t asked_at) {
    Connection* connection = connections_.find(id);
    // It may have been closed since, or given up.
    if (connection == nullptr || connection->state != Connection::State::open ||
        connection->reading != Connection::Reading::until_disk) {
      return;
    }
    responder_.set_age_of_answers(asked_at);
    feed_carry(id, *connection);
  });
  responder_.set_age_of_answers(std::nullopt);
}

// What has to happen before the session is given more bytes.
inline Connection::Reading reading_after(h1::Session::Outcome outcome, bool has_carry) {
  if (outcome == h1::Session::Outcome::wants_disk) return Connection::Reading::until_disk;
  // While nothing waits behind an answer that takes time, it is seen when the client leaves.
  if (outcome == h1::Session::Outcome::wants_time && has_carry) {
    return Connection::Reading::until_time;
  }
  return outcome == h1::Session::Outcome::output_full ? Connection::Reading::until_sent
                                                      : Connection::Reading::on;
}

// After the session has run: sends what it queued and sees to it that the right thing happens next.
template <io::Backend B>
inline void Worker<B>::settle(io::SocketId id, Connection& connection,
                              h1::Session::Outcome outcome) {
  const Connection::Reading reading = reading_after(outcome, connection.carry != nullptr);
  if (reading != connection.reading) [[unlikely]]
    change_reading(id, connection, reading);
  if (outcome == h1::Session::Outcome::wants_time || paces_.size() > 0) [[unlikely]]
    set_time(id, connection, outcome);
  Output& output = outputs_.at(connection.output);
  bool is_sent = false;
  if (!connection.sending && !output.queue.empty()) is_sent = start_send(id, connection);
  if (service_times_ != nullptr) [[unlikely]]
    note_times(id, connection, outcome);
  if (output.queue.empty()) {
    const uint64_t unacknowledged = output.measured ? output.handed_over : UINT64_MAX;
    release_output(connection);
    const bool may_be_last = connection.session.phase() == h1::Phase::finished ||
                             connection.peer_ended || context_.draining;
    if ((may_be_last || wants_room_) && ends_when_quiet(id, connection, unacknowledged)) return;
  }
  schedule(id, connection, is_sent);
}

// Nothing is left to be sent. Whether that is the end of the connection.
template <io::Backend B>
[[gnu::noinline]] bool Worker<B>::ends_when_quiet(io::SocketId id, Connection& connection,
                                                  uint64_t unacknowledged) {
  const bool last = connection.session.phase() == h1::Phase::finished || connection.peer_ended ||
                    (context_.draining && has_nothing_to_come(connection));
  if (last && connection.reading != Connection::Reading::until_disk &&
      connection.session.phase() != h1::Phase::answer) {
    finish(id, connection, unacknowledged);
    return true;
  }
  // It has become idle: if others wait to be accepted, there is room.
  if (wants_room_ && is_idle(connection)) {
    if (is_full(1)) {
      // There are more than there is room for already, because several come at a time.
      ++counters_.reclaimed;
      close(id, connection);
      return true;
    }
    shortage_.on_room();
    set_wants_room(false);
    set_accepting(true);
  }
  return false;
}

template <io::Backend B>
[[gnu::noinline]] void Worker<B>::change_reading(io::SocketId id, Connection& connection,
                                                 Connection::Reading reading) {
  const bool was_on = std::exchange(connection.reading, reading) == Connection::Reading::on;
  if (was_on) {
    backend_.pause_recv(id);
  } else if (reading == Connection::Reading::on) {
    backend_.resume_recv(id);
  }
}

// --- send -------------------------------------------------------------------------------------

// Sends what is queued. True: all of it is out already.
template <io::Backend B>
inline bool Worker<B>::start_send(io::SocketId id, Connection& connection) {
  connection.has_sent = true;
  if (send_now(id, connection)) [[likely]]
    return true;
  queue_send(id, connection);
  return false;
}

// As much of a segment that repeats as one send takes, which is what it takes of a file. Whether
// that is all of it.
[[gnu::noinline]] inline bool add_repeated(const Segment& segment, io::Transmission& transmission) {
  const uint64_t most = std::min(segment.length, io::kFileQuantum);
  uint64_t added = 0;
  while (added < most && transmission.slice_count < io::Transmission::kMaxSlices) {
    const char* at = later_in_block(segment.memory, added);
    const uint64_t length = std::min(most - added, left_in_block(at));
    transmission.slices[transmission.slice_count++] = {const_cast<char*>(at), length};
    added += length;
  }
  return added == segment.length;
}

template <io::Backend B>
void Worker<B>::queue_send(io::SocketId id, Connection& connection) {
  Output& output = outputs_.at(connection.output);
  io::Transmission& transmission = output.transmission;
  transmission.slice_count = 0;
  transmission.file.length = 0;
  for (const Segment& segment : output.queue) {
    if (segment.repeats) [[unlikely]] {
      if (!add_repeated(segment, transmission)) break;
      continue;
    }
    if (segment.file != core::kNoFile) {
      transmission.file = io::FileRange{segment.file, segment.offset, segment.length,
                                        &segment.pin->status, !output.queue.is_fresh()};
      break;
    }
    if (transmission.slice_count == io::Transmission::kMaxSlices ||
        output.queue.begins_file(segment)) {
      break;
    }
    transmission.slices[transmission.slice_count++] = {const_cast<char*>(segment.memory),
                                                       segment.length};
  }
  connection.sending = true;
  backend_.send(id, transmission);
}

// The answer to a request that came alone lies ready in memory.
template <io::Backend B>
inline void Worker<B>::send_ready(io::SocketId id, Connection& connection, Entry& entry) {
  const core::Bytes answer(entry.head.bytes, entry.head.length + entry.body.size());
  const uint64_t sent = backend_.send_now(id, answer);
  if (sent != answer.size()) [[unlikely]]
    return queue_rest(id, connection, entry, sent);
  counters_.bytes_sent += sent;
  connection.has_sent = true;
  if (looks_at_each_ && ends_when_ready(id, connection)) [[unlikely]]
    return;
  connection.deadline = Connection::Deadline::keep_alive;
  timers_.schedule(id.index, clock_.now() + configuration_.timeouts.keep_alive);
}

// What an answer that lay ready calls for beside its deadline. Whether it was the last one of its
// connection.
template <io::Backend B>
[[gnu::noinline]] bool Worker<B>::ends_when_ready(io::SocketId id, Connection& connection) {
  if (service_times_ != nullptr) note_ready_time();
  return wants_room_ && ends_when_quiet(id, connection, UINT64_MAX);
}

template <io::Backend B>
[[gnu::noinline]] void Worker<B>::queue_rest(io::SocketId id, Connection& connection, Entry& entry,
                                             uint64_t sent) {
  counters_.bytes_sent += sent;
  if (service_times_ != nullptr) note_start(id);
  if (!ensure_output(connection)) return close(id, connection);
  Output& output = outputs_.at(connection.output);
  output.handed_over = sent;
  output.queue.append_rendered(entry, sent);
  connection.has_sent = true;
  queue_send(id, connection);
  schedule(id, connection);
}

// Puts an answer in memory on the socket, unless requests wait for it to be sent: they are not of
// this turn. True: nothing is left.
template <io::Backend B>
inline bool Worker<B>::send_now(io::SocketId id, Connection& connection) {
  Output& output = outputs_.at(connection.output);
  const Segment* only = output.queue.only_memory();
  if (only == nullptr || connection.reading == Connection::Reading::until_sent) return false;
  const uint64_t sent = backend_.send_now(id, {only->memory, only->length});
  if (sent == 0) return false;
  counters_.bytes_sent += sent;
  output.handed_over += sent;
  output.sent_at = clock_.now();
  output.queue.advance(sent);
  return output.queue.empty();
}

template <io::Backend B>
void Worker<B>::on_send(const io::Completion& completion) {
  const io::SocketId id = completion.socket;
  Connection& connection = connections_.at(id.index);
  connection.sending = false;
  if (completion.result < 0) {
    if (completion.result == -ENODATA || completion.result == -ESTALE) on_file_changed(connection);
    return close(id, connection);
  }
  counters_.bytes_sent += static_cast<uint64_t>(completion.result);
  Output& output = outputs_.at(connection.output);
  output.handed_over += static_cast<uint64_t>(completion.result);
  output.sent_at = clock_.now();
  OutputQueue& queue = output.queue;
  queue.advance(static_cast<uint64_t>(completion.result));
  if (!queue.empty()) {
    if (char* chunk = queue.take_idle_chunk()) chunks_.release(chunk);
    if (!start_send(id, connection)) return;
  }
  if (connection.reading == Connection::Reading::on) [[likely]] {
    return settle(id, connection, h1::Session::Outcome::wants_bytes);
  }
  if (connection.reading == Connection::Reading::until_sent) {
    if (service_times_ != nullptr) note_times(id, connection, h1::Session::Outcome::output_full);
    return go_on(id, connection);
  }
  settle(id, connection,
         connection.reading == Connection::Reading::until_disk ? h1::Session::Outcome::wants_disk
                                                               : h1::Session::Outcome::wants_time);
}

// The rest would be of another version: the client sees a short body, not a mixed one.
template <io::Backend B>
[[gnu::cold]] void Worker<B>::on_file_changed(const Connection& connection) {
  ++counters_.files_changed;
  const OutputQueue& queue = outputs_.at(connection.output).queue;
  const Segment* changed = std::find_if(queue.begin(), queue.end(), [](const Segment& segment) {
    return segment.file != core::kNoFile;
  });
  if (changed != queue.end()) store_.expire(*changed->pin);
}

// An Output with a chunk to write into. False when there is no chunk to be had.
template <io::Backend B>
inline bool Worker<B>::ensure_output(Connection& connection) {
  if (connection.output == kNone) {
    connection.output = outputs_.acquire(!connection.has_sent, clock_.now());
  }
  OutputQueue& queue = outputs_.at(connection.output).queue;
  if (queue.has_chunk()) [[likely]]
    return true;
  char* chunk = acquire_chunk(connection);
  if (chunk == nullptr) return false;
  queue.give_chunk(chunk);
  return true;
}

template <io::Backend B>
inline void Worker<B>::release_output(Connection& connection) {
  outputs_.release(std::exchange(connection.output, kNone));
}

// --- carry and chunks -------------------------------------------------------------------------

template <io::Backend B>
bool Worker<B>::append_carry(Connection& connection, core::Bytes bytes) {
  if (connection.carry == nullptr) {
    connection.carry = acquire_chunk(connection);
    if (connection.carry == nullptr) return false;
    connection.carry_length = 0;
  }
  CHECK(connection.carry_length + bytes.size() <= core::ChunkPool::kChunkSize);
  std::memcpy(connection.carry + connection.carry_length, bytes.data(), bytes.size());
  connection.carry_length += static_cast<uint32_t>(bytes.size());
  return true;
}

template <io::Backend B>
void Worker<B>::release_carry(Connection& connection) {
  chunks_.release(connection.carry);
  connection.carry = nullptr;
  connection.carry_length = 0;
}

template <io::Backend B>
char* Worker<B>::acquire_chunk(const Connection& user) {
  // The chunk of a closed connection comes back a little later; the reserve serves until then.
  if (chunks_.in_use() + kChunkReserve == chunks_.capacity()) shed_chunk_holders(user);
  char* chunk = chunks_.acquire();
  if (chunk == nullptr) ++counters_.shed;
  return chunk;
}

template <io::Backend B>
void Worker<B>::shed_chunk_holders(const Connection& user) {
  std::array<uint32_t, kChunkReserve> room;
  counters_.shed += close_earliest(room, [this, &user](uint32_t, const Connection& connection) {
    if (connection.state == Connection::State::closing || &connection == &user) return false;
    return connection.carry != nullptr ||
           (connection.sending && outputs_.at(connection.output).queue.has_chunk());
  });
}

// --- the end of a connection ------------------------------------------------------------------

// The last response is out. The peer may not have acknowledged so many bytes at most.
template <io::Backend B>
void Worker<B>::finish(io::SocketId id, Connection& connection, uint64_t unacknowledged) {
  if (connection.session.resets()) return break_off(id, connection);
  if (connection.peer_ended) return close(id, connection);
  // Bytes behind a close reset the connection, and what is not under way yet is lost.
  const bool lingers = connection.session.lingers() || (unacknowledged > kFirstFlight &&
                                                        backend_.unacknowledged(id) > kFirstFlight);
  if (!lingers) return close(id, connection);
  connection.state = Connection::State::lingering;
  if (connection.carry != nullptr) release_carry(connection);
  backend_.shutdown_send(id);
  connection.deadline = Connection::Deadline::linger;
  timers_.schedule(id.index, clock_.now() + kLinger);
}

template <io::Backend B>
void Worker<B>::close(io::SocketId id, Connection& connection) {
  if (connection.state == Connection::State::closing) return;
  connection.state = Connection::State::closing;
  ++closing_;
  if (connection.session.is_turned_away()) --turned_away_;
  if (connection.carry != nullptr) release_carry(connection);
  timers_.cancel(id.index);
  if (paces_.size() > 0) paces_.cancel(id.index);
  if (service_times_ != nullptr) service_times_->forget(id.index, counters_.sessions.requests);
  // What is being sent stays until the backend has let go of it.
  if (connection.output != kNone && !connection.sending) release_output(connection);
  backend_.close(id);
}

template <io::Backend B>
void Worker<B>::on_close(io::SocketId id) {
  Connection& connection = connections_.at(id.index);
  if (connection.output != kNone) release_output(connection);
  if (address_limit_ != nullptr) address_limit_->release(tickets_[id.index]);
  connections_.release(id);
  --closing_;
  ++counters_.closed;
  note_spare_descriptors();
  if (!is_full()) shortage_.on_room();
  if (!accepting_ && may_accept()) set_accepting(true);
  if (is_drained()) next_chore_ = std::min<uint64_t>(next_chore_, clock_.now());
}

}  // namespace http::server
