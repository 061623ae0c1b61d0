// What the kernel has in its caches is told at once; for everything else a call would wait, and the
// file system that may wait has the answer.
#include "io/prompt_file_system.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/support/faults.h"
#include "tests/unit/io/posix_file_system_fixture.h"

namespace io {
namespace {

using test_support::Call;
using test_support::Fault;

class PromptFileSystemTest : public PosixFileSystemTest {
 protected:
  static int error_of(const auto& result) { return result.ok() ? 0 : result.error().number; }

  // What a prompt call says, or would wait; 0 is success.
  static bool agrees(int prompt, int patient) {
    return prompt == patient || prompt == core::kWouldWait;
  }
};

TEST_P(PromptFileSystemTest, SaysTheSameOrThatItWouldWait) {
  PromptFileSystem prompt(*files);
  for (const char* path :
       {"a.txt", "dir", "dir/b.txt", "missing", "a.txt/x", "../secret.txt", ""}) {
    const auto patient = files->status(path);  // and now the kernel knows the path
    const auto status = prompt.status(path);
    EXPECT_TRUE(agrees(error_of(status), error_of(patient))) << path;
    if (status.ok()) {
      EXPECT_EQ(status.value(), patient.value()) << path;
    }
    const auto opened = prompt.open(path);
    EXPECT_TRUE(opened.ok() || opened.error().number == error_of(patient) ||
                opened.error().number == core::kWouldWait)
        << path;
    if (opened.ok()) prompt.close(opened.value());
  }
  EXPECT_EQ(error_of(prompt.list("", 10)), core::kWouldWait);
}

TEST_P(PromptFileSystemTest, KnowsAFileThatIsInTheCaches) {
  PromptFileSystem prompt(*files);
  if (by_kernel() && prompt.status("a.txt").ok()) {
    const core::FileId file = prompt.open("a.txt").value();
    EXPECT_EQ(prompt.status(file).value(), files->status("a.txt").value());
    char bytes[10];
    const auto read = prompt.read(file, bytes, sizeof(bytes), 0);
    if (read.ok()) {
      EXPECT_EQ(std::string(bytes, read.value()), "text");
      EXPECT_EQ(prompt.read(file, bytes, sizeof(bytes), 4).value(), 0U);
    } else {
      EXPECT_EQ(read.error().number, core::kWouldWait);
    }
    prompt.close(file);
  } else if (!by_kernel()) {
    EXPECT_EQ(error_of(prompt.status("a.txt")), core::kWouldWait) << "the walk always may wait";
    EXPECT_FALSE(prompt.refresh_root());
  } else {
    GTEST_SKIP() << "the file system of " << root.path() << " is not local, or the kernel old";
  }
}

// A file whose pages were dropped is not read, and is again when they are back.
TEST_P(PromptFileSystemTest, WouldWaitForPagesThatAreNotThere) {
  PromptFileSystem prompt(*files);
  const auto opened = prompt.open("a.txt");
  if (!opened.ok()) GTEST_SKIP() << "the file system of " << root.path() << " can not tell";
  const core::FileId file = opened.value();
  fsync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  char bytes[10];
  const int cold = error_of(prompt.read(file, bytes, sizeof(bytes), 0));
  EXPECT_TRUE(cold == core::kWouldWait || cold == 0) << cold;  // the kernel may keep them
  EXPECT_EQ(files->read(file, bytes, sizeof(bytes), 0).value(), 4U);
  prompt.close(file);
}

TEST_P(PromptFileSystemTest, NoticesAnotherRoot) {
  PromptFileSystem prompt(*files);
  if (!prompt.refresh_root()) GTEST_SKIP() << "looks at " << root.path() << " would wait";
  const std::string place = root.path() + "/dir";
  serve(place);
  PromptFileSystem prompt_dir(*files);
  std::filesystem::rename(place, root.path() + "/old");
  std::filesystem::create_directory(place);
  EXPECT_FALSE(prompt_dir.refresh_root()) << "who may wait has to open it";
  EXPECT_TRUE(files->refresh_root());
  EXPECT_TRUE(prompt_dir.refresh_root());
}

// Seen by where it is, though it has the number of the directory that is served.
TEST_P(PromptFileSystemTest, NoticesARootOnAnotherFileSystem) {
  std::filesystem::create_symlink(root / "dir", outside / "root");
  serve(outside / "root");
  PromptFileSystem prompt(*files);
  if (!prompt.refresh_root()) GTEST_SKIP() << "looks at " << outside.path() << " would wait";
  std::filesystem::remove(outside / "root");
  std::filesystem::create_symlink("/proc", outside / "root");
  EXPECT_FALSE(prompt.refresh_root());
  files->refresh_root();
  std::filesystem::remove(outside / "root");
  std::filesystem::create_symlink(root / "dir", outside / "root");
  EXPECT_FALSE(prompt.refresh_root());
}

// A kernel that does not know RESOLVE_CACHED says EINVAL, a file system that can not tell whether
// it would wait says EOPNOTSUPP.
TEST_P(PromptFileSystemTest, WouldWaitForWhatTheKernelDoesNotSay) {
  PromptFileSystem prompt(*files);
  for (const int error : {EAGAIN, EINVAL}) {
    const Fault fault(Call::open_beneath, error);
    EXPECT_EQ(error_of(prompt.status("a.txt")), core::kWouldWait);
    EXPECT_EQ(error_of(prompt.open("a.txt")), core::kWouldWait);
    EXPECT_FALSE(prompt.refresh_root());
  }
  const core::FileId file = files->open("a.txt").value();
  char byte;
  for (const int error : {EAGAIN, EOPNOTSUPP, EINTR}) {
    const Fault fault(Call::read_cached, error);
    EXPECT_EQ(error_of(prompt.read(file, &byte, 1, 0)), core::kWouldWait);
  }
  prompt.close(file);
}

TEST_P(PromptFileSystemTest, SaysWhatFailed) {
  PromptFileSystem prompt(*files);
  const core::FileId file = files->open("a.txt").value();
  char byte;
  {
    const Fault fault(Call::read_cached, EIO);
    EXPECT_EQ(error_of(prompt.read(file, &byte, 1, 0)), EIO);
  }
  {
    const Fault fault(Call::known_status, EIO);
    EXPECT_EQ(error_of(prompt.status(file)), EIO);
    EXPECT_TRUE(agrees(error_of(prompt.status("a.txt")), EIO));
    EXPECT_FALSE(prompt.refresh_root());
  }
  {
    const Fault fault(Call::known_status, EIO, 1, 1);
    EXPECT_FALSE(prompt.refresh_root()) << "what is served can not be looked at";
  }
  prompt.close(file);
}

TEST_P(PromptFileSystemTest, RefusesPathsThatLeadOut) {
  serve(root.path(), SymlinkPolicy::all);
  PromptFileSystem prompt(*files);
  EXPECT_EQ(error_of(prompt.status("../a.txt")), by_kernel() ? EXDEV : core::kWouldWait);
}

// What could not be looked at when the root was opened is found out by the first look that may
// wait.
TEST_P(PromptFileSystemTest, WouldWaitForAFileSystemThatIsNotKnown) {
  {
    const Fault fault(Call::file_status, EIO, 1);
    serve(root.path());
    EXPECT_EQ(fault.struck(), 1u);
  }
  PromptFileSystem prompt(*files);
  EXPECT_EQ(error_of(prompt.status("a.txt")), core::kWouldWait);
  EXPECT_EQ(look("a.txt"), 0);
  EXPECT_TRUE(agrees(error_of(prompt.status("a.txt")), 0));
}

INSTANTIATE_TEST_SUITE_P(Ways, PromptFileSystemTest,
                         ::testing::Values(Resolution::automatic, Resolution::walk),
                         [](const auto& info) {
                           return info.param == Resolution::automatic ? "Kernel" : "Walk";
                         });

}  // namespace
}  // namespace io
