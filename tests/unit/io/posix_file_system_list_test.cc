// Listing of directories.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "io/posix_file_system.h"
#include "tests/unit/io/posix_file_system_fixture.h"

namespace io {
namespace {

using core::FileKind;
using Names = std::vector<std::string>;

class ListTest : public PosixFileSystemTest {
 protected:
  // Sorted; a directory has a "/" behind it.
  Names names(const std::string& path, std::size_t most = 1'000) {
    const auto listed = files->list(path.c_str(), most);
    if (!listed.ok()) return {std::strerror(listed.error().number)};
    Names found;
    for (const core::DirectoryEntry& entry : listed.value().entries) {
      found.push_back(entry.name + (entry.status.kind == FileKind::directory ? "/" : ""));
    }
    std::sort(found.begin(), found.end());
    return found;
  }
};

INSTANTIATE_TEST_SUITE_P(Resolutions, ListTest,
                         ::testing::Values(Resolution::automatic, Resolution::walk), name_of);

TEST_P(ListTest, FilesAndDirectories) {
  root.write("dir/sub/deep", "x");
  root.write(".hidden", "x");
  EXPECT_EQ(names(""), (Names{".hidden", "a.txt", "dir/"}));
  EXPECT_EQ(names("dir"), (Names{"b.txt", "sub/"}));
  EXPECT_EQ(names("dir/sub"), (Names{"deep"}));
  std::filesystem::create_directory(root / "empty");
  EXPECT_EQ(names("empty"), Names());
  for (const char* path : {"", "dir", "dir/sub"}) {
    const auto listed = files->list(path, 1'000);
    ASSERT_TRUE(listed.ok());
    EXPECT_TRUE(listed.value().complete);
    for (const core::DirectoryEntry& entry : listed.value().entries) {
      const std::string entry_path = *path == '\0' ? entry.name : path + ("/" + entry.name);
      EXPECT_EQ(entry.status, files->status(entry_path.c_str()).value()) << entry_path;
    }
  }
}

TEST_P(ListTest, WhatIsNoDirectory) {
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0644), 0);
  EXPECT_EQ(list_error("a.txt"), ENOTDIR);
  EXPECT_EQ(list_error("fifo"), ENOTDIR);
  EXPECT_EQ(list_error("missing"), ENOENT);
  EXPECT_EQ(list_error("a.txt/b"), ENOTDIR);
  EXPECT_EQ(list_error(".."), EXDEV);
  EXPECT_EQ(list_error("/"), EXDEV);
}

TEST_P(ListTest, WhatCanNotBeServedIsLeftOut) {
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0644), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = root / "socket";
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  link("/dev/null", "device");
  link("fifo", "to-fifo");
  EXPECT_EQ(names(""), (Names{"a.txt", "dir/"}));
  serve(root.path(), SymlinkPolicy::all);
  EXPECT_EQ(names(""), (Names{"a.txt", "dir/"}));
  close(socket);
}

