// A file system in memory for tests: files whose every attribute can be set, faults on demand, and
// counters of calls. A file that is open keeps its content when its name goes, as on Linux. One
// thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/file_system.h"

namespace test_support {

class MemoryFileSystem : public core::FileSystem {
 public:
  // The calls of core::FileSystem; look is status() of a path, inspect is status() of a file,
  // refresh is refresh_root().
  enum class Call { look, open, inspect, read, close, list, refresh, count };

  struct Node {
    std::string content;
    core::FileStatus status;
  };

  ~MemoryFileSystem() override { EXPECT_EQ(open_files(), 0u) << "files left open"; }

  // Makes a file, and the directories above it; one that is there is replaced by another inode.
  Node& put(const std::string& path, const std::string& content, int64_t modified_seconds) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      make(path.substr(0, at), core::FileKind::directory, modified_seconds);
    }
    Node& node = make(path, core::FileKind::regular, modified_seconds);
    node.content = content;
    node.status.size = content.size();
    return node;
  }
  Node& make(const std::string& path, core::FileKind kind, int64_t modified_seconds) {
    std::shared_ptr<Node>& node = nodes_[path];
    if (node == nullptr || kind != core::FileKind::directory) node = std::make_shared<Node>();
    node->status.device = 1;
    node->status.inode = ++last_inode_;
    node->status.kind = kind;
    node->status.modified = node->status.changed = modified_seconds * 1'000'000'000;
    return *node;
  }
  // Writes to the file that is there: the same inode, and whoever has it open sees it.
  void write(const std::string& path, const std::string& content, int64_t modified_seconds) {
    Node& node = at(path);
    node.content = content;
    node.status.size = content.size();
    node.status.modified = node.status.changed = modified_seconds * 1'000'000'000;
  }
  Node& at(const std::string& path) { return *nodes_.at(path); }
  // The name goes; the inode changes, as by unlink(2).
  void remove(const std::string& path, int64_t now_seconds) {
    at(path).status.changed = now_seconds * 1'000'000'000;
    nodes_.erase(path);
  }

  // The next call of that kind fails.
  void fail_next(Call call, int error) { next_error(call) = error; }
  // Every call of that kind fails until it is set to 0.
  void fail_always(Call call, int error) { errors_[index(call)] = error; }
  // Calls that name this path fail.
  void fail_path(const std::string& path, int error) { path_errors_[path] = error; }
  // Runs before every call of that kind.
  void before(Call call, std::function<void()> hook) { hooks_[index(call)] = std::move(hook); }
  // A read gives at most that many bytes.
  void limit_reads(std::size_t bytes) { most_per_read_ = bytes; }

  uint64_t calls(Call call) const { return counts_[index(call)]; }
  uint64_t calls() const {
    uint64_t sum = 0;
    for (const uint64_t count : counts_) sum += count;
    return sum;
  }
  std::size_t open_files() const {
    return static_cast<std::size_t>(std::count_if(
        open_.begin(), open_.end(), [](const auto& node) { return node != nullptr; }));
  }
  std::size_t most_open_files() const { return most_open_; }

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override {
    if (const int error = begin(Call::look)) return core::SystemError{error};
    const auto node = find(path);
    if (!node.ok()) return node.error();
    return node.value()->status;
  }

  core::Result<core::FileId, core::SystemError> open(const char* path) override {
    if (const int error = begin(Call::open)) return core::SystemError{error};
    auto node = find(path);
    if (!node.ok()) return node.error();
    const auto free = std::find(open_.begin(), open_.end(), nullptr);
    const auto file = static_cast<core::FileId>(free - open_.begin());
    if (free == open_.end()) open_.emplace_back();
    open_[static_cast<std::size_t>(file)] = node.value();
    most_open_ = std::max(most_open_, open_files());
    return file;
  }

  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override {
    if (const int error = begin(Call::inspect)) return core::SystemError{error};
    return opened(file).status;
  }

  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override {
    if (const int error = begin(Call::read)) return core::SystemError{error};
    const std::string& content = opened(file).content;
    if (offset >= content.size()) return std::size_t{0};
    const std::size_t count =
        std::min({size, most_per_read_, content.size() - static_cast<std::size_t>(offset)});
    std::memcpy(out, content.data() + offset, count);
    return count;
  }

  void close(core::FileId file) override {
    begin(Call::close);
    opened(file);
    open_.at(static_cast<std::size_t>(file)) = nullptr;
  }

  core::Result<core::Directory, core::SystemError> list(const char* path,
                                                        std::size_t most) override {
    if (const int error = begin(Call::list)) return core::SystemError{error};
    const auto node = find(path);
    if (!node.ok()) return node.error();
    if (node.value()->status.kind != core::FileKind::directory) return core::SystemError{ENOTDIR};
    const std::string prefix = *path == '\0' ? "" : std::string(path) + "/";
    core::Directory directory;
    std::size_t names = 0;
    for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix);
         ++at) {
      const std::string name = at->first.substr(prefix.size());
      if (name.empty() || name.find('/') != std::string::npos) continue;
      if (names == most) {
        directory.complete = false;
        break;
      }
      ++names;
      if (path_errors_.contains(at->first)) continue;
      if (at->second->status.kind == core::FileKind::other) continue;
      directory.entries.push_back({name, at->second->status});
    }
    return directory;
  }

  bool refresh_root() override { return begin(Call::refresh) == 0; }

 private:
  static std::size_t index(Call call) { return static_cast<std::size_t>(call); }
  int& next_error(Call call) { return next_errors_[index(call)]; }

  int begin(Call call) {
    if (hooks_[index(call)]) hooks_[index(call)]();
    ++counts_[index(call)];
    if (const int error = next_error(call)) {
      next_error(call) = 0;
      return error;
    }
    return errors_[index(call)];
  }

  core::Result<std::shared_ptr<Node>, core::SystemError> find(const std::string& path) {
    EXPECT_FALSE(path.starts_with('/') || path.ends_with('/')) << path;
    if (const auto error = path_errors_.find(path); error != path_errors_.end()) {
      return core::SystemError{error->second};
    }
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      const auto above = nodes_.find(path.substr(0, at));
      if (above == nodes_.end()) return core::SystemError{ENOENT};
      if (above->second->status.kind != core::FileKind::directory) {
        return core::SystemError{ENOTDIR};
      }
    }
    if (path.size() - (path.rfind('/') + 1) > 255) return core::SystemError{ENAMETOOLONG};
    const auto node = nodes_.find(path);
    if (node == nodes_.end()) return core::SystemError{ENOENT};
    return node->second;
  }

  Node& opened(core::FileId file) {
    const auto at = static_cast<std::size_t>(file);
    if (file < 0 || at >= open_.size() || open_[at] == nullptr) {
      ADD_FAILURE() << "file " << file << " is not open";
      static Node none;
      return none;
    }
    return *open_[at];
  }

  // "" is the root.
  std::map<std::string, std::shared_ptr<Node>> nodes_ = {
      {"", std::make_shared<Node>(Node{"", {1, 1, 0, 0, 0, core::FileKind::directory}})}};
  std::vector<std::shared_ptr<Node>> open_;
  std::map<std::string, int> path_errors_;
  std::array<int, static_cast<std::size_t>(Call::count)> next_errors_{};
  std::array<int, static_cast<std::size_t>(Call::count)> errors_{};
  std::array<uint64_t, static_cast<std::size_t>(Call::count)> counts_{};
  std::array<std::function<void()>, static_cast<std::size_t>(Call::count)> hooks_;
  std::size_t most_per_read_ = SIZE_MAX;
  std::size_t most_open_ = 0;
  uint64_t last_inode_ = 1;
};

}  // namespace test_support
