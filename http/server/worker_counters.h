// What one worker counts. Its thread writes; any thread may read while it serves (core/counter.h).
#pragma once

#include "core/counter.h"
#include "http/h1/session_counters.h"

namespace http::server {

struct WorkerCounters {
  core::Counter accepted;
  core::Counter closed;         // of them, those that have ended
  core::Counter refused;        // no slot, or draining
  core::Counter turned_away;    // accepted to be told 503
  core::Counter crowded;        // refused: their address has as many connections as it may
  core::Counter accept_errors;  // EMFILE and the like
  core::Counter queue_limits;   // times that newcomers stood in the queue and it was made short
  core::Counter reclaimed;      // idle, closed to make room
  core::Counter shed;           // closed for want of chunks
  core::Counter head_timeouts;
  core::Counter idle_timeouts;
  core::Counter disk_timeouts;
  core::Counter body_timeouts;  // below the minimum rate, as the next
  core::Counter write_timeouts;
  core::Counter refusals;        // times that a request had connections refused on purpose
  core::Counter refusal_resets;  // connections that this ended, but for the request's own
  core::Counter files_changed;   // responses broken off because their file changed or shrank
  core::Counter bytes_received;  // by connections that were accepted
  core::Counter bytes_sent;      // handed to the kernel
  h1::SessionCounters sessions;
};

}  // namespace http::server