TEST_P(ListTest, LinksAsThePolicySays) {
  link("../a.txt", "dir/file");
  link("../dir", "dir/self");
  link(outside / "secret.txt", "dir/out");
  link(outside.path(), "dir/out-dir");
  link("nothing", "dir/dangling");
  link("loop", "dir/loop");
  link("/proc/self/root", "dir/magic");
  serve(root.path(), SymlinkPolicy::none);
  EXPECT_EQ(names("dir"), (Names{"b.txt"}));
  serve(root.path(), SymlinkPolicy::beneath);
  EXPECT_EQ(names("dir"), by_kernel() ? (Names{"b.txt", "file", "self/"}) : (Names{"b.txt"}));
  if (by_kernel()) {
    const auto listed = files->list("dir", 1'000);
    for (const core::DirectoryEntry& entry : listed.value().entries) {
      if (entry.name != "file") continue;
      EXPECT_EQ(entry.status, files->status("a.txt").value()) << "of the target";
    }
    EXPECT_EQ(names("dir/self"), names("dir"));
  }
  serve(root.path(), SymlinkPolicy::all);
  Names all = {"b.txt", "file", "out", "out-dir/", "self/"};
  if (!by_kernel()) all.insert(all.begin() + 2, "magic/");
  EXPECT_EQ(names("dir"), all);
}

TEST_P(ListTest, AtMostSoMany) {
  for (int i = 0; i < 300; ++i) root.write("many/" + std::to_string(i), "");
  const Names everything = names("many");
  EXPECT_EQ(everything.size(), 300u);
  for (const std::size_t most : {0u, 1u, 299u, 300u, 301u}) {
    const auto listed = files->list("many", most);
    ASSERT_TRUE(listed.ok());
    EXPECT_EQ(listed.value().entries.size(), std::min<std::size_t>(most, 300));
    EXPECT_EQ(listed.value().complete, most >= 300) << most;
    for (const core::DirectoryEntry& entry : listed.value().entries) {
      EXPECT_TRUE(std::binary_search(everything.begin(), everything.end(), entry.name));
    }
  }
  std::filesystem::create_directory(root / "empty");
  EXPECT_TRUE(files->list("empty", 0).value().complete);
}

// Names that are left out count too, so that the work is bounded.
TEST_P(ListTest, NamesThatAreLeftOutCount) {
  std::filesystem::create_directory(root / "links");
  for (int i = 0; i < 20; ++i) link("nothing", "links/" + std::to_string(i));
  const auto listed = files->list("links", 10);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed.value().entries.size(), 0u);
  EXPECT_FALSE(listed.value().complete);
}

TEST_P(ListTest, NamesOfEveryByte) {
  Names expected;
  for (int i = 1; i < 256; ++i) {
    if (i == '/') continue;
    expected.push_back("x" + std::string(1, static_cast<char>(i)));
    root.write("names/" + expected.back(), "");
  }
  expected.push_back(std::string(255, 'n'));
  root.write("names/" + expected.back(), "");
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names("names"), expected);
}

TEST_P(ListTest, Permissions) {
  root.write("unreadable/file", "x");
  root.write("unsearchable/file", "x");
  root.write("open/private", "x");
  chmod((root / "open/private").c_str(), 0);
  std::filesystem::permissions(root.path(), std::filesystem::perms(0755));
  const bool is_root = geteuid() == 0;
  chmod((root / "unreadable").c_str(), 0311);
  chmod((root / "unsearchable").c_str(), 0644);
  constexpr uid_t kNobody = 65'534;
  if (is_root && seteuid(kNobody) != 0) GTEST_SKIP() << "seteuid: " << std::strerror(errno);
  EXPECT_EQ(list_error("unreadable"), EACCES);
  EXPECT_EQ(list_error("unsearchable"), EACCES);
  EXPECT_EQ(names("open"), (Names{"private"})) << "that it can not be read shows when it is opened";
  if (is_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  chmod((root / "unreadable").c_str(), 0755);
  chmod((root / "unsearchable").c_str(), 0755);
}

// Names come and go while they are listed: those that stay are there, and no call fails.
TEST_P(ListTest, WhileNamesComeAndGo) {
  for (int i = 0; i < 50; ++i) root.write("busy/stays" + std::to_string(i), "");
  std::atomic<bool> stop = false;
  std::thread other([&] {
    for (int i = 0; !stop && i < 100'000; ++i) {
      const std::string name = "busy/goes" + std::to_string(i % 5);
      root.write(name, "");
      std::filesystem::remove(root / name);
    }
  });
  for (int i = 0; i < 100; ++i) {
    const Names found = names("busy");
    EXPECT_EQ(std::count_if(found.begin(), found.end(),
                            [](const std::string& name) { return name.starts_with("stays"); }),
              50);
  }
  stop = true;
  other.join();
}

TEST_P(ListTest, WithoutDescriptors) {
  std::vector<int> all;
  for (int copy; (copy = dup(0)) >= 0 && all.size() < 100'000;) all.push_back(copy);
  ASSERT_FALSE(all.empty());
  if (errno == EMFILE) {
    EXPECT_EQ(list_error(""), EMFILE);
    // One for the place, and one for what is read from it.
    close(all.back());
    all.pop_back();
    EXPECT_EQ(list_error(""), EMFILE);
    close(all.back());
    all.pop_back();
    EXPECT_EQ(list_error(""), 0);
  }
  for (const int copy : all) close(copy);
}

}  // namespace
}  // namespace io
