// The files of a PosixFileSystem without waiting for the disk: a call either finds what it needs in
// the kernel's caches or fails with core::kWouldWait, and then the same call of the PosixFileSystem
// may be made on a thread that may wait.
//
//   by path   openat2 with RESOLVE_CACHED (Linux 5.12). What is not a local file system
//             (io/local_devices.h) may ask a server for anything, so it would always wait.
//   read      preadv2 with RWF_NOWAIT. A file system that can not tell would wait: tmpfs,
//             overlayfs, FUSE.
//   a file    the attributes that the kernel has, which are exact on a local file system. Elsewhere
//             they are as of the last look by path. Never waits.
//   list      always would wait: thousands of looks.
//
// Where openat2 has no RESOLVE_CACHED or is forbidden, every call by path would wait. Any thread.
#pragma once

#include "io/posix_file_system.h"

namespace io {

class PromptFileSystem final : public core::FileSystem {
 public:
  // `files` outlives it.
  explicit PromptFileSystem(PosixFileSystem& files) : files_(files) {}

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
  core::Result<core::FileStatus, core::SystemError> take_status(int descriptor) const;

  PosixFileSystem& files_;
};

}  // namespace io
