#include "io/posix_file_system.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "core/bytes.h"

namespace io {

namespace {

// Tries before EAGAIN is given up: it comes when something was renamed while the kernel made sure
// that ".." stays beneath the root, which the next try settles, but also for as long as another
// program holds a lease on the file.
constexpr int kTries = 8;

constexpr std::size_t kLongestName = 255;  // NAME_MAX of every file system

int open_by_kernel(int root, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const char* name = path[0] != '\0' ? path : ".";
  for (int tries = 1;; ++tries) {
    const long descriptor = syscall(SYS_openat2, root, name, &how, sizeof(how));
    if (descriptor >= 0 || (errno != EAGAIN && errno != EINTR) || tries == kTries) {
      return static_cast<int>(descriptor);
    }
  }
}

int fail(int error) {
  errno = error;
  return -1;
}

// Closes a descriptor and keeps errno.
void close_quietly(int descriptor) {
  const int error = errno;
  ::close(descriptor);
  errno = error;
}

bool is_link(int descriptor) {
  struct stat attributes;
  return fstat(descriptor, &attributes) == 0 && S_ISLNK(attributes.st_mode);
}

// Opens one name in a directory, never through a symbolic link.
int open_name(int directory, core::Bytes name, int flags) {
  if (name.size() > kLongestName) return fail(ENAMETOOLONG);
  if (name == "..") return fail(EXDEV);
  char text[kLongestName + 1];
  std::memcpy(text, name.data(), name.size());
  text[name.size()] = '\0';
  const int descriptor = openat(directory, text, flags | O_NOFOLLOW);
  if (descriptor < 0) return -1;
  // With O_PATH a link is opened itself.
  if ((flags & O_PATH) != 0 && is_link(descriptor)) {
    ::close(descriptor);
    return fail(ELOOP);
  }
  return descriptor;
}

// As open_by_kernel(), one name at a time. Every directory on the way is held open, so nothing that
// is renamed meanwhile can lead elsewhere.
int open_by_walk(int root, const char* path, int flags) {
  core::Bytes rest(path);
  if (rest.size() >= PATH_MAX) return fail(ENAMETOOLONG);
  if (rest.starts_with('/')) return fail(EXDEV);
  int directory = root;
  while (true) {
    const std::size_t slash = rest.find('/');
    const bool last = slash == core::Bytes::npos;
    core::Bytes name = rest.substr(0, slash);
    if (name.empty()) name = ".";
    const int next = open_name(directory, name, last ? flags : O_PATH | O_CLOEXEC);
    if (directory != root) close_quietly(directory);
    if (last || next < 0) return next;
    directory = next;
    rest.remove_prefix(slash + 1);
  }
}

core::SystemError last_error() {
  return core::SystemError{errno};
}

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

core::Result<std::unique_ptr<PosixFileSystem>> PosixFileSystem::open_root(const std::string& root,
                                                                          Resolution resolution) {
  const int descriptor = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return core::system_error("cannot serve " + root, errno);
  bool by_kernel = false;
  if (resolution == Resolution::automatic) {
    const int probe = open_by_kernel(descriptor, "", O_PATH | O_CLOEXEC);
    by_kernel = probe >= 0;
    // Kernels and emulators that lack it answer ENOSYS, sandboxes EPERM as well.
    if (!by_kernel && errno != ENOSYS && errno != EPERM) {
      const core::Error error = core::system_error("cannot serve " + root, errno);
      ::close(descriptor);
      return error;
    }
    if (by_kernel) ::close(probe);
  }
  return std::unique_ptr<PosixFileSystem>(new PosixFileSystem(descriptor, by_kernel));
}

PosixFileSystem::~PosixFileSystem() {
  ::close(root_descriptor_);
}

int PosixFileSystem::open_beneath(const char* path, int flags) const {
  return by_kernel_ ? open_by_kernel(root_descriptor_, path, flags)
                    : open_by_walk(root_descriptor_, path, flags);
}

core::Result<core::FileStatus, core::SystemError> PosixFileSystem::status(const char* path) {
  const int descriptor = open_beneath(path, O_PATH | O_CLOEXEC);
  if (descriptor < 0) return last_error();
  auto result = status(core::FileId{descriptor});
  ::close(descriptor);
  return result;
}

core::Result<core::FileId, core::SystemError> PosixFileSystem::open(const char* path) {
  // O_NONBLOCK: if the name has become a FIFO since it was looked at, this does not wait.
  const int descriptor = open_beneath(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
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
