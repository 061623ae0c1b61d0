// Puts a transmission on a non-blocking socket by direct system calls. Both backends use it for
// files: io_uring has no sendfile operation, and its splice always runs on a kernel worker thread.
#pragma once

#include <cstdint>

#include "io/backend.h"

namespace io {

// Sends the slices (corked to the file, if there is one) and then up to kFileQuantum bytes of the
// file, without waiting. Returns the bytes taken (> 0), or -errno when none was: -EAGAIN when the
// socket is full, -ENODATA when the file ended before its range.
int32_t transmit(int socket, const Transmission& transmission);

// Fills transmission.message with the slices.
void prepare_message(const Transmission& transmission);

// Bytes of all slices together.
uint64_t slice_bytes(const Transmission& transmission);

}  // namespace io
