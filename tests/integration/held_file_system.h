// A file system in user space (FUSE) that a test holds up: operations of one kind wait until it
// lets them go. The kernel may cache no name and no attribute of it, so that every look comes here.
// Speaks the protocol of /dev/fuse itself (linux/fuse.h); needs the right to mount.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace integration {

class HeldFileSystem {
 public:
  enum class Operation : uint32_t { look_up = 1, open = 14, read = 15, list = 28 };

  // Files by name, all in one directory, which is mounted at `place`. It is mounted for this
  // process and its children only.
  HeldFileSystem(const std::string& place, std::map<std::string, std::string> files);
  ~HeldFileSystem();
  HeldFileSystem(const HeldFileSystem&) = delete;
  HeldFileSystem& operator=(const HeldFileSystem&) = delete;

  // Why this machine does not allow it; empty if it does.
  const std::string& refusal() const { return refusal_; }

  // From now on operations of that kind wait.
  void hold(Operation operation);
  // Answers those that wait, and no more are held.
  void release();
  // Operations that wait.
  std::size_t held() const;

 private:
  using Request = std::vector<char>;

  void serve();
  void answer(const Request& request);
  void reply(const Request& request, int error, const void* data, std::size_t size);

  std::map<std::string, std::string> files_;
  std::vector<std::string> names_;  // of node 2 and those that follow
  std::string refusal_;
  std::string place_;
  int device_ = -1;
  std::thread thread_;
  mutable std::mutex mutex_;
  // Under the mutex.
  uint32_t holding_ = 0;
  std::vector<Request> held_;
};

}  // namespace integration
