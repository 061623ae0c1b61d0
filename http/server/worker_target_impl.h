// The definitions of Worker that are about the load-test target and its routes, included by
// worker_impl.h.
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

}  // namespace http::server
