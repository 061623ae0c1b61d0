// What the tests of PosixFileSystem share: a root with two files, a secret outside of it, and the
// check that every test ends with as many descriptors as it began with.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "io/posix_file_system.h"
#include "tests/support/temporary_directory.h"

namespace io {

using Resolution = PosixFileSystem::Resolution;

// What the process has open; every test ends with as many as it began with.
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

// Every test runs with the kernel's resolution and with the walk that stands in for it.
class PosixFileSystemTest : public ::testing::TestWithParam<Resolution> {
 protected:
  void SetUp() override {
    descriptors_ = open_descriptors();
    outside.write("secret.txt", "secret");
    root.write("a.txt", "text");
    root.write("dir/b.txt", "in dir");
    serve(root.path());
    ASSERT_NE(files, nullptr);
    if (GetParam() == Resolution::automatic && !files->follows_links()) {
      GTEST_SKIP() << "openat2 does not work here";
    }
  }
  void TearDown() override {
    files.reset();
    EXPECT_EQ(open_descriptors(), descriptors_) << "descriptors left open";
  }

  void serve(const std::string& path, SymlinkPolicy links = SymlinkPolicy::beneath) {
    auto opened = PosixFileSystem::open_root(path, links, GetParam());
    if (!opened.ok()) {
      ADD_FAILURE() << opened.error().message;
      return;
    }
    files = std::move(opened.value());
  }
  bool by_kernel() const { return GetParam() == Resolution::automatic; }

  // 0, or the errno of looking at a path. Opening it must come to the same, except where a kind of
  // file allows the one and not the other.
  int look(const std::string& path) {
    const auto status = files->status(path.c_str());
    return status.ok() ? 0 : status.error().number;
  }
  int open(const std::string& path) {
    const auto file = files->open(path.c_str());
    if (!file.ok()) return file.error().number;
    files->close(file.value());
    return 0;
  }
  int list_error(const std::string& path) {
    const auto listed = files->list(path.c_str(), 1'000);
    return listed.ok() ? 0 : listed.error().number;
  }
  void expect_both(const std::string& path, int error) {
    EXPECT_EQ(look(path), error) << "look at " << path << ": " << std::strerror(look(path));
    EXPECT_EQ(open(path), error) << "open " << path << ": " << std::strerror(open(path));
  }
  std::string content(const std::string& path) {
    const auto file = files->open(path.c_str());
    if (!file.ok()) return std::strerror(file.error().number);
    std::string text(100, '\0');
    const auto size = files->read(file.value(), text.data(), text.size(), 0);
    files->close(file.value());
    if (!size.ok()) return std::strerror(size.error().number);
    text.resize(size.value());
    return text;
  }
  void link(const std::string& target, const std::string& name) {
    std::filesystem::create_symlink(target, root / name);
  }

  test_support::TemporaryDirectory outside;
  test_support::TemporaryDirectory root;
  std::unique_ptr<PosixFileSystem> files;

 private:
  std::size_t descriptors_ = 0;
};

inline std::string name_of(const ::testing::TestParamInfo<Resolution>& info) {
  return info.param == Resolution::walk ? "Walk" : "Kernel";
}

}  // namespace io
