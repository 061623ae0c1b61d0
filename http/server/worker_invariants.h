// What must hold of a worker between its turns: the definition of Worker::check_invariants(),
// included by who instantiates a worker to test it.
#pragma once

#include "core/check.h"
#include "http/server/worker.h"

namespace http::server {

template <io::Backend B>
void Worker<B>::check_invariants() const {
  timers_.check_invariants();
  paces_.check_invariants();
  CHECK(next_chore_ <= paces_.next());
  auto& self = const_cast<Worker&>(*this);
  uint32_t outputs = 0;
  uint32_t chunks = 0;
  uint32_t closing = 0;
  uint32_t turned_away = 0;
  uint64_t pins = 0;
  for (uint32_t i = 0; i < connections_.high_water(); ++i) {
    if (!connections_.occupied(i)) {
      CHECK(!timers_.has_deadline(i) && !paces_.has(i));
      continue;
    }
    const Connection& connection = self.connections_.at(i);
    const bool is_closing = connection.state == Connection::State::closing;
    if (is_closing) {
      ++closing;
    } else if (connection.session.is_turned_away()) {
      ++turned_away;
    }
    if (connection.carry != nullptr) ++chunks;
    CHECK((connection.carry != nullptr) == (connection.carry_length > 0));
    CHECK(!connection.sending || connection.output != kNone);
    CHECK(connection.output == kNone || connection.sending);
    CHECK(connection.reading != Connection::Reading::until_sent || connection.sending ||
          is_closing);
    CHECK(connection.reading < Connection::Reading::until_disk || connection.carry != nullptr ||
          is_closing);
    CHECK(connection.state != Connection::State::open ||
          (connection.deadline == Connection::Deadline::output) == (connection.output != kNone));
    // Nothing that can stand still is without a deadline, and none has passed unseen.
    const bool is_paced = !is_closing && connection.deadline == Connection::Deadline::pace;
    CHECK(timers_.has_deadline(i) == (!is_closing && !is_paced));
    CHECK(!is_paced || paces_.has(i));
    CHECK(!paces_.has(i) || (!is_closing && connection.session.waits_for_time()));
    CHECK(stopped_ || is_closing || is_paced || !timers_.is_before(i, clock_.now()));
    if (connection.output == kNone) continue;
    ++outputs;
    const OutputQueue& queue = self.outputs_.at(connection.output).queue;
    if (queue.has_chunk()) ++chunks;
    for (const Segment& segment : queue) pins += segment.pin != nullptr ? 1 : 0;
  }
  CHECK(outputs == outputs_.size() && chunks + outputs_.spare_count() == chunks_.in_use());
  CHECK(closing == closing_ && turned_away == turned_away_);
  store_.check_invariants(pins);
}

}  // namespace http::server
