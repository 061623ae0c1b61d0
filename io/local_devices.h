// Which devices hold a file system of this machine: one whose look at, or open of, a file that the
// kernel has in its caches never waits. Network and user-space file systems may ask their server
// for each, so they are not local, and neither is anything unknown.
//
// Found out by a call that may wait (learn()) and remembered by device number. The number of a file
// system that was unmounted may be given to another one, which then passes for local too. Any
// thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace io {

class LocalDevices {
 public:
  // Finds out about the device that an open file is on, unless it is known. May wait.
  void learn(int file, uint64_t device);
  bool is_local(uint64_t device) const { return find(device) == kLocal; }

 private:
  // More devices beneath one root than these stay unknown.
  static constexpr std::size_t kMost = 16;
  enum Kind : uint64_t { kUnknown = 0, kLocal = 1, kRemote = 2 };

  Kind find(uint64_t device) const;

  // A device number in the upper bits and its Kind in the lowest two; 0: free.
  std::array<std::atomic<uint64_t>, kMost> known_{};
};

}  // namespace io
