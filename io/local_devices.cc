#include "io/local_devices.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <iterator>

namespace io {

namespace {

// Not in the headers of every kernel.
constexpr uint64_t kBcachefs = 0xca451a4e;
constexpr uint64_t kErofs = 0xe0f5e1e2;
constexpr uint64_t kExfat = 0x2011bab0;
constexpr uint64_t kXfs = 0x58465342;
constexpr uint64_t kZfs = 0x2fc12fc1;

constexpr uint64_t kLocalKinds[] = {
    EXT4_SUPER_MAGIC,
    BTRFS_SUPER_MAGIC,
    F2FS_SUPER_MAGIC,
    TMPFS_MAGIC,
    RAMFS_MAGIC,
    OVERLAYFS_SUPER_MAGIC,
    SQUASHFS_MAGIC,
    ISOFS_SUPER_MAGIC,
    MSDOS_SUPER_MAGIC,
    kBcachefs,
    kErofs,
    kExfat,
    kXfs,
    kZfs,
};

}  // namespace

LocalDevices::Kind LocalDevices::find(uint64_t device) const {
  for (const std::atomic<uint64_t>& each : known_) {
    const uint64_t value = each.load(std::memory_order_relaxed);
    if (value == 0) break;
    if (value >> 2 == device) return static_cast<Kind>(value & 3);
  }
  return kUnknown;
}

void LocalDevices::learn(int file, uint64_t device) {
  if (find(device) != kUnknown) return;
  struct statfs system;
  if (fstatfs(file, &system) != 0) return;
  const bool is_local = std::find(std::begin(kLocalKinds), std::end(kLocalKinds),
                                  static_cast<uint64_t>(system.f_type)) != std::end(kLocalKinds);
  const uint64_t value = device << 2 | (is_local ? kLocal : kRemote);
  for (std::atomic<uint64_t>& each : known_) {
    uint64_t free = 0;
    if (each.compare_exchange_strong(free, value, std::memory_order_relaxed) || free == value) {
      return;
    }
  }
}

}  // namespace io
