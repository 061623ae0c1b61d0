#include "io/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "core/bytes.h"
#include "io/file_time.h"

namespace io {

namespace {

// Tries before EAGAIN is given up: it comes when something was renamed while the kernel made sure
// that ".." stays beneath the root, which the next try settles, but also for as long as another
// program holds a lease on the file.
constexpr int kTries = 8;

constexpr std::size_t kLongestName = 255;  // NAME_MAX of every file system

int fail(int error) {
  errno = error;
  return -1;
}

uint64_t resolve_flags(SymlinkPolicy links) {
  switch (links) {
    case SymlinkPolicy::beneath:
      return RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH;
    case SymlinkPolicy::none:
      return RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    case SymlinkPolicy::all:
      break;
  }
  return RESOLVE_NO_MAGICLINKS;
}

int open_by_kernel(int root, const char* path, int flags, SymlinkPolicy links) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = resolve_flags(links);
  const char* name = path[0] != '\0' ? path : ".";
  for (int tries = 1;; ++tries) {
    const long descriptor = syscall(SYS_openat2, root, name, &how, sizeof(how));
    if (descriptor >= 0 || (errno != EAGAIN && errno != EINTR) || tries == kTries) {
      return static_cast<int>(descriptor);
    }
  }
}

// As far as the kernel's caches lead, and EINPROGRESS where they end.
int open_cached_from(int start, const char* path, int flags, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = resolve | RESOLVE_CACHED;
  const char* name = path[0] != '\0' ? path : ".";
  const long descriptor = syscall(SYS_openat2, start, name, &how, sizeof(how));
  // EINVAL: the kernel does not know the flag. The call that may wait tells what there is to tell.
  if (descriptor < 0 && (errno == EAGAIN || errno == EINVAL)) return fail(core::kWouldWait);
  return static_cast<int>(descriptor);
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

// Whether a path by itself, without any link, might lead out of the root.
bool leads_out(core::Bytes path) {
  if (path.starts_with('/')) return true;
  while (true) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == core::Bytes::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

core::SystemError last_error() {
  return core::SystemError{errno};
}

core::FileStatus to_status(const struct stat& attributes) {
  core::FileStatus status;
  status.device = attributes.st_dev;
  status.inode = attributes.st_ino;
  status.size = static_cast<uint64_t>(attributes.st_size);
  status.modified = nanoseconds_of(attributes.st_mtim);
  status.changed = nanoseconds_of(attributes.st_ctim);
  status.kind = S_ISREG(attributes.st_mode)   ? core::FileKind::regular
                : S_ISDIR(attributes.st_mode) ? core::FileKind::directory
                                              : core::FileKind::other;
  return status;
}

int open_directory(int start, const std::string& path) {
  return openat(start, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

PosixFileSystem::PosixFileSystem(std::string root, int start, int root_descriptor,
                                 SymlinkPolicy links, bool by_kernel)
    : root_(std::move(root)),
      start_(start),
      root_descriptor_(root_descriptor),
      links_(links),
      by_kernel_(by_kernel) {}

core::Result<std::unique_ptr<PosixFileSystem>> PosixFileSystem::open_root(const std::string& root,
                                                                          SymlinkPolicy links,
                                                                          Resolution resolution) {
  const auto failure = [&root] { return core::system_error("cannot serve " + root, errno); };
  int start = AT_FDCWD;
  if (!root.starts_with('/')) {
    start = ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (start < 0) return failure();
  }
  const int descriptor = open_directory(start, root);
  if (descriptor < 0) {
    const core::Error error = failure();
    if (start != AT_FDCWD) ::close(start);
    return error;
  }
  // From here on the object closes what is open.
  std::unique_ptr<PosixFileSystem> files(
      new PosixFileSystem(root, start, descriptor, links, resolution == Resolution::automatic));
  if (resolution == Resolution::automatic) {
    const int probe = open_by_kernel(descriptor, "", O_PATH | O_CLOEXEC, links);
    files->by_kernel_ = probe >= 0;
    // Kernels and emulators that lack it answer ENOSYS, sandboxes EPERM as well.
    if (probe < 0 && errno != ENOSYS && errno != EPERM) return failure();
    if (probe >= 0) ::close(probe);
  }
  const auto root_status = files->status(core::FileId{descriptor});
  if (root_status.ok()) files->local_devices_.learn(descriptor, root_status.value().device);
  return files;
}

PosixFileSystem::~PosixFileSystem() {
  ::close(root_descriptor_);
  if (start_ != AT_FDCWD) ::close(start_);
}

int PosixFileSystem::open_beneath(const char* path, int flags) const {
  if (links_ == SymlinkPolicy::all && leads_out(path)) return fail(EXDEV);
  if (by_kernel_) return open_by_kernel(root_descriptor_, path, flags, links_);
  if (links_ != SymlinkPolicy::all) return open_by_walk(root_descriptor_, path, flags);
  return openat(root_descriptor_, path[0] != '\0' ? path : ".", flags);
}

int PosixFileSystem::open_cached(const char* path, int flags) const {
  if (!by_kernel_) return fail(core::kWouldWait);
  if (links_ == SymlinkPolicy::all && leads_out(path)) return fail(EXDEV);
  return open_cached_from(root_descriptor_, path, flags, resolve_flags(links_));
}

int PosixFileSystem::open_root_cached() const {
  if (!by_kernel_) return fail(core::kWouldWait);
  return open_cached_from(start_, root_.c_str(), O_PATH | O_CLOEXEC, 0);
}

core::Result<core::FileStatus, core::SystemError> PosixFileSystem::status(const char* path) {
  const int descriptor = open_beneath(path, O_PATH | O_CLOEXEC);
  if (descriptor < 0) return last_error();
  auto result = status(core::FileId{descriptor});
  if (result.ok()) local_devices_.learn(descriptor, result.value().device);
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
  return to_status(attributes);
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

core::Result<core::Directory, core::SystemError> PosixFileSystem::list(const char* path,
                                                                       std::size_t most) {
  // Opened in two steps, so that nothing but a directory is touched: O_DIRECTORY alone would make
  // ENOTDIR out of the walk's ELOOP.
  const int place = open_beneath(path, O_PATH | O_CLOEXEC);
  if (place < 0) return last_error();
  const int descriptor = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  close_quietly(place);
  if (descriptor < 0) return last_error();
  DIR* const stream = fdopendir(descriptor);
  if (stream == nullptr) {
    close_quietly(descriptor);
    return last_error();
  }
  core::Directory directory;
  std::string entry_path(path);
  if (!entry_path.empty()) entry_path += '/';
  const std::size_t prefix = entry_path.size();
  int error = 0;
  for (std::size_t names = 0;;) {
    errno = 0;
    const dirent* const entry = readdir(stream);
    if (entry == nullptr) {
      error = errno;
      break;
    }
    const core::Bytes name(entry->d_name);
    if (name == "." || name == "..") continue;
    if (names == most) {
      directory.complete = false;
      break;
    }
    ++names;
    struct stat attributes;
    if (fstatat(descriptor, entry->d_name, &attributes, AT_SYMLINK_NOFOLLOW) != 0) continue;
    core::FileStatus found = to_status(attributes);
    if (S_ISLNK(attributes.st_mode)) {
      // As a request for it would be resolved.
      entry_path.replace(prefix, std::string::npos, name);
      const auto target = status(entry_path.c_str());
      if (!target.ok()) continue;
      found = target.value();
    }
    if (found.kind == core::FileKind::other) continue;
    directory.entries.push_back({std::string(name), found});
  }
  closedir(stream);
  if (error != 0) return core::SystemError{error};
  return directory;
}

bool PosixFileSystem::refresh_root() {
  struct stat now;
  struct stat served;
  if (fstatat(start_, root_.c_str(), &now, 0) != 0) return true;
  // The descriptor keeps the inode it serves from being used for another directory.
  if (fstat(root_descriptor_, &served) == 0 && now.st_dev == served.st_dev &&
      now.st_ino == served.st_ino) {
    return true;
  }
  const int descriptor = open_directory(start_, root_);
  if (descriptor < 0) return true;
  // Other threads resolve paths from root_descriptor_ at this moment, without a lock. dup3 replaces
  // what the number stands for in one step: a system call finds the old directory or the new one,
  // never a closed descriptor, and one that has begun keeps the directory it began with. If two
  // threads do this while the path changes twice, the older directory may win; the next call puts
  // that right.
  while (dup3(descriptor, root_descriptor_, O_CLOEXEC) < 0 && errno == EINTR) {
  }
  local_devices_.learn(descriptor, now.st_dev);
  ::close(descriptor);
  return true;
}

}  // namespace io
