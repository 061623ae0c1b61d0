#include "io/posix_file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"
#include "tests/unit/io/posix_file_system_fixture.h"

namespace io {
namespace {

using core::FileKind;

INSTANTIATE_TEST_SUITE_P(Resolutions, PosixFileSystemTest,
                         ::testing::Values(Resolution::automatic, Resolution::walk), name_of);

TEST_P(PosixFileSystemTest, Files) {
  EXPECT_EQ(content("a.txt"), "text");
  EXPECT_EQ(content("dir/b.txt"), "in dir");
  const auto status = files->status("a.txt");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status.value().kind, FileKind::regular);
  EXPECT_EQ(status.value().size, 4u);
  struct stat attributes;
  ASSERT_EQ(stat((root / "a.txt").c_str(), &attributes), 0);
  EXPECT_EQ(status.value().inode, attributes.st_ino);
  EXPECT_EQ(status.value().device, attributes.st_dev);
  EXPECT_EQ(status.value().modified,
            attributes.st_mtim.tv_sec * 1'000'000'000 + attributes.st_mtim.tv_nsec);
  EXPECT_EQ(status.value().changed,
            attributes.st_ctim.tv_sec * 1'000'000'000 + attributes.st_ctim.tv_nsec);
  EXPECT_EQ(files->status("dir").value().kind, FileKind::directory);
  EXPECT_EQ(files->status("").value().kind, FileKind::directory);
  expect_both("missing", ENOENT);
  expect_both("missing/a.txt", ENOENT);
  expect_both("dir/missing", ENOENT);
  expect_both("a.txt/b", ENOTDIR);
  expect_both("a.txt/b/c", ENOTDIR);
}

TEST_P(PosixFileSystemTest, StatusOfAnOpenFileFollowsTheFile) {
  const auto file = files->open("a.txt");
  ASSERT_TRUE(file.ok());
  const auto before = files->status(file.value());
  EXPECT_EQ(before.value(), files->status("a.txt").value());
  root.write("a.txt", "longer text");
  EXPECT_EQ(files->status(file.value()).value().size, 11u);
  std::filesystem::remove(root / "a.txt");
  EXPECT_EQ(look("a.txt"), ENOENT);
  EXPECT_EQ(files->status(file.value()).value().size, 11u);
  EXPECT_NE(files->status(file.value()).value().changed, before.value().changed);
  files->close(file.value());
}

TEST_P(PosixFileSystemTest, Reads) {
  root.write("r", "0123456789");
  const auto file = files->open("r");
  ASSERT_TRUE(file.ok());
  char out[20];
  EXPECT_EQ(files->read(file.value(), out, 4, 3).value(), 4u);
  EXPECT_EQ(std::string(out, 4), "3456");
  EXPECT_EQ(files->read(file.value(), out, 20, 8).value(), 2u);
  EXPECT_EQ(files->read(file.value(), out, 20, 10).value(), 0u);
  EXPECT_EQ(files->read(file.value(), out, 20, 1'000'000).value(), 0u);
  files->close(file.value());
  const auto directory = files->open("dir");
  ASSERT_TRUE(directory.ok());
  EXPECT_EQ(files->read(directory.value(), out, 1, 0).error().number, EISDIR);
  files->close(directory.value());
}

TEST_P(PosixFileSystemTest, TimesBefore1970) {
  const timespec times[2] = {{-5, 250'000'000}, {-5, 250'000'000}};
  ASSERT_EQ(utimensat(AT_FDCWD, (root / "a.txt").c_str(), times, 0), 0);
  const auto status = files->status("a.txt").value();
  EXPECT_EQ(status.modified, -4'750'000'000);
  EXPECT_EQ(status.modified_seconds(), -5);
}

// --- no way out ---------------------------------------------------------------------------------

TEST_P(PosixFileSystemTest, DotsDoNotLeadOut) {
  const std::string name = std::filesystem::path(outside.path()).filename();
  expect_both("..", EXDEV);
  expect_both("../" + name + "/secret.txt", EXDEV);
  expect_both("dir/../../" + name + "/secret.txt", EXDEV);
  expect_both("./../" + name, EXDEV);
  expect_both("../" + std::string(std::filesystem::path(root.path()).filename()) + "/a.txt", EXDEV);
  std::string far;
  for (int i = 0; i < 50; ++i) far += "../";
  expect_both(far + "etc/passwd", EXDEV);
}

TEST_P(PosixFileSystemTest, AbsolutePathsDoNotLeadOut) {
  expect_both("/", EXDEV);
  expect_both("/etc/passwd", EXDEV);
  expect_both("//etc/passwd", EXDEV);
  expect_both(outside / "secret.txt", EXDEV);
  expect_both(root / "a.txt", EXDEV);
}

TEST_P(PosixFileSystemTest, LinksDoNotLeadOut) {
  const std::string name = std::filesystem::path(outside.path()).filename();
  link(outside / "secret.txt", "absolute");
  link("/etc", "etc");
  link("../" + name + "/secret.txt", "relative");
  link("..", "up");
  link("dir/../../" + name, "winding");
  link(outside.path(), "outside");
  link("outside", "link-to-link");
  link("/proc/self/root", "proc-root");
  link("/proc/self/cwd", "proc-cwd");
  link("/proc/self/fd/0", "proc-fd");
  link("/", "dir/slash");
  const int refused = by_kernel() ? EXDEV : ELOOP;
  for (const char* path :
       {"absolute", "relative", "up", "winding", "outside", "link-to-link", "proc-root", "proc-cwd",
        "proc-fd", "dir/slash", "etc", "etc/passwd", "outside/secret.txt",
        "link-to-link/secret.txt", "proc-root/etc/passwd", "dir/slash/etc/passwd"}) {
    expect_both(path, refused);
  }
  // Through ".." behind a link.
  const int through = open(std::string("up/") + name + "/secret.txt");
  EXPECT_EQ(through, refused);
}

TEST_P(PosixFileSystemTest, LinksThatStayBeneath) {
  link("a.txt", "file");
  link("dir", "folder");
  link("../a.txt", "dir/up");
  link("file", "chain");
  if (!by_kernel()) {
    for (const char* path : {"file", "folder", "folder/b.txt", "dir/up", "chain"}) {
      expect_both(path, ELOOP);
    }
    return;
  }
  EXPECT_EQ(content("file"), "text");
  EXPECT_EQ(content("folder/b.txt"), "in dir");
  EXPECT_EQ(content("dir/up"), "text");
  EXPECT_EQ(content("chain"), "text");
  EXPECT_EQ(files->status("folder").value().kind, FileKind::directory);
  EXPECT_EQ(files->status("file").value(), files->status("a.txt").value());
}

TEST_P(PosixFileSystemTest, LinksThatLeadNowhere) {
  link("nothing", "dangling");
  link("loop", "loop");
  link("ping", "pong");
  link("pong", "ping");
  expect_both("dangling", by_kernel() ? ENOENT : ELOOP);
  expect_both("loop", ELOOP);
  expect_both("ping", ELOOP);
  expect_both("loop/a", ELOOP);
}

// A root that is itself reached by a link is fine: it was named by the person who runs the server.
TEST_P(PosixFileSystemTest, TheRootMayBeALink) {
  std::filesystem::create_symlink(root.path(), outside / "root");
  auto opened = PosixFileSystem::open_root(outside / "root", SymlinkPolicy::beneath, GetParam());
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened.value()->status("a.txt").ok());
}

// --- what is no regular file --------------------------------------------------------------------

TEST_P(PosixFileSystemTest, AFifoIsNotWaitedFor) {
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0644), 0);
  EXPECT_EQ(files->status("fifo").value().kind, FileKind::other);
  // The look has not opened it: a writer would find a reader otherwise.
  EXPECT_EQ(::open((root / "fifo").c_str(), O_WRONLY | O_NONBLOCK), -1);
  EXPECT_EQ(errno, ENXIO);
  // If it came to be opened nevertheless, the call would not wait.
  const auto file = files->open("fifo");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(files->status(file.value()).value().kind, FileKind::other);
  files->close(file.value());
}

TEST_P(PosixFileSystemTest, ASocketIsNotOpened) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = root / "socket";
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(files->status("socket").value().kind, FileKind::other);
  EXPECT_EQ(open("socket"), ENXIO);
  close(socket);
}

