#include "tests/integration/held_file_system.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace integration {

namespace {

constexpr std::size_t kMostRequest = 128 * 1024;
constexpr uint64_t kFirstFile = FUSE_ROOT_ID + 1;
constexpr uint64_t kModified = 1'600'000'000;

const fuse_in_header& header_of(const std::vector<char>& request) {
  return *reinterpret_cast<const fuse_in_header*>(request.data());
}

// Of a regular file of that size, or of the directory.
fuse_attr attributes_of(uint64_t node, uint64_t size) {
  fuse_attr attributes{};
  attributes.ino = node;
  attributes.size = size;
  attributes.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
  attributes.nlink = 1;
  attributes.mtime = attributes.ctime = attributes.atime = kModified;
  return attributes;
}

// A mount that ends with this process, whatever becomes of it.
bool leave_for_own_mounts() {
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

}  // namespace

HeldFileSystem::HeldFileSystem(const std::string& place, std::map<std::string, std::string> files)
    : files_(std::move(files)), place_(place) {
  for (const auto& [name, content] : files_) names_.push_back(name);
  device_ = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device_ < 0) {
    refusal_ = std::string("/dev/fuse: ") + strerrordesc_np(errno);
    return;
  }
  const std::string options =
      "fd=" + std::to_string(device_) + ",rootmode=40000,user_id=0,group_id=0";
  if (!leave_for_own_mounts() ||
      mount("held", place.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    refusal_ = std::string("may not mount: ") + strerrordesc_np(errno);
    return;
  }
  thread_ = std::thread([this] { serve(); });
}

HeldFileSystem::~HeldFileSystem() {
  if (thread_.joinable()) {
    release();
    // Ends the connection, and with it the thread's read.
    umount2(place_.c_str(), MNT_FORCE | MNT_DETACH);
    thread_.join();
  }
  if (device_ >= 0) close(device_);
}

void HeldFileSystem::hold(Operation operation) {
  const std::lock_guard lock(mutex_);
  holding_ = static_cast<uint32_t>(operation);
}

void HeldFileSystem::release() {
  std::vector<Request> held;
  {
    const std::lock_guard lock(mutex_);
    holding_ = 0;
    held.swap(held_);
  }
  for (const Request& request : held) answer(request);
}

std::size_t HeldFileSystem::held() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

void HeldFileSystem::serve() {
  while (true) {
    Request request(kMostRequest);
    const ssize_t size = read(device_, request.data(), request.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT)) continue;
    if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) return;  // ENODEV: unmounted
    request.resize(static_cast<std::size_t>(size));
    {
      const std::lock_guard lock(mutex_);
      if (header_of(request).opcode == holding_) {
        held_.push_back(std::move(request));
        continue;
      }
    }
    answer(request);
  }
}

void HeldFileSystem::reply(const Request& request, int error, const void* data, std::size_t size) {
  fuse_out_header header{static_cast<uint32_t>(sizeof(fuse_out_header) + size), -error,
                         header_of(request).unique};
  const iovec parts[] = {{&header, sizeof(header)}, {const_cast<void*>(data), size}};
  // Fails when the asker has been interrupted.
  [[maybe_unused]] const ssize_t written = writev(device_, parts, 2);
}

void HeldFileSystem::answer(const Request& request) {
  const fuse_in_header& header = header_of(request);
  const char* body = request.data() + sizeof(header);
  const bool is_file = header.nodeid >= kFirstFile && header.nodeid - kFirstFile < names_.size();
  static const std::string kNothing;
  const std::string& content = is_file ? files_.at(names_[header.nodeid - kFirstFile]) : kNothing;
  switch (header.opcode) {
    case FUSE_INIT: {
      fuse_init_out out{};
      out.major = FUSE_KERNEL_VERSION;
      out.minor = 31;
      out.max_write = 4096;
      return reply(request, 0, &out, sizeof(out));
    }
    case FUSE_LOOKUP: {
      const auto found = std::find(names_.begin(), names_.end(), body);
      if (found == names_.end()) return reply(request, ENOENT, nullptr, 0);
      fuse_entry_out out{};
      out.nodeid = kFirstFile + static_cast<uint64_t>(found - names_.begin());
      out.attr = attributes_of(out.nodeid, files_.at(*found).size());
      return reply(request, 0, &out, sizeof(out));
    }
    case FUSE_GETATTR: {
      fuse_attr_out out{};
      out.attr = attributes_of(header.nodeid, content.size());
      return reply(request, 0, &out, sizeof(out));
    }
    case FUSE_OPEN:
    case FUSE_OPENDIR: {
      const fuse_open_out out{};
      return reply(request, 0, &out, sizeof(out));
    }
    case FUSE_READ: {
      const auto& wanted = *reinterpret_cast<const fuse_read_in*>(body);
      const std::size_t from = std::min<std::size_t>(wanted.offset, content.size());
      return reply(request, 0, content.data() + from,
                   std::min<std::size_t>(wanted.size, content.size() - from));
    }
    case FUSE_READDIR: {
      std::vector<char> entries;
      const auto& wanted = *reinterpret_cast<const fuse_read_in*>(body);
      for (std::size_t i = wanted.offset; i < names_.size(); ++i) {
        fuse_dirent entry{kFirstFile + i, i + 1, static_cast<uint32_t>(names_[i].size()),
                          S_IFREG >> 12};
        const std::size_t start = entries.size();
        entries.resize(start + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + names_[i].size()));
        std::memcpy(entries.data() + start, &entry, FUSE_NAME_OFFSET);
        std::memcpy(entries.data() + start + FUSE_NAME_OFFSET, names_[i].data(), names_[i].size());
      }
      return reply(request, 0, entries.data(), entries.size());
    }
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      return;  // without an answer
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
    case FUSE_FLUSH:
      return reply(request, 0, nullptr, 0);
    case FUSE_STATFS: {
      const fuse_statfs_out out{};
      return reply(request, 0, &out, sizeof(out));
    }
    default:
      return reply(request, ENOSYS, nullptr, 0);
  }
}

}  // namespace integration
