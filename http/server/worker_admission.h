// The definitions of Worker for newcomers: who is let in, who waits, who is turned away, and who
// has to go to make room. Part of worker_impl.h.
#pragma once

#include <algorithm>
#include <array>

#include "http/server/worker.h"

namespace http::server {

template <io::Backend B>
void Worker<B>::on_accept(const io::Completion& completion) {
  if (completion.result < 0) {
    // Out of descriptors or memory, at every listener. Idle connections make room.
    ++counters_.accept_errors;
    pause_accept_until(clock_.now() + kAcceptRetry);
    reclaim_idle();
    set_wants_room(true);
    return;
  }
  const int descriptor = completion.result;
  if (clock_.now() >= standing_queue_.next_look()) look_at_queues();
  const uint32_t ticket =
      address_limit_ != nullptr ? address_limit_->admit_peer(backend_.peer(descriptor)) : 0;
  if (ticket == AddressLimit::kRefused) {
    ++counters_.crowded;
    return backend_.discard(descriptor);
  }
  if (is_full()) reclaim_idle();
  // Even then there may be too many: of those that came although accepting had paused.
  const bool turned_away = is_full() && must_turn_away();
  const io::SocketId id = context_.draining ? core::Handle{} : connections_.acquire();
  if (id == core::Handle{}) {
    ++counters_.refused;
    if (address_limit_ != nullptr) address_limit_->release(ticket);
    return backend_.discard(descriptor);
  }
  note_spare_descriptors();
  ++counters_.accepted;
  if (address_limit_ != nullptr) tickets_[id.index] = ticket;
  uint64_t timeout = configuration_.timeouts.header;
  if (turned_away) {
    ++counters_.turned_away;
    ++turned_away_;
    connections_.at(id.index).session.turn_away();
    timeout = std::min(timeout, kLinger);
  }
  backend_.open(id, descriptor);
  timers_.schedule(id.index, clock_.now() + timeout);
}

// A newcomer has found no room. False: this one is taken all the same, and the next ones wait.
template <io::Backend B>
bool Worker<B>::must_turn_away() {
  const uint64_t now = clock_.now();
  // Accepts that were under way when accepting paused come in any case.
  const bool turned_away = shortage_.on_newcomer(now) || is_full(kServedOverrun);
  if (!may_accept()) {
    pause_accept_until(std::min(now + kFirstRequestGrace, shortage_.next_time(now)));
  }
  return turned_away;
}

// Whether there is room for a newcomer, if only to be turned away.
template <io::Backend B>
bool Worker<B>::may_accept() const {
  return !is_full() || (shortage_.turns_away(clock_.now()) &&
                        connections_.size() + kOverrun < connections_.capacity());
}

template <io::Backend B>
void Worker<B>::pause_accept_until(uint64_t time) {
  set_accepting(false);
  set_accept_retry(time);
}

template <io::Backend B>
void Worker<B>::set_accept_retry(uint64_t time) {
  accept_retry_ = time;
  plan_chores();
}

template <io::Backend B>
void Worker<B>::set_accepting(bool accepting) {
  set_accept_retry(core::kNever);
  if (accepting_ == accepting || context_.draining) return;
  accepting_ = accepting;
  for (uint32_t i = 0; i < listeners_; ++i) {
    if (accepting) {
      backend_.resume_accept(i);
    } else {
      backend_.pause_accept(i);
    }
  }
}

// After a pause that no connection has ended.
template <io::Backend B>
void Worker<B>::retry_accept() {
  if (!may_accept()) reclaim_idle();
  if (may_accept()) return set_accepting(true);
  set_accept_retry(clock_.now() + kFirstRequestGrace);
}

// Where there is no room, who waits waits for that.
template <io::Backend B>
void Worker<B>::look_at_queues() {
  if (context_.draining) return;
  io::AcceptQueue longest;
  for (uint32_t i = 0; i < listeners_; ++i) {
    const io::AcceptQueue queue = backend_.accept_queue(i);
    longest.waiting = std::max(longest.waiting, queue.waiting);
    longest.dropped += queue.dropped;
  }
  const uint32_t waiting = is_full() ? 0 : longest.waiting;
  if (standing_queue_.on_look(clock_.now(), waiting, longest.dropped)) {
    limit_queues();
  }
  plan_chores();
}

template <io::Backend B>
void Worker<B>::limit_queues() {
  if (standing_queue_.is_short()) ++counters_.queue_limits;
  const auto limit = [this] {
    for (uint32_t i = 0; i < listeners_; ++i) backend_.limit_accept_queue(i, longest_queue());
  };
  if (refusal_ == nullptr) return limit();
  // While connections are refused there is no queue; it is limited when they are not.
  refusal_->listen_at(clock_.now(), limit);
}

template <io::Backend B>
void Worker<B>::plan_chores() {
  const bool looks = standing_queue_.is_short() && !context_.draining;
  next_chore_ = std::min({accept_retry_, drain_deadline_, paces_.next(), next_settling_,
                          refusal_end_, looks ? standing_queue_.next_look() : core::kNever});
}

// The tick of a connection's deadline. That of output is the end of its period; here it counts from
// its last send, so that of two the one that stands still comes first.
template <io::Backend B>
uint32_t Worker<B>::urgency(uint32_t index) {
  const Connection& connection = connections_.at(index);
  if (connection.output == kNone) return timers_.deadline_tick(index);
  return timers_.to_tick(outputs_.at(connection.output).sent_at + configuration_.timeouts.write);
}

// Closes the most urgent of the eligible connections, as many as `room` holds.
template <io::Backend B>
template <class Eligible>
uint32_t Worker<B>::close_earliest(std::span<uint32_t> room, Eligible eligible) {
  const auto later = [this](uint32_t a, uint32_t b) {
    return core::TimerWheel::before(urgency(a), urgency(b));
  };
  std::size_t found = 0;
  for (uint32_t i = 0; i < connections_.high_water(); ++i) {
    if (!connections_.occupied(i) || !eligible(i, connections_.at(i))) continue;
    // A heap with the latest of the chosen on top.
    if (found < room.size()) {
      room[found++] = i;
      std::push_heap(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(found), later);
    } else if (later(i, room[0])) {
      std::pop_heap(room.begin(), room.end(), later);
      room.back() = i;
      std::push_heap(room.begin(), room.end(), later);
    }
  }
  for (std::size_t i = 0; i < found; ++i) {
    close(connections_.handle_of(room[i]), connections_.at(room[i]));
  }
  return static_cast<uint32_t>(found);
}

// Makes room: closes the connections that wait longest for their next request, and only when there
// are none, those that wait longest for their first and have had some time for it: the request of a
// new one may be here already. One pass over the arena for a batch, so that a flood of connections
// pays for it once in 32.
template <io::Backend B>
uint32_t Worker<B>::reclaim_idle() {
  if (wants_room_ && clock_.now() < next_reclaim_) return 0;
  std::array<uint32_t, kReclaimBatch> room;
  uint32_t closed = close_earliest(room, [this](uint32_t, const Connection& connection) {
    return is_idle(connection) && connection.session.phase() == h1::Phase::idle;
  });
  if (closed == 0) {
    // The deadline of a silent connection was set when it was accepted.
    const uint64_t latest = clock_.now() + configuration_.timeouts.header - kFirstRequestGrace;
    closed = close_earliest(room, [this, latest](uint32_t index, const Connection& connection) {
      return is_idle(connection) && !connection.session.is_turned_away() &&
             timers_.is_before(index, latest);
    });
  }
  set_wants_room(closed == 0 || is_full());
  if (wants_room_) next_reclaim_ = clock_.now() + kReclaimPause;
  counters_.reclaimed += closed;
  return closed;
}

}  // namespace http::server
