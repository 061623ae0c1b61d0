#include "io/prompt_file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "io/file_time.h"

namespace io {

namespace {

constexpr core::SystemError kDiskIsNeeded{core::kWouldWait};

int64_t nanoseconds_of(const statx_timestamp& time) {
  return io::nanoseconds_of(timespec{time.tv_sec, time.tv_nsec});
}

// What the kernel knows of an open file by itself.
core::Result<core::FileStatus, core::SystemError> known_status(int file) {
  struct statx attributes;
  if (statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &attributes) != 0) {
    return core::SystemError{errno};
  }
  core::FileStatus status;
  status.device = makedev(attributes.stx_dev_major, attributes.stx_dev_minor);
  status.inode = attributes.stx_ino;
  status.size = attributes.stx_size;
  status.modified = nanoseconds_of(attributes.stx_mtime);
  status.changed = nanoseconds_of(attributes.stx_ctime);
  status.kind = S_ISREG(attributes.stx_mode)   ? core::FileKind::regular
                : S_ISDIR(attributes.stx_mode) ? core::FileKind::directory
                                               : core::FileKind::other;
  return status;
}

}  // namespace

// Of a descriptor by O_PATH, which it closes; or why there is none.
core::Result<core::FileStatus, core::SystemError> PromptFileSystem::take_status(
    int descriptor) const {
  if (descriptor < 0) return core::SystemError{errno};
  const auto status = known_status(descriptor);
  ::close(descriptor);
  if (status.ok() && !files_.local_devices_.is_local(status.value().device)) return kDiskIsNeeded;
  return status;
}

core::Result<core::FileStatus, core::SystemError> PromptFileSystem::status(const char* path) {
  return take_status(files_.open_cached(path, O_PATH | O_CLOEXEC));
}

core::Result<core::FileId, core::SystemError> PromptFileSystem::open(const char* path) {
  // Looked at first: a file system that is not local would ask its server in the open itself.
  const auto status = this->status(path);
  if (!status.ok()) return status.error();
  const int descriptor = files_.open_cached(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return core::SystemError{errno};
  return core::FileId{descriptor};
}

core::Result<core::FileStatus, core::SystemError> PromptFileSystem::status(core::FileId file) {
  return known_status(file);
}

core::Result<std::size_t, core::SystemError> PromptFileSystem::read(core::FileId file, char* out,
                                                                    std::size_t size,
                                                                    uint64_t offset) {
  const iovec slice{out, size};
  const ssize_t count = preadv2(file, &slice, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EOPNOTSUPP || errno == EINTR) return kDiskIsNeeded;
  return core::SystemError{errno};
}

void PromptFileSystem::close(core::FileId file) {
  files_.close(file);
}

core::Result<core::Directory, core::SystemError> PromptFileSystem::list(const char* /*path*/,
                                                                        std::size_t /*most*/) {
  return kDiskIsNeeded;
}

bool PromptFileSystem::refresh_root() {
  const auto now = take_status(files_.open_root_cached());
  if (!now.ok()) return false;
  const auto served = known_status(files_.root_descriptor_);
  return served.ok() && now.value().device == served.value().device &&
         now.value().inode == served.value().inode;
}

}  // namespace io
