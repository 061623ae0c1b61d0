// Contract 5: sends of file ranges.
//
// A file goes out by sendfile, which can not be told to raise no SIGPIPE. The contract therefore
// asks the process to ignore it, and so do these tests (and only these).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <csignal>
#include <string>

#include "tests/contract/backend_fixture.h"

namespace contract {

template <class B>
class FileContract : public BackendTest<B> {
 public:
  void SetUp() override {
    previous_ = signal(SIGPIPE, SIG_IGN);
    BackendTest<B>::SetUp();
  }
  void TearDown() override {
    BackendTest<B>::TearDown();
    signal(SIGPIPE, previous_);
  }

  // Sends all of it and checks what the peer got.
  void expect_delivered(Connection& connection, Outgoing outgoing, std::string_view expected) {
    const std::size_t before = connection.peer_received.size();
    this->send_all(connection, std::move(outgoing));
    ASSERT_TRUE(this->run_until([&] {
      return connection.sent_all() && connection.peer_received.size() >= before + expected.size();
    }));
    EXPECT_EQ(difference(std::string_view(connection.peer_received).substr(before), expected), "");
  }

 private:
  void (*previous_)(int) = nullptr;
};
TYPED_TEST_SUITE(FileContract, Backends, BackendNames);

TYPED_TEST(FileContract, HeadAndFile) {
  const int file = this->keep(make_file(1, 30'000));
  Connection& connection = this->connect();
  this->expect_delivered(connection, {{"head one, ", "head two: "}, {file, 0, 30'000}},
                         "head one, head two: " + pattern(1, 0, 30'000));
}

TYPED_TEST(FileContract, OffsetAndLength) {
  const int file = this->keep(make_file(2, 50'000));
  Connection& connection = this->connect();
  for (const auto& [offset, length] :
       {std::pair{0U, 1U}, {1U, 4095U}, {4095U, 2U}, {12'345U, 30'001U}, {49'999U, 1U}}) {
    this->expect_delivered(connection, {{"part "}, {file, offset, length}},
                           "part " + pattern(2, offset, length));
  }
}

TYPED_TEST(FileContract, NoHead) {
  const int file = this->keep(make_file(3, 10'000));
  Connection& connection = this->connect();
  this->expect_delivered(connection, {{}, {file, 0, 10'000}}, pattern(3, 0, 10'000));
}

TYPED_TEST(FileContract, EmptyHead) {
  const int file = this->keep(make_file(3, 10'000));
  Connection& connection = this->connect();
  this->expect_delivered(connection, {{""}, {file, 0, 10'000}}, pattern(3, 0, 10'000));
}

// The fixture fails if a completion moves more than kFileQuantum.
TYPED_TEST(FileContract, LargerThanTheQuantum) {
  const std::size_t size = 5 * io::kFileQuantum + 12'345;
  const int file = this->keep(make_file(4, size));
  Connection& connection = this->connect();
  this->expect_delivered(connection, {{"head "}, {file, 0, size}}, "head " + pattern(4, 0, size));
  EXPECT_GE(connection.send_results.size(), 6U);
}

TYPED_TEST(FileContract, SlowReaderSmallBuffers) {
  const int file = this->keep(make_file(5, 400'000));
  Connection& connection = this->connect({.send_buffer = 4096, .peer_receive_buffer = 4096});
  connection.peer_reads_at_most = 1500;
  this->expect_delivered(connection, {{"head "}, {file, 0, 400'000}},
                         "head " + pattern(5, 0, 400'000));
}

TYPED_TEST(FileContract, BigHeadThatDoesNotFit) {
  const int file = this->keep(make_file(6, 100'000));
  const std::string head = pattern(7, 0, 1'000'000);
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  this->expect_delivered(connection, {{head}, {file, 0, 100'000}}, head + pattern(6, 0, 100'000));
}

TYPED_TEST(FileContract, AFileThatEndsEarly) {
  const int file = this->keep(make_file(8, 10'000));
  Connection& connection = this->connect();
  this->send_all(connection, {{"head "}, {file, 0, 15'000}});
  ASSERT_TRUE(
      this->run_until([&] { return !connection.sending && connection.send_results.back() < 0; }));
  EXPECT_EQ(connection.send_results.back(), -ENODATA);
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= 10'005; }));
  this->expect_peer_received(connection, "head " + pattern(8, 0, 10'000));
}

TYPED_TEST(FileContract, AFileThatShrinksWhileItIsSent) {
  const int file = this->keep(make_file(9, 4'000'000));
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads = false;
  this->send_all(connection, {{}, {file, 0, 4'000'000}});
  this->run_turns(20);
  ASSERT_TRUE(connection.sending);
  ASSERT_EQ(ftruncate(file, 1'000), 0);
  connection.peer_reads = true;
  ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
  EXPECT_EQ(connection.send_results.back(), -ENODATA);
}

TYPED_TEST(FileContract, AnOffsetBehindTheEnd) {
  const int file = this->keep(make_file(10, 100));
  Connection& connection = this->connect();
  this->send_all(connection, {{}, {file, 1'000'000, 10}});
  ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
  EXPECT_EQ(connection.send_results, std::vector<int32_t>{-ENODATA});
}

// io_uring's operations and direct calls take turns on one socket.
TYPED_TEST(FileContract, MemoryAndFilesAlternate) {
  const int file = this->keep(make_file(11, 20'000));
  Connection& connection = this->connect();
  for (int round = 0; round < 20; ++round) {
    this->expect_delivered(connection, {{"memory"}}, "memory");
    this->expect_delivered(connection, {{"head "}, {file, 0, 20'000}},
                           "head " + pattern(11, 0, 20'000));
    this->expect_delivered(connection, {{"more ", "memory"}}, "more memory");
    const std::string heard = pattern(12, 0, 5'000);
    connection.received.clear();
    ASSERT_EQ(connection.peer.write(heard), 5'000);
    ASSERT_TRUE(this->run_until([&] { return connection.received.size() >= heard.size(); }));
    this->expect_received(connection, heard);
    if (round % 4 == 0) {
      this->pause(connection);
      this->run_turns(1);
      this->resume(connection);
    }
  }
}

// Its recv is armed anew while a file is on its way.
TYPED_TEST(FileContract, RecvIsPausedAndResumedAroundAFileSend) {
  const int file = this->keep(make_file(13, 2'000'000));
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads_at_most = 30'000;
  connection.to_backend = pattern(14, 0, 400'000);
  this->send_all(connection, {{"head "}, {file, 0, 2'000'000}});
  int turn = 0;
  ASSERT_TRUE(this->run_until([&] {
    if (++turn % 3 == 0) this->pause(connection);
    if (turn % 3 == 1 && connection.paused) this->resume(connection);
    return connection.sent_all() && connection.received.size() >= 400'000 &&
           connection.peer_received.size() >= 2'000'005;
  }));
  this->expect_received(connection, connection.to_backend);
  this->expect_peer_received(connection, "head " + pattern(13, 0, 2'000'000));
}

// A memory send that waits for room after a file was sent, on the same socket.
TYPED_TEST(FileContract, AMemorySendWaitsAfterAFile) {
  const int file = this->keep(make_file(15, 5'000));
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  this->expect_delivered(connection, {{}, {file, 0, 5'000}}, pattern(15, 0, 5'000));
  const std::string_view much = this->keep(pattern(16, 0, 2'000'000));
  connection.peer_reads = false;
  this->send_all(connection, {{much}});
  this->run_turns(20);
  ASSERT_TRUE(connection.sending);
  connection.peer_reads = true;
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= 2'005'000; }));
  this->expect_peer_received(connection, pattern(15, 0, 5'000) + std::string(much));
}

TYPED_TEST(FileContract, ToAPeerThatReset) {
  const int file = this->keep(make_file(17, 5'000));
  Connection& connection = this->connect();
  this->pause(connection);
  this->run_turns(1);
  connection.peer.reset();
  for (int round = 0; round < 3; ++round) {
    this->send(connection, {{}, {file, 0, 5'000}});
    ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
    EXPECT_LT(connection.send_results.back(), 0);
    this->send(connection, {{"head "}, {file, 0, 5'000}});
    ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
    EXPECT_LT(connection.send_results.back(), 0);
  }
}

TYPED_TEST(FileContract, ResetWhileAFileWaits) {
  const int file = this->keep(make_file(18, 4'000'000));
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads = false;
  this->send_all(connection, {{"head "}, {file, 0, 4'000'000}});
  this->run_turns(20);
  ASSERT_TRUE(connection.sending);
  connection.peer.reset();
  ASSERT_TRUE(
      this->run_until([&] { return !connection.sending && connection.recv_end.has_value(); }));
  EXPECT_LT(connection.send_results.back(), 0);
}

// --- the disk ---------------------------------------------------------------------------------

// Drops a file from the page cache; true if the kernel now says that reading would wait.
bool make_cold(int file) {
  fsync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  char byte;
  const iovec slice{&byte, 1};
  return preadv2(file, &slice, 1, 0, RWF_NOWAIT) < 0 && errno == EAGAIN;
}

TYPED_TEST(FileContract, AFileThatIsNotInThePageCache) {
  const std::size_t size = 3 * io::kFileQuantum + 1;
  const int file = this->keep(make_file(21, size));
  Connection& connection = this->connect();
  const bool cold = make_cold(file);
  const uint64_t waits = this->backend_->counters().disk_waits;
  this->expect_delivered(connection, {{"head "}, {file, 0, size}}, "head " + pattern(21, 0, size));
  if (cold) {
    EXPECT_GT(this->backend_->counters().disk_waits, waits);
  }
}

TYPED_TEST(FileContract, ManyColdFilesWhileOthersGoOn) {
  const std::vector<Connection*> many = this->connect_many(20);
  std::vector<int> files;
  for (std::size_t i = 0; i < many.size(); ++i) files.push_back(this->keep(make_file(i, 300'000)));
  for (const int file : files) make_cold(file);
  for (std::size_t i = 0; i < many.size(); ++i) {
    this->send_all(*many[i], {{}, {files[i], 0, 300'000}});
  }
  Connection& other = this->connect();
  this->expect_delivered(other, {{"meanwhile"}}, "meanwhile");
  for (std::size_t i = 0; i < many.size(); ++i) {
    ASSERT_TRUE(this->run_until([&] { return many[i]->peer_received.size() >= 300'000; }));
    this->expect_peer_received(*many[i], pattern(i, 0, 300'000));
  }
}

// Closed while it waits for the disk; the next occupant of the index sends something else.
TYPED_TEST(FileContract, CloseWhileTheFileIsCold) {
  const int file = this->keep(make_file(22, 300'000));
  for (int round = 0; round < 20; ++round) {
    Connection& connection = this->connect();
    this->run_turns(1);
    make_cold(file);
    this->send(connection, {{}, {file, 0, 300'000}});
    this->turn(0);
    if (round % 2 == 0) this->run_turns(1);
    this->close_fully(connection);
    this->forget_closed();
    Connection& next = this->connect();
    make_cold(file);
    this->expect_delivered(next, {{"next "}, {file, 0, 300'000}},
                           "next " + pattern(22, 0, 300'000));
    this->close_fully(next);
    this->forget_closed();
  }
}

// --- versions ---------------------------------------------------------------------------------

core::FileStatus version_of(int file) {
  struct stat attributes;
  CHECK(fstat(file, &attributes) == 0);
  core::FileStatus status;
  status.size = static_cast<uint64_t>(attributes.st_size);
  status.modified = int64_t{attributes.st_mtim.tv_sec} * 1'000'000'000 + attributes.st_mtim.tv_nsec;
  return status;
}

TYPED_TEST(FileContract, AnUnchangedVersionIsDelivered) {
  const int file = this->keep(make_file(23, 2'000'000));
  const core::FileStatus version = version_of(file);
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads_at_most = 100'000;
  this->expect_delivered(connection, {{"head "}, {file, 0, 2'000'000, &version}},
                         "head " + pattern(23, 0, 2'000'000));
}

// What was announced some time ago is looked at before anything of it is sent.
TYPED_TEST(FileContract, AnOldVersionIsNotMixed) {
  const int file = this->keep(make_file(26, 10'000));
  const core::FileStatus version = version_of(file);
  Connection& connection = this->connect({});
  this->expect_delivered(connection, {{"head "}, {file, 0, 10'000, &version, true}},
                         "head " + pattern(26, 0, 10'000));
  const std::string other = pattern(27, 0, 10'000);
  ASSERT_EQ(pwrite(file, other.data(), other.size(), 0), 10'000);
  this->send_all(connection, {{"head "}, {file, 0, 10'000, &version, true}});
  ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
  EXPECT_EQ(connection.send_results.back(), -ESTALE);
  EXPECT_EQ(connection.peer_received, "head " + pattern(26, 0, 10'000));
}

TYPED_TEST(FileContract, AVersionThatChangesDuringAWaitIsNotMixed) {
  const int file = this->keep(make_file(24, 2'000'000));
  const core::FileStatus version = version_of(file);
  Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  connection.peer_reads = false;
  this->send_all(connection, {{}, {file, 0, 2'000'000, &version}});
  this->run_turns(20);
  ASSERT_TRUE(connection.sending);
  const std::string other = pattern(25, 0, 2'000'000);
  ASSERT_EQ(pwrite(file, other.data(), other.size(), 0), 2'000'000);
  const uint64_t sent = 2'000'000 - connection.unsent.size();
  connection.peer_reads = true;
  ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
  EXPECT_EQ(connection.send_results.back(), -ESTALE);
  EXPECT_EQ(2'000'000 - connection.unsent.size(), sent);
}

// Several large files to several peers: each one moves on in every turn.
TYPED_TEST(FileContract, ManyLargeFilesAtOnce) {
  const std::size_t size = 3 * io::kFileQuantum;
  const int file = this->keep(make_file(19, size));
  const std::string expected = pattern(19, 0, size);
  const std::vector<Connection*> many = this->connect_many(12);
  for (Connection* connection : many) this->send_all(*connection, {{}, {file, 0, size}});
  for (Connection* connection : many) {
    ASSERT_TRUE(this->run_until([&] { return connection->peer_received.size() >= size; }));
    this->expect_peer_received(*connection, expected);
  }
}

TYPED_TEST(FileContract, FromMemoryFileSystem) {
  Descriptor file(memfd_create("contract", MFD_CLOEXEC));
  ASSERT_TRUE(file.is_open());
  const std::string content = pattern(20, 0, 100'000);
  ASSERT_EQ(write(file.get(), content.data(), content.size()), 100'000);
  Connection& connection = this->connect();
  this->expect_delivered(connection, {{}, {file.get(), 0, 100'000}}, content);
}

}  // namespace contract
