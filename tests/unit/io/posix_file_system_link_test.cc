// Symbolic links beneath the root, by policy and by how paths are resolved.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "io/posix_file_system.h"
#include "tests/unit/io/posix_file_system_fixture.h"

namespace io {
namespace {

class LinkPolicyTest : public PosixFileSystemTest {
 protected:
  void SetUp() override {
    PosixFileSystemTest::SetUp();
    outside_name = std::filesystem::path(outside.path()).filename();
    link("a.txt", "file");
    link("dir", "folder");
    link("../a.txt", "dir/up");
    link("file", "chain");
    link("folder", "folder-chain");
    link(root / "a.txt", "absolute-inside");
    link(outside / "secret.txt", "absolute");
    link("../" + outside_name + "/secret.txt", "relative");
    link("..", "parent");
    link(outside.path(), "outside");
    link("outside/secret.txt", "chain-outside");
    link("/proc/self/root", "magic");
    link("nothing", "dangling");
    link(outside / "nothing", "dangling-outside");
    link("loop", "loop");
    link("ping", "pong");
    link("pong", "ping");
  }
  // Makes `name` lead to `target` in one step.
  void swap_link(const std::string& target, const std::string& name) {
    link(target, "next");
    std::filesystem::rename(root / "next", root / name);
  }

