// Puts a transmission on a non-blocking socket by direct system calls. Both backends use it for
// files: io_uring has no sendfile operation, and its splice always runs on a kernel worker thread.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "io/backend.h"
#include "io/system_calls.h"
#include "io/warm_files.h"

namespace io {

// Whether a send may wait for the disk.
enum class Disk : uint8_t { may_wait, must_not_wait };

// Sends the slices (corked to the file, if there is one) and then up to kFileQuantum bytes of the
// file, without waiting for the socket. Returns the bytes taken (> 0), or -errno when none was:
// -EAGAIN when the socket is full, -ENODATA when the file ended before its range, and, if it must
// not wait for the disk, -EINPROGRESS when the next bytes of the file are not in the page cache;
// then the kernel has been asked to read them. `warm` remembers which are; `now` in monotonic
// nanoseconds.
int32_t transmit(int socket, const Transmission& transmission, Disk disk, WarmFiles& warm,
                 uint64_t now);

// Puts memory on the socket, whether that is blocking or not, and does not wait for room. Returns
// the bytes taken; 0 for whatever reason.
inline uint64_t send_at_once(int socket, core::Bytes bytes) {
  const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent > 0 ? static_cast<uint64_t>(sent) : 0;
}

// Whether the file has another size or time of modification than its version says, or can not be
// looked at. False of an empty range and without a version; else it takes one system call.
bool has_changed(const FileRange& file);

// Bytes that the socket has taken and its peer has not acknowledged. One system call.
uint64_t unacknowledged_bytes(int socket);

// Makes close() drop what is unacknowledged and reset the connection.
void reset_on_close(int socket);

// Fills transmission.message with the slices.
void prepare_message(const Transmission& transmission);

// Bytes of all slices together.
uint64_t slice_bytes(const Transmission& transmission);

}  // namespace io
