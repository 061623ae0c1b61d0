// What /stats of the admin address says, and what happened between two of its answers: the numbers
// of `spate top`. What is not told, or does not exist since there was no request, is nothing and
// never 0. Times are seconds. One thread; allocates.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace http::server::top {

using Number = std::optional<double>;

// Requests by their service time: those that took no longer, but longer than the ones before.
struct Bucket {
  double longest = std::numeric_limits<double>::infinity();
  double count = 0;
};

// Everything that grows is as it was counted since the start.
struct Statistics {
  struct Worker {
    Number requests;
    Number cpu_time;
  };

  std::string version;
  std::string backend;
  double uptime = 0;
  std::vector<Worker> workers;
  Number requests;
  Number sent_bytes;
  Number received_bytes;
  Number accepted;
  Number open;
  std::vector<Bucket> service;  // shortest first
  std::string verdict;
  std::vector<std::string> verdict_details;
};

// Reads the body of an answer. The error says what is wrong with it. Texts are without control
// bytes.
core::Result<Statistics> read_statistics(core::Bytes json);

// Per second of the server's clock, but for what stands at a time.
struct Rates {
  struct Worker {
    Number requests;
    Number busy;  // share of one processor
  };

  double seconds = 0;
  Number requests;
  Number sent_bits;
  Number received_bits;
  Number accepted;
  Number open;  // connections, now
  std::vector<Worker> workers;
  std::vector<Bucket> service;  // of the requests between the two answers alone

  // What this share of them, 0 to 1, did not exceed; infinite if it has no bound.
  Number percentile(double share) const;
};

// Nothing where `after` is of another run of the server, or of the same moment.
std::optional<Rates> rates_between(const Statistics& before, const Statistics& after);

}  // namespace http::server::top
