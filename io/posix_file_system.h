// Files beneath a directory, by system calls, which wait for the disk. One instance may serve every
// thread: it keeps no state but the root's descriptor, which is replaced in one step
// (refresh_root()), and which devices are local.
//
// The kernel resolves every path (openat2 with RESOLVE_BENEATH): neither "..", nor an absolute
// path, nor a symbolic link leads out of the root, and /proc's magic links are not followed.
// SymlinkPolicy makes that stricter or lets symbolic links lead anywhere; a path that itself leads
// out is refused always (EXDEV).
//
// Where openat2 does not exist (Linux before 5.6) or a sandbox forbids it (old container runtimes,
// gVisor, valgrind), a path is walked one name at a time instead. A symbolic link is then refused
// (ELOOP) wherever it leads, and so is ".." (EXDEV); it costs three system calls per directory.
// Only SymlinkPolicy::all follows links there too, magic ones included: its paths go to openat.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/file_system.h"
#include "io/local_devices.h"

namespace io {

// Which symbolic links beneath the root are followed. The root's own path may lead through links
// always: the person who runs the server has named it.
enum class SymlinkPolicy : uint8_t {
  beneath,  // those that stay beneath the root; EXDEV for others
  none,     // ELOOP for every one
  all,      // wherever they lead; absolute ones begin at the system's root
};

class PosixFileSystem : public core::FileSystem {
 public:
  enum class Resolution {
    automatic,  // by the kernel if it can, found out by trying
    walk,       // one name at a time; for tests
  };

  // Fails with one line for a person if `root` is not a directory that can be read. A relative root
  // stays relative to the working directory of this moment.
  static core::Result<std::unique_ptr<PosixFileSystem>> open_root(
      const std::string& root, SymlinkPolicy links = SymlinkPolicy::beneath,
      Resolution resolution = Resolution::automatic);
  ~PosixFileSystem() override;
  PosixFileSystem(const PosixFileSystem&) = delete;
  PosixFileSystem& operator=(const PosixFileSystem&) = delete;

  // Whether symbolic links that stay beneath the root are followed.
  bool follows_links() const {
    return links_ == SymlinkPolicy::all || (links_ == SymlinkPolicy::beneath && by_kernel_);
  }

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override;
  core::Result<core::FileId, core::SystemError> open(const char* path) override;
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override;
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override;
  void close(core::FileId file) override;
  core::Result<core::Directory, core::SystemError> list(const char* path,
                                                        std::size_t most) override;
  bool refresh_root() override;

 private:
  friend class PromptFileSystem;

  PosixFileSystem(std::string root, int start, int root_descriptor, SymlinkPolicy links,
                  bool by_kernel);

  int open_beneath(const char* path, int flags) const;
  // By what the kernel has in its caches; fails with core::kWouldWait where it would have to look.
  int open_cached(const char* path, int flags) const;
  int open_root_cached() const;

  const std::string root_;     // as it was named
  const int start_;            // where a relative `root_` begins; AT_FDCWD for an absolute one
  const int root_descriptor_;  // the number stays, the directory behind it may change
  const SymlinkPolicy links_;
  bool by_kernel_;
  LocalDevices local_devices_;
};

}  // namespace io
