#include "io/posix_file_system.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace io {

namespace {

int open_beneath(int root, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const char* name = path[0] != '\0' ? path : ".";
  while (true) {
    const long descriptor = syscall(SYS_openat2, root, name, &how, sizeof(how));
    // EAGAIN: something was renamed while the kernel made sure that ".." stays beneath the root.
    if (descriptor >= 0 || (errno != EAGAIN && errno != EINTR)) {
      return static_cast<int>(descriptor);
    }
  }
}

core::SystemError last_error() {
  return core::SystemError{errno};
}

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

core::Result<std::unique_ptr<PosixFileSystem>> PosixFileSystem::open_root(const std::string& root) {
  const int descriptor = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return core::system_error("cannot serve " + root, errno);
  const int probe = open_beneath(descriptor, "", O_PATH | O_CLOEXEC);
  if (probe < 0) {
    const core::Error error = core::system_error("openat2 (Linux 5.6 or newer is needed)", errno);
    ::close(descriptor);
    return error;
  }
  ::close(probe);
  return std::unique_ptr<PosixFileSystem>(new PosixFileSystem(descriptor));
}

PosixFileSystem::~PosixFileSystem() {
  ::close(root_descriptor_);
}

core::Result<core::FileStatus, core::SystemError> PosixFileSystem::status(const char* path) {
  const int descriptor = open_beneath(root_descriptor_, path, O_PATH | O_CLOEXEC);
  if (descriptor < 0) return last_error();
  auto result = status(core::FileId{descriptor});
  ::close(descriptor);
  return result;
}

core::Result<core::FileId, core::SystemError> PosixFileSystem::open(const char* path) {
  // O_NONBLOCK: if the name has become a FIFO since it was looked at, this does not wait.
  const int descriptor =
      open_beneath(root_descriptor_, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return last_error();
  return core::FileId{descriptor};
}

core::Result<core::FileStatus, core::SystemError> PosixFileSystem::status(core::FileId file) {
  struct stat attributes;
  if (fstat(file, &attributes) != 0) return last_error();
  core::FileStatus status;
  status.device = attributes.st_dev;
  status.inode = attributes.st_ino;
  status.size = static_cast<uint64_t>(attributes.st_size);
  status.modified = nanoseconds(attributes.st_mtim);
  status.changed = nanoseconds(attributes.st_ctim);
  status.kind = S_ISREG(attributes.st_mode)   ? core::FileKind::regular
                : S_ISDIR(attributes.st_mode) ? core::FileKind::directory
                                              : core::FileKind::other;
  return status;
}

core::Result<std::size_t, core::SystemError> PosixFileSystem::read(core::FileId file, char* out,
                                                                   std::size_t size,
                                                                   uint64_t offset) {
  while (true) {
    const ssize_t count = pread(file, out, size, static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return last_error();
  }
}

void PosixFileSystem::close(core::FileId file) {
  ::close(file);
}

}  // namespace io
