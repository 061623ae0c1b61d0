// Files while the kernel fails calls that no test can make fail otherwise.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "io/posix_file_system.h"
#include "tests/support/faults.h"
#include "tests/unit/io/posix_file_system_fixture.h"

namespace io {
namespace {

using test_support::Call;
using test_support::Fault;

class FileSystemFaultTest : public PosixFileSystemTest {};
// What is asked of openat2 only.
class ResolutionFaultTest : public PosixFileSystemTest {};

INSTANTIATE_TEST_SUITE_P(Resolutions, FileSystemFaultTest,
                         ::testing::Values(Resolution::automatic, Resolution::walk), name_of);
INSTANTIATE_TEST_SUITE_P(Resolutions, ResolutionFaultTest, ::testing::Values(Resolution::automatic),
                         name_of);

TEST_P(ResolutionFaultTest, InterruptedResolutionsAreMadeAgain) {
  for (const int error : {EINTR, EAGAIN}) {
    const Fault fault(Call::open_beneath, error, 3);
    EXPECT_EQ(look("a.txt"), 0);
    EXPECT_EQ(fault.struck(), 3u);
  }
}

// Kernels and emulators without it say ENOSYS, sandboxes EPERM.
TEST_P(ResolutionFaultTest, WithoutItPathsAreWalked) {
  link("a.txt", "link");
  for (const int error : {ENOSYS, EPERM}) {
    const Fault fault(Call::open_beneath, error);
    serve(root.path());
    EXPECT_EQ(fault.struck(), 1u);
    EXPECT_FALSE(files->follows_links());
    EXPECT_EQ(content("dir/b.txt"), "in dir");
    expect_both("link", ELOOP);
  }
}

TEST_P(ResolutionFaultTest, AnyOtherErrorIsOneOfTheRoot) {
  const Fault fault(Call::open_beneath, EACCES);
  const auto opened = PosixFileSystem::open_root(root.path());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message, "cannot serve " + root.path() + ": Permission denied");
}

TEST_P(FileSystemFaultTest, InterruptedReadsAreMadeAgain) {
  const Fault fault(Call::read, EINTR, 3);
  EXPECT_EQ(content("a.txt"), "text");
  EXPECT_EQ(fault.struck(), 3u);
}

TEST_P(FileSystemFaultTest, FilesThatCanNotBeLookedAt) {
  const auto file = files->open("a.txt");
  ASSERT_TRUE(file.ok());
  {
    const Fault fault(Call::file_status, EIO);
    EXPECT_EQ(look("a.txt"), EIO);
    EXPECT_EQ(files->status(file.value()).error().number, EIO);
  }
  files->close(file.value());
}

// The walk looks whether what it has opened is a link. When it can not, it has the link itself and
// not what it leads to.
TEST_P(FileSystemFaultTest, LinksThatCanNotBeLookedAtAreNotFollowed) {
  link(outside / "secret.txt", "link");
  link(outside.path(), "folder");
  for (const char* path : {"link", "folder/secret.txt"}) {
    const Fault fault(Call::file_status, EIO, 1);
    const auto status = files->status(path);
    if (status.ok()) {
      EXPECT_EQ(status.value().kind, core::FileKind::other) << path;
    }
    EXPECT_EQ(fault.struck(), by_kernel() ? 0u : 1u) << path;
  }
}

TEST_P(FileSystemFaultTest, DirectoriesThatCanNotBeRead) {
  {
    const Fault fault(Call::directory_stream, ENOMEM);
    EXPECT_EQ(list_error("dir"), ENOMEM);
  }
  {
    const Fault fault(Call::read_directory, EIO, 1, 1);
    EXPECT_EQ(list_error("dir"), EIO) << "after some names";
  }
  EXPECT_EQ(list_error("dir"), 0);
}

}  // namespace
}  // namespace io