TEST_P(PosixFileSystemTest, ADeviceIsNoFile) {
  const std::string path = root / "null";
  if (mknod(path.c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) {
    GTEST_SKIP() << "mknod: " << std::strerror(errno);
  }
  EXPECT_EQ(files->status("null").value().kind, FileKind::other);
}

// A program that holds a lease would keep an opener waiting; a worker has no time for that.
TEST_P(PosixFileSystemTest, ALeaseDoesNotHoldItUp) {
  const auto previous = std::signal(SIGIO, SIG_IGN);
  const int holder = ::open((root / "a.txt").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(holder, 0);
  if (fcntl(holder, F_SETLEASE, F_WRLCK) != 0) {
    close(holder);
    std::signal(SIGIO, previous);
    GTEST_SKIP() << "F_SETLEASE: " << std::strerror(errno);
  }
  EXPECT_EQ(look("a.txt"), 0);
  EXPECT_EQ(open("a.txt"), EAGAIN);
  fcntl(holder, F_SETLEASE, F_UNLCK);
  EXPECT_EQ(open("a.txt"), 0);
  close(holder);
  std::signal(SIGIO, previous);
}

// --- permissions and names ----------------------------------------------------------------------

TEST_P(PosixFileSystemTest, Permissions) {
  root.write("private", "secret");
  root.write("locked/file", "secret");
  const bool is_root = geteuid() == 0;
  constexpr uid_t kNobody = 65'534;
  std::filesystem::permissions(root.path(), std::filesystem::perms(0755));
  chmod((root / "private").c_str(), 0);
  chmod((root / "locked").c_str(), 0);
  if (is_root && seteuid(kNobody) != 0) GTEST_SKIP() << "seteuid: " << std::strerror(errno);
  EXPECT_EQ(look("private"), 0) << "its directory may be searched";
  EXPECT_EQ(open("private"), EACCES);
  EXPECT_EQ(look("locked"), 0);
  expect_both("locked/file", EACCES);
  if (is_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  chmod((root / "locked").c_str(), 0700);
}

TEST_P(PosixFileSystemTest, NamesOfEveryByte) {
  for (int i = 1; i < 256; ++i) {
    if (i == '/') continue;
    const std::string name = "x" + std::string(1, static_cast<char>(i)) + "y";
    root.write(name, name);
    EXPECT_EQ(content(name), name) << i;
    if (i == '.') continue;
    const std::string single(1, static_cast<char>(i));
    root.write("names/" + single, single);
    EXPECT_EQ(content("names/" + single), single) << i;
  }
  root.write("...", "dots");
  root.write("..a", "dots");
  EXPECT_EQ(content("..."), "dots");
  EXPECT_EQ(content("..a"), "dots");
}

TEST_P(PosixFileSystemTest, LongNames) {
  const std::string longest(255, 'n');
  root.write(longest + "/" + longest, "long");
  EXPECT_EQ(content(longest + "/" + longest), "long");
  expect_both(longest + "n", ENAMETOOLONG);
  expect_both(longest + "/" + longest + "n", ENAMETOOLONG);
  expect_both(longest + "n/a", ENAMETOOLONG);

  // PATH_MAX counts the NUL; such a path is made step by step.
  const std::string step(255, 'd');
  std::string path;
  int directory = ::open(root.path().c_str(), O_PATH | O_CLOEXEC);
  for (int i = 0; i < 15; ++i) {
    ASSERT_EQ(mkdirat(directory, step.c_str(), 0755), 0);
    const int next = openat(directory, step.c_str(), O_PATH | O_CLOEXEC);
    close(directory);
    directory = next;
    path += step + "/";
  }
  const std::string name(4095 - path.size(), 'f');
  const int file = openat(directory, name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  ASSERT_GE(file, 0);
  close(file);
  close(directory);
  expect_both(path + name, 0);
  expect_both(path + name + "f", ENAMETOOLONG);
}

// Spellings that the resolver of targets never makes, but that must not do harm.
TEST_P(PosixFileSystemTest, OddSpellings) {
  EXPECT_EQ(content("dir//b.txt"), "in dir");
  EXPECT_EQ(content("./dir/./b.txt"), "in dir");
  EXPECT_EQ(look("dir/"), 0);
  EXPECT_EQ(look("dir/."), 0);
  expect_both("a.txt/", ENOTDIR);
  expect_both("a.txt/.", ENOTDIR);
  // The walk refuses "..", the kernel follows it as long as it stays beneath.
  EXPECT_EQ(open("dir/../a.txt"), by_kernel() ? 0 : EXDEV);
}

TEST_P(PosixFileSystemTest, RootsThatCanNotBeServed) {
  const auto message = [](const std::string& path) {
    const auto opened = PosixFileSystem::open_root(path, SymlinkPolicy::beneath, GetParam());
    return opened.ok() ? "" : opened.error().message;
  };
  EXPECT_EQ(message(root / "missing"),
            "cannot serve " + (root / "missing") + ": No such file or directory");
  EXPECT_EQ(message("missing/beside"), "cannot serve missing/beside: No such file or directory");
  EXPECT_EQ(message(root / "a.txt"), "cannot serve " + (root / "a.txt") + ": Not a directory");
  EXPECT_EQ(message(root / "dir"), "");
  EXPECT_EQ(message("/"), "");
}

TEST_P(PosixFileSystemTest, RootsWithoutDescriptors) {
  std::vector<int> all;
  for (int copy; (copy = dup(0)) >= 0 && all.size() < 100'000;) all.push_back(copy);
  const bool exhausted = errno == EMFILE;
  std::vector<std::string> messages;
  for (const std::string& path : {std::string("."), root.path()}) {
    const auto opened = PosixFileSystem::open_root(path, SymlinkPolicy::beneath, GetParam());
    messages.push_back(opened.ok() ? "" : opened.error().message);
  }
  for (const int copy : all) close(copy);
  if (exhausted) {
    EXPECT_EQ(messages[0], "cannot serve .: Too many open files");
    EXPECT_EQ(messages[1], "cannot serve " + root.path() + ": Too many open files");
  }
}

// Descriptors run out: an error, nothing left open, and it works again afterwards.
TEST_P(PosixFileSystemTest, WithoutDescriptors) {
  std::vector<int> all;
  for (int copy; (copy = dup(0)) >= 0 && all.size() < 100'000;) all.push_back(copy);
  ASSERT_FALSE(all.empty());
  if (errno == EMFILE) {
    EXPECT_EQ(look("a.txt"), EMFILE);
    EXPECT_EQ(open("dir/b.txt"), EMFILE);
    // One is enough for a look; the walk needs two beneath a directory.
    close(all.back());
    all.pop_back();
    EXPECT_EQ(look("a.txt"), 0);
    EXPECT_EQ(look("dir/b.txt"), by_kernel() ? 0 : EMFILE);
  }
  for (const int copy : all) close(copy);
  EXPECT_EQ(look("dir/b.txt"), 0);
}

}  // namespace
}  // namespace io
