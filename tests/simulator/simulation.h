// One run: a seed chooses limits, faults, files and clients, and a whole worker serves them on the
// simulated kernel until all have what they want. Checked are: every response, byte by byte; the
// worker's invariants after turns; that each connection that ended early has a reason, and that the
// worker counted those that are its own; that nothing is left over at the end.
#pragma once

#include <cstdint>
#include <string>

namespace simulator {

struct Report {
  std::string failure;  // empty: passed
  uint64_t hash = 0;    // of the trace
  uint64_t responses = 0;
  uint64_t connections = 0;
  uint64_t turns = 0;
};

// `is_printed`: the trace goes to standard output.
Report simulate(uint64_t seed, bool is_printed = false);

}  // namespace simulator