  std::string outside_name;
};

INSTANTIATE_TEST_SUITE_P(Resolutions, LinkPolicyTest,
                         ::testing::Values(Resolution::automatic, Resolution::walk), name_of);

TEST_P(LinkPolicyTest, NoneRefusesEveryLink) {
  serve(root.path(), SymlinkPolicy::none);
  EXPECT_FALSE(files->follows_links());
  for (const char* path : {"file",
                           "folder",
                           "folder/b.txt",
                           "dir/up",
                           "chain",
                           "folder-chain/b.txt",
                           "absolute-inside",
                           "absolute",
                           "relative",
                           "parent",
                           "outside",
                           "outside/secret.txt",
                           "chain-outside",
                           "magic",
                           "magic/etc/passwd",
                           "dangling",
                           "dangling-outside",
                           "loop",
                           "ping",
                           "loop/a"}) {
    expect_both(path, ELOOP);
    EXPECT_EQ(list_error(path), ELOOP) << path;
  }
  EXPECT_EQ(content("a.txt"), "text");
  EXPECT_EQ(content("dir/b.txt"), "in dir");
  expect_both("missing", ENOENT);
  expect_both("..", EXDEV);
}

TEST_P(LinkPolicyTest, BeneathFollowsWhatStaysInside) {
  EXPECT_EQ(files->follows_links(), by_kernel());
  for (const char* path : {"file", "folder", "folder/b.txt", "dir/up", "chain", "folder-chain"}) {
    expect_both(path, by_kernel() ? 0 : ELOOP);
  }
  // An absolute link leaves the root even if it leads back.
  for (const char* path : {"absolute-inside", "absolute", "relative", "parent", "outside",
                           "outside/secret.txt", "chain-outside", "magic", "dangling-outside"}) {
    expect_both(path, by_kernel() ? EXDEV : ELOOP);
    EXPECT_EQ(list_error(path), by_kernel() ? EXDEV : ELOOP) << path;
  }
  expect_both("dangling", by_kernel() ? ENOENT : ELOOP);
  expect_both("loop", ELOOP);
}

TEST_P(LinkPolicyTest, AllFollowsLinksAnywhere) {
  serve(root.path(), SymlinkPolicy::all);
  EXPECT_TRUE(files->follows_links());
  for (const char* path : {"file", "dir/up", "chain", "absolute-inside"}) {
    EXPECT_EQ(content(path), "text") << path;
    EXPECT_EQ(files->status(path).value(), files->status("a.txt").value()) << path;
  }
  EXPECT_EQ(content("folder-chain/b.txt"), "in dir");
  for (const std::string& path :
       {std::string("absolute"), std::string("relative"), std::string("outside/secret.txt"),
        std::string("chain-outside"), "parent/" + outside_name + "/secret.txt"}) {
    EXPECT_EQ(content(path), "secret") << path;
  }
  EXPECT_EQ(files->list("outside", 10).value().entries.at(0).name, "secret.txt");
  expect_both("dangling", ENOENT);
  expect_both("dangling-outside", ENOENT);
  expect_both("loop", ELOOP);
  expect_both("ping", ELOOP);
  if (by_kernel()) expect_both("magic", ELOOP);
}

// What a link may do, a path may not.
TEST_P(LinkPolicyTest, APathNeverLeadsOut) {
  for (const auto policy : {SymlinkPolicy::beneath, SymlinkPolicy::none, SymlinkPolicy::all}) {
    serve(root.path(), policy);
    for (const std::string& path :
         {std::string(".."), "../" + outside_name + "/secret.txt", std::string("/etc/passwd"),
          std::string("/"), outside / "secret.txt", std::string("dir/../../x"),
          std::string("dir/../.."), std::string("../")}) {
      expect_both(path, EXDEV);
      EXPECT_EQ(list_error(path), EXDEV) << path;
    }
    expect_both("..a", ENOENT);
    expect_both("a..", ENOENT);
    expect_both("dir/...", ENOENT);
  }
}

// The kernel follows 40 links in one path.
TEST_P(LinkPolicyTest, LongChains) {
  link("a.txt", "link1");
  for (int i = 2; i <= 41; ++i) link("link" + std::to_string(i - 1), "link" + std::to_string(i));
  for (const auto policy : {SymlinkPolicy::beneath, SymlinkPolicy::all}) {
    serve(root.path(), policy);
    const bool followed = by_kernel() || policy == SymlinkPolicy::all;
    expect_both("link40", followed ? 0 : ELOOP);
    expect_both("link41", ELOOP);
  }
}

// A look that found a file says nothing about the next: every call resolves again.
TEST_P(LinkPolicyTest, SwappedBetweenLooks) {
  for (const auto policy : {SymlinkPolicy::beneath, SymlinkPolicy::none, SymlinkPolicy::all}) {
    serve(root.path(), policy);
    root.write("swapped", "text");
    EXPECT_EQ(look("swapped"), 0);
    swap_link(outside / "secret.txt", "swapped");
    if (policy == SymlinkPolicy::all) {
      EXPECT_EQ(content("swapped"), "secret");
    } else {
      const bool link_refused = policy == SymlinkPolicy::none || !by_kernel();
      EXPECT_EQ(open("swapped"), link_refused ? ELOOP : EXDEV);
    }
    std::filesystem::remove(root / "swapped");
    // A directory on the way.
    root.write("way/secret.txt", "text");
    EXPECT_EQ(look("way/secret.txt"), 0);
    std::filesystem::remove_all(root / "way");
    swap_link(outside.path(), "way");
    EXPECT_EQ(content("way/secret.txt") == "secret", policy == SymlinkPolicy::all);
    std::filesystem::remove(root / "way");
  }
}

// While another thread swaps a link as fast as it can, nothing outside is ever seen.
TEST_P(LinkPolicyTest, SwappedAllTheTime) {
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    for (int i = 0; !stop && i < 100'000; ++i) {
      swap_link(i % 2 == 0 ? outside.path() : "inside", "way");
    }
  });
  root.write("inside/secret.txt", "text");
  int refused = 0;
  for (int i = 0; i < 2'000; ++i) {
    const auto file = files->open("way/secret.txt");
    if (!file.ok()) {
      const int error = file.error().number;
      EXPECT_TRUE(error == EXDEV || error == ELOOP || error == ENOENT || error == EAGAIN) << error;
      ++refused;
      continue;
    }
    char text[10];
    const auto size = files->read(file.value(), text, sizeof(text), 0);
    files->close(file.value());
    EXPECT_EQ(std::string(text, size.value()), "text");
  }
  stop = true;
  swapper.join();
  if (!by_kernel()) {
    EXPECT_EQ(refused, 2'000);
  }
}

}  // namespace
}  // namespace io
