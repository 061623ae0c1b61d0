// Faults of the kernel that no test can bring about by itself. What stands here is linked into a
// test in place of functions of libc and liburing: they do what they do, unless a test lets them
// fail.
//
// One thread at a time.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <functional>

namespace test_support {

enum class Call : uint8_t {
  accept,
  bind,
  directory_stream,  // fdopendir
  epoll_control,
  epoll_create,
  event_descriptor,
  file_status,   // fstat
  known_status,  // statx
  listen,
  open_beneath,  // openat2
  read,          // pread
  read_cached,   // preadv2
  read_directory,
  recv,
  replace_descriptor,  // dup3
  socket,
  socket_control,  // ioctl
  socket_pair,
  uring_buffers,
  uring_setup,
  uring_submit,
};

constexpr std::size_t kCalls = static_cast<std::size_t>(Call::uring_submit) + 1;

// Makes calls fail as long as it lives; one for each call.
class Fault {
 public:
  static constexpr uint32_t kAlways = UINT32_MAX;

  // After `spared` calls, `times` calls fail with `error`.
  Fault(Call call, int error, uint32_t times = kAlways, uint32_t spared = 0);
  ~Fault();
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;

  // Whether this call fails, and how.
  bool strikes();
  int error() const { return error_; }
  // Calls that have failed.
  uint32_t struck() const { return struck_; }

 private:
  Call call_;
  int error_;
  uint32_t times_;
  uint32_t spared_;
  uint32_t struck_ = 0;
};

// Sees what goes to io_uring and what comes from it as long as it lives, and may change it; one at
// a time. It may see an entry again that the backend has not taken yet.
class UringTap {
 public:
  std::function<void(io_uring_sqe&)> on_submission;
  std::function<void(io_uring_cqe&)> on_completion;

  UringTap();
  ~UringTap();
  UringTap(const UringTap&) = delete;
  UringTap& operator=(const UringTap&) = delete;
};

}  // namespace test_support
