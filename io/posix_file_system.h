// Files beneath a directory, by system calls. The kernel resolves every path (openat2 with
// RESOLVE_BENEATH): neither "..", nor an absolute path, nor a symbolic link leads out of the root,
// and /proc's magic links are not followed. One instance may serve every worker: it keeps no state
// but the root's descriptor.
#pragma once

#include <memory>
#include <string>

#include "core/file_system.h"

namespace io {

class PosixFileSystem : public core::FileSystem {
 public:
  // Fails with one line for a person if `root` is not a directory that can be read.
  static core::Result<std::unique_ptr<PosixFileSystem>> open_root(const std::string& root);
  ~PosixFileSystem() override;

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override;
  core::Result<core::FileId, core::SystemError> open(const char* path) override;
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override;
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override;
  void close(core::FileId file) override;

 private:
  explicit PosixFileSystem(int root_descriptor) : root_descriptor_(root_descriptor) {}

  int root_descriptor_;
};

}  // namespace io
