// Files beneath a directory, by system calls. One instance may serve every worker: it keeps no
// state but the root's descriptor.
//
// The kernel resolves every path (openat2 with RESOLVE_BENEATH): neither "..", nor an absolute
// path, nor a symbolic link leads out of the root, and /proc's magic links are not followed.
//
// Where openat2 does not exist (Linux before 5.6) or a sandbox forbids it (old container runtimes,
// gVisor, valgrind), a path is walked one name at a time instead. A symbolic link is then refused
// (ELOOP) wherever it leads, and so is ".." (EXDEV); it costs three system calls per directory.
#pragma once

#include <memory>
#include <string>

#include "core/file_system.h"

namespace io {

class PosixFileSystem : public core::FileSystem {
 public:
  enum class Resolution {
    automatic,  // by the kernel if it can, found out by trying
    walk,       // one name at a time; for tests
  };

  // Fails with one line for a person if `root` is not a directory that can be read.
  static core::Result<std::unique_ptr<PosixFileSystem>> open_root(
      const std::string& root, Resolution resolution = Resolution::automatic);
  ~PosixFileSystem() override;
  PosixFileSystem(const PosixFileSystem&) = delete;
  PosixFileSystem& operator=(const PosixFileSystem&) = delete;

  // Whether symbolic links that stay beneath the root are followed: the kernel resolves paths.
  bool follows_links() const { return by_kernel_; }

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override;
  core::Result<core::FileId, core::SystemError> open(const char* path) override;
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override;
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override;
  void close(core::FileId file) override;

 private:
  PosixFileSystem(int root_descriptor, bool by_kernel)
      : root_descriptor_(root_descriptor), by_kernel_(by_kernel) {}

  int open_beneath(const char* path, int flags) const;

  int root_descriptor_;
  bool by_kernel_;
};

}  // namespace io
