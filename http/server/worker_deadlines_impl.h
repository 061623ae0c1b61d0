// The definitions of Worker that have to do with deadlines and other times, for worker_impl.h.
#pragma once

#include <algorithm>

#include "http/server/worker.h"

namespace http::server {

// Every request with a whole head is answered.
template <io::Backend B>
bool Worker<B>::awaits_head(const Connection& connection) const {
  return connection.state == Connection::State::open && connection.output == kNone &&
         connection.reading != Connection::Reading::until_disk &&
         connection.session.phase() <= h1::Phase::head;
}

template <io::Backend B>
bool Worker<B>::is_idle(const Connection& connection) const {
  return awaits_head(connection) && connection.carry == nullptr;
}

// A drain has nothing to wait for: neither a request nor the rest of an answer.
template <io::Backend B>
bool Worker<B>::has_nothing_to_come(const Connection& connection) const {
  const bool stalls = connection.state == Connection::State::open && connection.output == kNone &&
                      connection.session.phase() == h1::Phase::stalled;
  return awaits_head(connection) || stalls;
}

// Starts the deadline that applies now, unless it runs already; or anew, after an output that began
// and ended since.
template <io::Backend B>
inline void Worker<B>::schedule(io::SocketId id, Connection& connection, bool begins_anew) {
  using Deadline = Connection::Deadline;
  const Timeouts& timeouts = configuration_.timeouts;
  Deadline deadline = Deadline::keep_alive;
  uint64_t timeout = timeouts.keep_alive;
  if (connection.output != kNone) {
    deadline = Deadline::output;
    timeout = timeouts.write;
  } else if (connection.session.phase() == h1::Phase::head) {
    const bool waits_for_disk = connection.reading == Connection::Reading::until_disk;
    deadline = waits_for_disk ? Deadline::disk : Deadline::head;
    timeout = waits_for_disk ? kDiskPatience : timeouts.header;
  } else if (connection.session.waits_for_time()) {
    // Its time is among the exact ones; nothing that it does or leaves undone can miss it.
    connection.deadline = Deadline::pace;
    return timers_.cancel(id.index);
  } else if (connection.session.reads_body()) {
    deadline = Deadline::body;
    timeout = timeouts.body;
    if (connection.deadline != deadline || begins_anew) connection.body_due = body_progress_;
  }
  if (connection.deadline == deadline && !begins_anew) return;
  connection.deadline = deadline;
  timers_.schedule(id.index, clock_.now() + timeout);
}

template <io::Backend B>
void Worker<B>::on_deadline(uint32_t index) {
  const io::SocketId id = connections_.handle_of(index);
  Connection& connection = connections_.at(index);
  switch (connection.deadline) {
    case Connection::Deadline::head:
      return on_head_timeout(id, connection);
    case Connection::Deadline::body:
      return on_body_period(id, connection);
    case Connection::Deadline::output:
      return on_output_period(id, connection);
    case Connection::Deadline::disk:
      return on_disk_timeout(id, connection);
    case Connection::Deadline::keep_alive:
      ++counters_.idle_timeouts;
      return close(id, connection);
    case Connection::Deadline::linger:
      return close(id, connection);
    case Connection::Deadline::pace:
      break;  // never in the wheel
  }
}

// When the connection goes on by itself, if its answer waits for a time.
template <io::Backend B>
[[gnu::noinline]] void Worker<B>::set_time(io::SocketId id, const Connection& connection,
                                           h1::Session::Outcome outcome) {
  if (outcome == h1::Session::Outcome::wants_time) {
    paces_.schedule(id.index, paced_[id.index].until);
  } else if (!connection.session.waits_for_time()) {
    paces_.cancel(id.index);
  }
  plan_chores();
}

// The times of answers that wait for one have come. Thousands may have the same: each needs a chunk
// until it is sent, and nobody else is served meanwhile, so the rest has the next turn.
template <io::Backend B>
void Worker<B>::on_times() {
  uint32_t index;
  for (uint32_t i = 0; i < kMostTimes && paces_.pop_due(clock_.now(), index); ++i) {
    const h1::PacedAnswer& answer = paced_[index];
    if (service_times_ != nullptr) {
      service_times_->begin_in_time(index, answer.until, answer.has_begun() ? 0 : answer.delay);
    }
    go_on(connections_.handle_of(index), connections_.at(index));
  }
  plan_chores();
}

template <io::Backend B>
void Worker<B>::on_head_timeout(io::SocketId id, Connection& connection) {
  ++counters_.head_timeouts;
  // A client that has sent nothing of a request gets no answer to it.
  if (connection.carry == nullptr || !ensure_output(connection)) return close(id, connection);
  connection.session.on_head_timeout({connection.carry, connection.carry_length}, context_,
                                     outputs_.at(connection.output).queue);
  release_carry(connection);
  settle(id, connection, h1::Session::Outcome::finished);
}

template <io::Backend B>
void Worker<B>::on_disk_timeout(io::SocketId id, Connection& connection) {
  ++counters_.disk_timeouts;
  if (!ensure_output(connection)) return close(id, connection);
  connection.session.on_disk_timeout({connection.carry, connection.carry_length}, context_,
                                     outputs_.at(connection.output).queue);
  release_carry(connection);
  settle(id, connection, h1::Session::Outcome::finished);
}

template <io::Backend B>
void Worker<B>::on_body_period(io::SocketId id, Connection& connection) {
  if (connection.body_due > 0) {
    ++counters_.body_timeouts;
    connection.session.on_body_timeout();
    return finish(id, connection);
  }
  connection.body_due = body_progress_;
  timers_.schedule(id.index, clock_.now() + configuration_.timeouts.body);
}

template <io::Backend B>
void Worker<B>::on_output_period(io::SocketId id, Connection& connection) {
  Output& output = outputs_.at(connection.output);
  const uint64_t left = backend_.unacknowledged(id);
  const uint64_t taken = output.handed_over - std::min(output.handed_over, left);
  if (output.measured && taken < output_progress_) {
    ++counters_.write_timeouts;
    backend_.reset_on_close(id);
    return close(id, connection);
  }
  output.handed_over = left;
  output.measured = true;
  timers_.schedule(id.index, clock_.now() + configuration_.timeouts.write);
}

template <io::Backend B>
void Worker<B>::obey(Command command) {
  if (command == Command::stop) stopped_ = true;
  if (command == Command::drain && !context_.draining) begin_drain();
}

template <io::Backend B>
void Worker<B>::begin_drain() {
  context_.draining = true;
  drain_deadline_ = clock_.now() + configuration_.timeouts.drain;
  refusal_end_ = core::kNever;
  if (refusal_ != nullptr) refusal_->remove(this);
  plan_chores();
  for (uint32_t i = 0; i < listeners_; ++i) backend_.close_listener(i);
  for (uint32_t i = 0; i < connections_.high_water(); ++i) {
    if (!connections_.occupied(i)) continue;
    Connection& connection = connections_.at(i);
    if (has_nothing_to_come(connection)) close(connections_.handle_of(i), connection);
  }
}

// --- how long it takes -------------------------------------------------------------------------

// The session has run, or its output has been sent.
template <io::Backend B>
[[gnu::noinline]] void Worker<B>::note_times(io::SocketId id, const Connection& connection,
                                             h1::Session::Outcome outcome) {
  using Rest = ServiceTimes::Rest;
  service_times_->answered(id.index, counters_.sessions.requests);
  if (!outputs_.at(connection.output).queue.empty()) return;
  const h1::Phase phase = connection.session.phase();
  Rest rest = Rest::none;
  if (outcome == h1::Session::Outcome::wants_disk) {
    rest = Rest::disk;
  } else if (phase == h1::Phase::answer || phase == h1::Phase::taking) {
    rest = Rest::answer;
  }
  service_times_->handed_over(id.index, rest, backend_.read_clock().monotonic);
}

// A request that came alone was answered, and handed over in one go.
template <io::Backend B>
[[gnu::noinline]] void Worker<B>::note_ready_time() {
  service_times_->handed_over_alone(counters_.sessions.requests, clock_.now(),
                                    backend_.read_clock().monotonic);
}

// A request that came alone was answered, and not all of it could be handed over.
template <io::Backend B>
void Worker<B>::note_start(io::SocketId id) {
  service_times_->begin(id.index, clock_.now());
  service_times_->answered(id.index, counters_.sessions.requests);
}

}  // namespace http::server
