// What goes wrong in a run: how likely each fault is, and how often each was really injected, so
// that one that never happens is noticed.
//
// A seed chooses few kinds, so that rare faults also meet a kernel that is otherwise well.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/simulator/random.h"

namespace simulator {

enum class Fault : uint8_t {
  // Of sockets.
  short_recv,
  short_send,
  late,            // a completion comes later than it could
  very_late,       // and by seconds
  late_told,       // a send has taken bytes, but its completion comes later
  late_close,      // the completion of a close
  recv_error,      // of a connection that is well
  send_error,      // the same
  rearmed_recv,    // a multishot receive ends early and is armed again in the next turn
  no_buffers,      // ENOBUFS that ends the recv of a paused socket
  cancelled_send,  // goes on between close() and its completion
  cancelled_recv,  // has taken bytes that nobody will see
  // Of listeners.
  accept_error,
  late_accept,     // comes although accepting was paused
  rearmed_accept,  // as that of a receive
  crowd,           // a connection beyond those that its address may have
  no_peer,         // one that has gone when its address is asked for
  // Of files.
  cold_file,        // not in memory
  cold_call,        // a look, open, read or listing that has to wait for the disk
  very_cold,        // and for seconds
  file_send_error,  // in the middle of a file
  short_read,
  look_error,
  open_error,
  inspect_error,  // a look at an open file
  read_error,
  list_error,
  change_in_call,  // a file changes between two calls of one load
  change_in_send,  // one of which some was sent is written to
  change,          // at any time
  root_swap,       // the root's path leads to another directory
  late_hash,       // of a large file, for its entity tag
  // Of clocks.
  wall_back,
  wall_forth,
  stopped,  // the process, while the world goes on
  // Of clients.
  client_reset,
  client_half_close,
  client_stall,  // stops in the middle of what it sends, for ever
  single_bytes,
  slow_reader,
  pipeline,
  garbage,  // random bytes, or requests of which some are not as they were
};

inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::garbage) + 1;

struct FaultKind {
  std::string_view name;
  std::array<int, 6> errors = {};  // errno values that it can be, behind them 0
};

// In the order of Fault.
inline constexpr std::array<FaultKind, kFaults> kFaultKinds = {{
    {"short receive"},
    {"short send"},
    {"late completion"},
    {"very late completion"},
    {"send told late"},
    {"late close"},
    {"recv fails", {ECONNRESET, ETIMEDOUT, ENOMEM, ENOBUFS}},
    {"send fails", {EPIPE, ECONNRESET, ENOBUFS, ENOMEM, ETIMEDOUT}},
    {"multishot recv ends early"},
    {"paused recv ends", {ENOBUFS}},
    {"send races its cancel"},
    {"recv races its cancel"},
    {"accept fails", {EMFILE, ENFILE, ENOMEM, ENOBUFS}},
    {"accepted while paused"},
    {"multishot accept ends early"},
    {"address has too many"},
    {"accepted peer is gone"},
    {"cold file"},
    {"call waits for the disk"},
    {"disk takes seconds"},
    {"file fails in mid-send", {EIO}},
    {"short read"},
    {"look fails", {EMFILE, ENFILE, ENOMEM, EIO, EACCES}},
    {"open fails", {EMFILE, ENFILE, ENOMEM, EIO, EACCES}},
    {"look at open file fails", {ENOMEM, EIO}},
    {"read fails", {ENOMEM, EIO}},
    {"list fails", {EMFILE, ENFILE, ENOMEM, EIO, EACCES}},
    {"file changes in a load"},
    {"file changes in a send"},
    {"file changes"},
    {"root is replaced"},
    {"hash known later"},
    {"wall clock set back"},
    {"wall clock set forth"},
    {"process stopped"},
    {"client resets"},
    {"client half-closes"},
    {"client stalls"},
    {"client sends single bytes"},
    {"client reads slowly"},
    {"client pipelines"},
    {"client sends garbage"},
}};

constexpr const FaultKind& kind_of(Fault fault) {
  return kFaultKinds[static_cast<std::size_t>(fault)];
}

// Whether there is an `i`th way in which it happens: one for each errno value, or one at all.
constexpr bool has_way(const FaultKind& kind, std::size_t i) {
  return i == 0 || (i < kind.errors.size() && kind.errors[i] != 0);
}

// One of the errno values of a fault that has some.
inline int draw_error(Fault fault, Random& random) {
  const auto& errors = kind_of(fault).errors;
  return errors[random.below(
      static_cast<uint64_t>(std::find(errors.begin(), errors.end(), 0) - errors.begin()))];
}

// How likely the faults are that calls meet, in thousandths of the occasions for them.
class FaultRates {
 public:
  static FaultRates choose(Random& random);

  uint64_t& operator[](Fault fault) { return rates_[static_cast<std::size_t>(fault)]; }
  uint64_t operator[](Fault fault) const { return rates_[static_cast<std::size_t>(fault)]; }

 private:
  std::array<uint64_t, kFaults> rates_{};
};

inline FaultRates FaultRates::choose(Random& random) {
  FaultRates rates;
  for (const Fault fault :
       {Fault::short_recv, Fault::short_send, Fault::late, Fault::very_late, Fault::recv_error,
        Fault::send_error, Fault::no_buffers, Fault::accept_error, Fault::late_close,
        Fault::cold_file, Fault::cold_call, Fault::very_cold, Fault::file_send_error,
        Fault::look_error, Fault::change_in_call, Fault::change_in_send, Fault::stopped,
        Fault::rearmed_recv, Fault::cancelled_recv}) {
    static constexpr uint64_t kLevels[] = {0, 0, 0, 0, 10, 50, 200};
    rates[fault] = random.pick(kLevels);
  }
  rates[Fault::very_late] /= 10;
  rates[Fault::stopped] /= 10;
  for (const Fault fault :
       {Fault::short_recv, Fault::short_send, Fault::late, Fault::change_in_send}) {
    rates[fault] *= 3;
  }
  rates[Fault::short_read] = rates[Fault::short_recv];
  rates[Fault::late_told] = rates[Fault::late];
  if (rates[Fault::cancelled_recv] > 0) rates[Fault::cancelled_send] = 500;
  if (rates[Fault::no_buffers] > 0) rates[Fault::no_buffers] = 1'000;
  rates[Fault::rearmed_accept] = rates[Fault::rearmed_recv];
  for (const Fault fault :
       {Fault::open_error, Fault::inspect_error, Fault::read_error, Fault::list_error}) {
    rates[fault] = rates[Fault::look_error];
  }
  return rates;
}

// How often each was injected, by its ways.
class FaultCounts {
 public:
  void add(Fault fault, int error) {
    const FaultKind& kind = kind_of(fault);
    const auto way = std::find(kind.errors.begin(), kind.errors.end(), error) - kind.errors.begin();
    ++counts_[static_cast<std::size_t>(fault)][static_cast<std::size_t>(way)];
  }
  void add(const FaultCounts& other) {
    for (std::size_t fault = 0; fault < kFaults; ++fault) {
      for (std::size_t way = 0; way < counts_[fault].size(); ++way) {
        counts_[fault][way] += other.counts_[fault][way];
      }
    }
  }
  uint64_t of(Fault fault, std::size_t way) const {
    return counts_[static_cast<std::size_t>(fault)][way];
  }

 private:
  std::array<std::array<uint64_t, FaultKind{}.errors.size()>, kFaults> counts_{};
};

}  // namespace simulator
