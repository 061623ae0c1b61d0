// One run: a seed chooses limits, faults, files and clients, and a whole worker serves them on the
// simulated kernel until all have what they want. Checked are: every response, byte by byte; the
// worker's invariants after every turn; that each connection was turned away or ended for a reason
// that holds, and that the worker counted those that are its own; that at the end no slot, buffer,
// descriptor, timer or pin is left.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulator/faults.h"

namespace simulator {

struct Report {
  std::string failure;     // empty: passed
  uint64_t hash = 0;       // of the trace
  uint64_t requests = 0;   // sent whole
  uint64_t responses = 0;  // compared
  uint64_t connections = 0;
  uint64_t turns = 0;
  FaultCounts faults;

  // The numbers of another run.
  void add(const Report& other) {
    requests += other.requests;
    responses += other.responses;
    connections += other.connections;
    turns += other.turns;
    faults.add(other.faults);
  }
};

// `is_printed`: the trace goes to standard output.
Report simulate(uint64_t seed, bool is_printed = false);

}  // namespace simulator
