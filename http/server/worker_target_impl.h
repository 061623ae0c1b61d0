// The definitions of Worker that are about the load-test target, its routes, and those of its
// faults that concern more than an answer, included by worker_impl.h.
//
// Routes may change. Whoever gives a scenario keeps it until settled_scenario() is a later one:
// until then answers that are under way may refer to its bodies. No request pays for that, because
// the worker looks through its queues when there was a change, now and then, until nothing of an
// earlier one is left.
#pragma once

#include <bit>

#include "core/check.h"
#include "http/server/worker.h"

namespace http::server {

// What comes next is this connection's.
template <io::Backend B>
inline void Worker<B>::attend(io::SocketId id) {
  if (service_times_ != nullptr) [[unlikely]]
    service_times_->begin(id.index, clock_.now());
  if (!target_.has_value()) [[likely]]
    return;
  // The turn may have begun before these bytes came, and no delay may be too short.
  clock_.update(backend_.read_clock());
  context_.caller.connection = std::bit_cast<uint64_t>(id);
  context_.paced = &paced_[id.index];
}

template <io::Backend B>
void Worker<B>::change_scenario(const scenario::Scenario& scenario) {
  offered_scenario_.store(&scenario, std::memory_order_release);
  backend_.waker().wake();
}

template <io::Backend B>
void Worker<B>::take_scenario() {
  const scenario::Scenario* offered =
      offered_scenario_.exchange(nullptr, std::memory_order_acquire);
  if (offered == nullptr) return;
  CHECK(target_.has_value());
  scenario_ = offered;
  target_->set_scenario(scenario_);
  // A file that is kept may have the name of a route now.
  store_.forget_all();
  settle_scenario();
}

// Tells that earlier scenarios are not in use any more, or looks again later.
template <io::Backend B>
void Worker<B>::settle_scenario() {
  const bool is_settled = !uses_earlier_scenario();
  if (is_settled) settled_scenario_.store(scenario_, std::memory_order_release);
  next_settling_ = is_settled ? core::kNever : clock_.now() + kSettlePause;
  plan_chores();
}

template <io::Backend B>
bool Worker<B>::uses_earlier_scenario() {
  for (uint32_t i = 0; i < connections_.high_water(); ++i) {
    if (!connections_.occupied(i)) continue;
    const Connection& connection = connections_.at(i);
    if (connection.output == kNone) continue;
    for (const Segment& segment : outputs_.at(connection.output).queue) {
      if (segment.is_lasting && !scenario_->owns(segment.memory)) return true;
    }
  }
  return false;
}

// The answer is a reset. If it is that of a crash, nobody is let in any more before its client can
// know.
template <io::Backend B>
[[gnu::cold, gnu::noinline]] void Worker<B>::break_off(io::SocketId id, Connection& connection) {
  const h1::BrokenAnswer& answer = paced_[id.index].broken;
  if (answer.refuses() && refusal_ != nullptr && !context_.draining) {
    ++counters_.refusals;
    refusal_->begin(clock_.now() + answer.refusal());
  }
  backend_.reset_on_close(id);
  close(id, connection);
}

// Connections are refused because of a request here or at another worker, and the listeners are
// closed already. All that had come before are reset, those too that the kernel accepted just then.
template <io::Backend B>
void Worker<B>::take_refusal() {
  if (refusal_ == nullptr || refusal_->until() == refused_until_ || context_.draining) return;
  refused_until_ = refusal_->until();
  refusal_end_ = refused_until_;
  plan_chores();
  for (uint32_t i = 0; i < connections_.high_water(); ++i) {
    if (!connections_.occupied(i)) continue;
    Connection& connection = connections_.at(i);
    if (connection.state == Connection::State::closing) continue;
    ++counters_.refusal_resets;
    const io::SocketId id = connections_.handle_of(i);
    backend_.reset_on_close(id);
    close(id, connection);
  }
}

template <io::Backend B>
void Worker<B>::end_refusal() {
  bool listens = true;
  const bool is_over = refusal_->listen_at(clock_.now(), [this, &listens] {
    for (uint32_t i = 0; i < listeners_; ++i) {
      listens = backend_.listen_again(i, longest_queue()) && listens;
    }
  });
  refusal_end_ = core::kNever;
  if (!is_over) {
    refusal_end_ = refusal_->until();
  } else if (!listens) {
    // Another program may listen there by now, and stop.
    ++counters_.accept_errors;
    refusal_end_ = clock_.now() + kAcceptRetry;
  }
  plan_chores();
}

}  // namespace http::server
