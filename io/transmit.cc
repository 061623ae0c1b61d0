#include "io/transmit.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "core/check.h"
#include "io/file_time.h"
#include "io/system_calls.h"

namespace io {

namespace {

// How much of a cold file is read before its first bytes go out: the kernel's usual readahead,
// which also is the most that one request for it reads.
constexpr uint64_t kColdPiece = 128 * 1024;

// Whether the byte at `offset` can be read without waiting for the disk. Costs 0.2 microseconds. A
// file system that can not tell counts as one that never waits, and so does the end of the file.
bool is_cached(int file, uint64_t offset) {
  char byte;
  const iovec slice{&byte, 1};
  return preadv2(file, &slice, 1, static_cast<off_t>(offset), RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

// Starts reading a range into the page cache and does not wait for it.
void read_ahead(int file, uint64_t offset, uint64_t length) {
  posix_fadvise(file, static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_WILLNEED);
}

// How many of the next `length` bytes can be sent without waiting; for what can not, reading
// begins. Readahead goes from front to back, so the last byte speaks for those before it.
uint64_t cached_length(const FileRange& file, uint64_t length, WarmFiles& warm, uint64_t now) {
  const uint64_t last = file.offset + length - 1;
  if (warm.has(file, last, now)) return length;
  if (is_cached(file.descriptor, last)) {
    warm.note(file, last, now);
    return length;
  }
  const uint64_t piece = std::min(length, kColdPiece);
  if (piece < length && is_cached(file.descriptor, file.offset + piece - 1)) {
    read_ahead(file.descriptor, file.offset + piece, length - piece);
    return piece;
  }
  read_ahead(file.descriptor, file.offset, piece);
  return 0;
}

}  // namespace

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

bool has_changed(const FileRange& file) {
  if (file.length == 0 || file.version == nullptr) return false;
  struct stat attributes;
  if (fstat(file.descriptor, &attributes) != 0) return true;
  return nanoseconds_of(attributes.st_mtim) != file.version->modified ||
         static_cast<uint64_t>(attributes.st_size) != file.version->size;
}

uint64_t unacknowledged_bytes(int socket) {
  int bytes = 0;
  return ioctl(socket, SIOCOUTQ, &bytes) == 0 ? static_cast<uint64_t>(bytes) : 0;
}

void reset_on_close(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

namespace {

int32_t transmit_several(int socket, const Transmission& transmission, Disk disk, WarmFiles& warm,
                         uint64_t now) {
  uint64_t length = std::min(transmission.file.length, kFileQuantum);
  const bool has_file = length > 0;
  if (has_file && disk == Disk::must_not_wait) {
    length = cached_length(transmission.file, length, warm, now);
    if (length == 0) return -EINPROGRESS;
  }

  ssize_t sent = 0;
  if (transmission.slice_count > 0) {
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (has_file ? MSG_MORE : 0);
    if (transmission.slice_count == 1) {
      const iovec& slice = transmission.slices[0];
      sent = io::send(socket, slice.iov_base, slice.iov_len, flags);
    } else {
      prepare_message(transmission);
      sent = send_message(socket, transmission.message, flags);
    }
    if (sent < 0) return static_cast<int32_t>(sent);
    if (!has_file || static_cast<uint64_t>(sent) < slice_bytes(transmission)) {
      return static_cast<int32_t>(sent);
    }
  }

  DCHECK(has_file);
  off_t offset = static_cast<off_t>(transmission.file.offset);
  const ssize_t moved = ::sendfile(socket, transmission.file.descriptor, &offset, length);
  if (moved > 0) return static_cast<int32_t>(sent + moved);
  // What was sent already is reported first; the next attempt meets the same end or error.
  if (sent > 0) return static_cast<int32_t>(sent);
  return moved == 0 ? -ENODATA : -errno;
}

}  // namespace

int32_t transmit(int socket, const Transmission& transmission, Disk disk, WarmFiles& warm,
                 uint64_t now) {
  if (transmission.slice_count != 1 || transmission.file.length > 0) {
    return transmit_several(socket, transmission, disk, warm, now);
  }
  const iovec& slice = transmission.slices[0];
  return static_cast<int32_t>(
      io::send(socket, slice.iov_base, slice.iov_len, MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace io
