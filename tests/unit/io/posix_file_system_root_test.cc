// The root: what may be one, and what happens when its path names another directory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "io/posix_file_system.h"
#include "tests/support/faults.h"
#include "tests/unit/io/posix_file_system_fixture.h"

namespace io {
namespace {

using test_support::Call;
using test_support::Fault;

class RootTest : public PosixFileSystemTest {
 protected:
  void SetUp() override {
    PosixFileSystemTest::SetUp();
    parent.write("releases/1/version", "one");
    parent.write("releases/2/version", "two");
    parent.write("releases/2/only-in-two", "");
  }
  // Makes parent/current lead to `target` in one step.
  void deploy(const std::string& target) {
    std::filesystem::create_symlink(target, parent / "next");
    std::filesystem::rename(parent / "next", parent / "current");
  }

  test_support::TemporaryDirectory parent;
};

INSTANTIATE_TEST_SUITE_P(Resolutions, RootTest,
                         ::testing::Values(Resolution::automatic, Resolution::walk), name_of);

// Without a refresh the root stays the directory that was opened, wherever its name leads.
TEST_P(RootTest, StaysWhereItWas) {
  serve(parent / "releases/1");
  std::filesystem::rename(parent / "releases/1", parent / "moved");
  parent.write("releases/1/version", "another");
  EXPECT_EQ(content("version"), "one");
  EXPECT_EQ(look("../releases/1/version"), EXDEV);
}

TEST_P(RootTest, ALinkThatIsSwapped) {
  deploy("releases/1");
  serve(parent / "current");
  EXPECT_EQ(content("version"), "one");
  deploy("releases/2");
  EXPECT_EQ(content("version"), "one");
  files->refresh_root();
  EXPECT_EQ(content("version"), "two");
  EXPECT_EQ(look("only-in-two"), 0);
  EXPECT_EQ(files->list("", 10).value().entries.size(), 2u);
  deploy(parent / "releases/1");
  files->refresh_root();
  EXPECT_EQ(content("version"), "one");
  EXPECT_EQ(look("only-in-two"), ENOENT);
  EXPECT_EQ(look("../2/only-in-two"), EXDEV);
}

// Whatever the policy for links beneath the root is.
TEST_P(RootTest, ALinkThatIsSwappedUnderEveryPolicy) {
  for (const auto policy : {SymlinkPolicy::beneath, SymlinkPolicy::none, SymlinkPolicy::all}) {
    deploy("releases/1");
    serve(parent / "current", policy);
    deploy("releases/2");
    files->refresh_root();
    EXPECT_EQ(content("version"), "two");
  }
}

TEST_P(RootTest, ADirectoryThatIsReplaced) {
  serve(parent / "releases/1");
  std::filesystem::rename(parent / "releases/1", parent / "old");
  std::filesystem::rename(parent / "releases/2", parent / "releases/1");
  files->refresh_root();
  EXPECT_EQ(content("version"), "two");
}

// One above the root.
TEST_P(RootTest, ADirectoryOnTheWayThatIsReplaced) {
  parent.write("next-releases/1/version", "new");
  serve(parent / "releases/1");
  std::filesystem::rename(parent / "releases", parent / "old");
  std::filesystem::rename(parent / "next-releases", parent / "releases");
  files->refresh_root();
  EXPECT_EQ(content("version"), "new");
}

TEST_P(RootTest, RefreshedForNothing) {
  serve(parent / "releases/1");
  for (int i = 0; i < 100; ++i) files->refresh_root();
  EXPECT_EQ(content("version"), "one");
}

// The old directory is served until there is another one.
TEST_P(RootTest, APathThatLeadsNowhereForAWhile) {
  deploy("releases/1");
  serve(parent / "current");
  const auto stays = [this](const char* why) {
    files->refresh_root();
    EXPECT_EQ(content("version"), "one") << why;
  };
  deploy("nothing");
  stays("dangling");
  deploy("current");
  stays("a loop");
  deploy("releases/1/version");
  stays("a file");
  std::filesystem::remove(parent / "current");
  stays("nothing");
  deploy("releases/2");
  files->refresh_root();
  EXPECT_EQ(content("version"), "two");
}

TEST_P(RootTest, ADirectoryThatIsRemoved) {
  serve(parent / "releases/1");
  std::filesystem::remove_all(parent / "releases/1");
  files->refresh_root();
  EXPECT_EQ(look("version"), ENOENT);
  EXPECT_TRUE(files->list("", 10).value().entries.empty());
  parent.write("releases/1/version", "again");
  files->refresh_root();
  EXPECT_EQ(content("version"), "again");
}

TEST_P(RootTest, AnUnreadableDirectoryDoesNotReplaceIt) {
  constexpr uid_t kNobody = 65'534;
  const bool is_root = geteuid() == 0;
  for (const char* open : {"", "releases", "releases/1"}) {
    std::filesystem::permissions(parent / open, std::filesystem::perms(0755));
  }
  std::filesystem::permissions(parent / "releases/2", std::filesystem::perms(0311));
  deploy("releases/1");
  serve(parent / "current");
  deploy("releases/2");
  if (is_root && seteuid(kNobody) != 0) GTEST_SKIP() << "seteuid: " << std::strerror(errno);
  files->refresh_root();
  EXPECT_EQ(content("version"), "one");
  if (is_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  std::filesystem::permissions(parent / "releases/2", std::filesystem::perms(0755));
}

TEST_P(RootTest, OpenFilesStay) {
  deploy("releases/1");
  serve(parent / "current");
  const auto file = files->open("version");
  ASSERT_TRUE(file.ok());
  deploy("releases/2");
  files->refresh_root();
  char text[10];
  EXPECT_EQ(files->read(file.value(), text, sizeof(text), 0).value(), 3u);
  EXPECT_EQ(std::string(text, 3), "one");
  files->close(file.value());
}

// Relative to the working directory of the start, whatever it is later.
TEST_P(RootTest, ARelativeRoot) {
  const int here = ::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(here, 0);
  outside.write("current/version", "elsewhere");
  deploy("releases/1");
  ASSERT_EQ(chdir(parent.path().c_str()), 0);
  serve("current");
  ASSERT_EQ(chdir(outside.path().c_str()), 0);
  files->refresh_root();
  EXPECT_EQ(content("version"), "one");
  deploy("releases/2");
  files->refresh_root();
  EXPECT_EQ(content("version"), "two");
  ASSERT_EQ(fchdir(here), 0);
  close(here);
}

// As the descriptor of the start: not for programs that a test or a tool executes.
TEST_P(RootTest, TheNewDescriptorIsNotInherited) {
  deploy("releases/1");
  serve(parent / "current");
  deploy("releases/2");
  files->refresh_root();
  int found = 0;
  const std::string release = std::filesystem::canonical(parent / "releases/2");
  for (int descriptor = 0; descriptor < 1'000; ++descriptor) {
    std::error_code missing;
    const auto path =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), missing);
    if (missing || path != release) continue;
    ++found;
    EXPECT_EQ(fcntl(descriptor, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(found, 1);
}

TEST_P(RootTest, OnAnotherFileSystem) {
  deploy("releases/1");
  serve(parent / "current");
  deploy("/proc");
  files->refresh_root();
  EXPECT_EQ(content("version").substr(0, 5), "Linux");
  deploy("releases/2");
  files->refresh_root();
  EXPECT_EQ(content("version"), "two");
}

// What it serves can not be looked at: the directory is opened again.
TEST_P(RootTest, ThatCanNotBeCompared) {
  deploy("releases/1");
  serve(parent / "current");
  const Fault fault(Call::file_status, EIO, 1);
  files->refresh_root();
  EXPECT_EQ(fault.struck(), 1u);
  EXPECT_EQ(content("version"), "one");
}

TEST_P(RootTest, ADescriptorThatIsNotReplacedAtOnce) {
  deploy("releases/1");
  serve(parent / "current");
  deploy("releases/2");
  {
    const Fault fault(Call::replace_descriptor, EBUSY, 1);
    files->refresh_root();
    EXPECT_EQ(fault.struck(), 1u);
    EXPECT_EQ(content("version"), "one");
  }
  const Fault fault(Call::replace_descriptor, EINTR, 3);
  files->refresh_root();
  EXPECT_EQ(fault.struck(), 3u);
  EXPECT_EQ(content("version"), "two");
}

TEST_P(RootTest, WithoutDescriptors) {
  deploy("releases/1");
  serve(parent / "current");
  deploy("releases/2");
  std::vector<int> all;
  for (int copy; (copy = dup(0)) >= 0 && all.size() < 100'000;) all.push_back(copy);
  const bool exhausted = errno == EMFILE;
  files->refresh_root();
  for (const int copy : all) close(copy);
  if (exhausted) {
    EXPECT_EQ(content("version"), "one");
  }
  files->refresh_root();
  EXPECT_EQ(content("version"), "two");
}

// Workers resolve paths while the root is replaced: each finds the old directory or the new one.
TEST_P(RootTest, ReplacedUnderLoad) {
  deploy("releases/1");
  serve(parent / "current");
  std::atomic<int> failures = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      for (int turn = 0; !stop && turn < 1'000'000; ++turn) {
        const auto file = files->open("version");
        char text[10];
        const auto size = file.ok() ? files->read(file.value(), text, sizeof(text), 0) : 0u;
        const std::string version(text, size.ok() ? size.value() : 0);
        if (version != "one" && version != "two") ++failures;
        if (file.ok()) files->close(file.value());
        if (!files->list("", 10).ok() || !files->status("").ok()) ++failures;
        if (turn % 8 == 0) files->refresh_root();
      }
    });
  }
  for (int i = 0; i < 1'000; ++i) {
    deploy(i % 2 == 0 ? "releases/2" : "releases/1");
    files->refresh_root();
  }
  stop = true;
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(failures, 0);
  files->refresh_root();
  EXPECT_EQ(content("version"), "one");
}

}  // namespace
}  // namespace io
