// How likely each fault is in a run, in thousandths of the occasions for it. A seed chooses few
// kinds, so that rare faults also meet a kernel that is otherwise well.
#pragma once

#include <cstdint>

#include "tests/simulator/random.h"

namespace simulator {

struct Faults {
  uint64_t short_recv = 0;
  uint64_t short_send = 0;
  uint64_t late = 0;        // a completion comes later than it could
  uint64_t very_late = 0;   // and by seconds
  uint64_t recv_error = 0;  // ECONNRESET, ETIMEDOUT, ENOMEM
  uint64_t send_error = 0;  // EPIPE, ECONNRESET, ENOBUFS, ENOMEM
  uint64_t no_buffers = 0;  // ENOBUFS that ends the recv of a paused socket
  uint64_t accept_error = 0;
  uint64_t late_close = 0;
  uint64_t cold_file = 0;
  uint64_t file_send_error = 0;  // EIO in the middle of a file
  uint64_t file_error = 0;       // of a look, open or read
  uint64_t change_in_call = 0;   // a file changes between two calls of one load
  uint64_t change_in_send = 0;   // one of which some was sent is written to

  static Faults choose(Random& random) {
    Faults faults;
    for (uint64_t* fault :
         {&faults.short_recv, &faults.short_send, &faults.late, &faults.very_late,
          &faults.recv_error, &faults.send_error, &faults.no_buffers, &faults.accept_error,
          &faults.late_close, &faults.cold_file, &faults.file_send_error, &faults.file_error,
          &faults.change_in_call, &faults.change_in_send}) {
      static constexpr uint64_t kLevels[] = {0, 0, 0, 0, 10, 50, 200};
      *fault = random.pick(kLevels);
    }
    faults.very_late /= 10;
    faults.short_recv *= 3;
    faults.short_send *= 3;
    faults.late *= 3;
    faults.change_in_send *= 3;
    return faults;
  }
};

}  // namespace simulator
