#include "io/transmit.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "core/check.h"

namespace io {

uint64_t slice_bytes(const Transmission& transmission) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < transmission.slice_count; ++i) total += transmission.slices[i].iov_len;
  return total;
}

void prepare_message(const Transmission& transmission) {
  transmission.message = msghdr{};
  transmission.message.msg_iov = const_cast<iovec*>(transmission.slices);
  transmission.message.msg_iovlen = transmission.slice_count;
}

int32_t transmit(int socket, const Transmission& transmission) {
  const bool has_file = transmission.file.length > 0;
  ssize_t sent = 0;
  if (transmission.slice_count > 0) {
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (has_file ? MSG_MORE : 0);
    if (transmission.slice_count == 1) {
      const iovec& slice = transmission.slices[0];
      sent = ::send(socket, slice.iov_base, slice.iov_len, flags);
    } else {
      prepare_message(transmission);
      sent = ::sendmsg(socket, &transmission.message, flags);
    }
    if (sent < 0) return -errno;
    if (!has_file || static_cast<uint64_t>(sent) < slice_bytes(transmission)) {
      return static_cast<int32_t>(sent);
    }
  }

  DCHECK(has_file);
  off_t offset = static_cast<off_t>(transmission.file.offset);
  const std::size_t length = std::min(transmission.file.length, kFileQuantum);
  const ssize_t moved = ::sendfile(socket, transmission.file.descriptor, &offset, length);
  if (moved > 0) return static_cast<int32_t>(sent + moved);
  // What was sent already is reported first; the next attempt meets the same end or error.
  if (sent > 0) return static_cast<int32_t>(sent);
  return moved == 0 ? -ENODATA : -errno;
}

}  // namespace io
