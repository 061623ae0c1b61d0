// How long the requests of one worker take, and how late answers are that wait for a time.
//
// Service time: from the turn in which the worker was told of the bytes that complete a request
// (its cached clock) to when the last byte of the response has been handed to the kernel; with
// io_uring, to when the worker was told so. So to wait behind other requests of the turn, or for
// the disk, counts, and of a long response so does the client's pace. To wait in the socket before
// the turn does not, nor to wait for the time of an answer that was asked to take some. Of requests
// that come while an earlier response of the connection is under way, it counts from when that one
// began; of a request with a body that is taken, from the end of the body.
//
// Delay lateness: from the time that an answer waited for (core/timer_heap.h) to when what was due
// then has been handed to the kernel, each time that it waits: a drip of ten bytes has nine.
//
// Delay: of an answer that was asked to begin late, from the end of its request to when its
// beginning has been handed to the kernel; beside it, what was asked for. An answer that comes in
// one piece is in the delays or in the service times, and never in both.
//
// The worker's thread writes, any may read the histograms. 24 bytes for each connection; no
// allocation after construction.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/latency_histogram.h"
#include "core/mapping.h"

namespace http::server {

class ServiceTimes {
 public:
  explicit ServiceTimes(uint32_t connections)
      : memory_(connections * sizeof(Progress)),
        progress_(reinterpret_cast<Progress*>(memory_.data())) {}

  static constexpr uint64_t memory_for(uint32_t connections) {
    return sizeof(ServiceTimes) + uint64_t{connections} * sizeof(Progress);
  }

  // Something of the connection has come, or goes on, `now`.
  void begin(uint32_t connection, uint64_t now) {
    Progress& progress = progress_[connection];
    if (progress.began == 0) progress.began = now;
  }
  // The same for an answer whose time has come, which was `due`. `delay`: it begins now, and was
  // asked to be so late; else 0.
  void begin_in_time(uint32_t connection, uint64_t due, uint64_t delay) {
    Progress& progress = progress_[connection];
    if (progress.began != 0) return;
    progress.began = due;
    progress.delay = delay;
    progress.waited = true;
  }
  // The worker has answered so many requests in all; those that are new are of this connection.
  void answered(uint32_t connection, uint64_t requests) {
    progress_[connection].responses += static_cast<uint32_t>(requests - requests_);
    requests_ = requests;
  }

  enum class Rest : uint8_t {
    none,    // all of it was answered
    answer,  // more of an answer comes when its time does, or the request's body
    disk,    // the next request waits for the disk
  };
  // All that is queued for the connection has been handed over.
  void handed_over(uint32_t connection, Rest rest, uint64_t now) {
    Progress& progress = progress_[connection];
    const uint64_t time = now - std::min(now, progress.began);
    if (progress.waited) {
      lateness_.record(time);
      if (progress.delay > 0) {
        delays_.record(progress.delay + time);
        delays_asked_.record(progress.delay);
        progress.delay = 0;
      }
      progress.waited = false;
      if (rest != Rest::answer && progress.responses > 0) --progress.responses;
    }
    if (rest != Rest::answer) {
      for (; progress.responses > 0; --progress.responses) service_.record(time);
    }
    if (rest != Rest::disk) progress.began = 0;
  }
  // One that came alone, and was answered and handed over in one go.
  void handed_over_alone(uint64_t requests, uint64_t began, uint64_t now) {
    requests_ = requests;
    service_.record(now - std::min(now, began));
  }
  // It has ended.
  void forget(uint32_t connection, uint64_t requests) {
    progress_[connection] = Progress();
    requests_ = requests;
  }

  const core::LatencyHistogram& service() const { return service_; }
  const core::LatencyHistogram& lateness() const { return lateness_; }
  const core::LatencyHistogram& delays() const { return delays_; }
  const core::LatencyHistogram& delays_asked() const { return delays_asked_; }

 private:
  struct Progress {
    uint64_t began = 0;      // 0: nothing is under way
    uint64_t delay = 0;      // that was asked for, of an answer that begins; 0: none was
    uint32_t responses = 0;  // that have been made and not all handed over
    bool waited = false;     // began is the time that an answer waited for
  };

  core::LatencyHistogram service_;
  core::LatencyHistogram lateness_;
  core::LatencyHistogram delays_;
  core::LatencyHistogram delays_asked_;
  core::Mapping memory_;
  Progress* progress_;
  uint64_t requests_ = 0;  // answered by the worker, as far as they are known here
};

}  // namespace http::server
