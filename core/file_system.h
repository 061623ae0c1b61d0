// Files beneath one root, as the content store sees them. Virtual, because only a cache miss, a
// revalidation (once a second for each hot file) and the start of a large file call it; the
// simulator has its own.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"

namespace core {

// An open file: a descriptor in the real file system.
using FileId = int;
inline constexpr FileId kNoFile = -1;

enum class FileKind : uint8_t { regular, directory, other };

// What tells two versions of a file apart, and what a response says about it.
struct FileStatus {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified = 0;  // nanoseconds since 1970
  int64_t changed = 0;   // of the inode, nanoseconds since 1970
  FileKind kind = FileKind::other;

  bool operator==(const FileStatus&) const = default;
  int64_t modified_seconds() const {
    const int64_t seconds = modified / 1'000'000'000;
    return modified % 1'000'000'000 < 0 ? seconds - 1 : seconds;  // rounds down before 1970 too
  }
};

// Why a call failed.
struct SystemError {
  int number;  // errno
};

// The error of a call that would have to wait for the disk, from a file system that never does. The
// same call may be made again when the disk has answered.
inline constexpr int kWouldWait = EINPROGRESS;

// A name in a directory and what it leads to, through a symbolic link if links are followed.
struct DirectoryEntry {
  std::string name;
  FileStatus status;
};

// What a directory holds, in no particular order.
struct Directory {
  std::vector<DirectoryEntry> entries;
  bool complete = true;  // false: there are more names than were looked at
};

// Paths are relative to the root, NUL-terminated, without a leading slash; "" is the root itself.
// Nothing outside the root can be reached by ".." (EXDEV); whether a symbolic link may lead there
// is for the implementation to say.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Looks without opening, so that a FIFO or a device is not touched.
  virtual Result<FileStatus, SystemError> status(const char* path) = 0;
  // Opens for reading, never waits for a FIFO's writer.
  virtual Result<FileId, SystemError> open(const char* path) = 0;
  virtual Result<FileStatus, SystemError> status(FileId file) = 0;
  // Reads up to `size` bytes at `offset`; 0 is the end of the file.
  virtual Result<std::size_t, SystemError> read(FileId file, char* out, std::size_t size,
                                                uint64_t offset) = 0;
  virtual void close(FileId file) = 0;

  // Looks at up to `most` names of a directory, "." and ".." not counted. Left out is what could
  // not be served: what is neither a regular file nor a directory, links that are refused or lead
  // nowhere, names that are gone again. Allocates. One or two looks for every name: about 15 ms for
  // 10,000.
  virtual Result<Directory, SystemError> list(const char* path, std::size_t most) = 0;

  // Looks at the root's own path again. If it names another directory now, that one is served from
  // here on; if it leads nowhere or to no directory at the moment, the old one stays. Files that
  // are open stay as they are. False: it would wait for the disk, and was not done.
  virtual bool refresh_root() = 0;
};

}  // namespace core
