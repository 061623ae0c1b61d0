// The contract while the kernel fails: calls that give an error which no test can bring about
// otherwise, files that are not in the page cache, requests of io_uring that end early.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <cerrno>
#include <string>
#include <vector>

#include "io/cold_sends.h"
#include "tests/contract/backend_fixture.h"
#include "tests/support/faults.h"

namespace contract {

using test_support::Call;
using test_support::Fault;
using test_support::UringTap;

template <class B>
class FaultContract : public BackendTest<B> {
 public:
  void expect_delivered(Connection& connection, Outgoing outgoing, std::string_view expected) {
    const std::size_t before = connection.peer_received.size();
    this->send_all(connection, std::move(outgoing));
    ASSERT_TRUE(this->run_until([&] {
      return connection.sent_all() && connection.peer_received.size() >= before + expected.size();
    }));
    EXPECT_EQ(difference(std::string_view(connection.peer_received).substr(before), expected), "");
  }

  void expect_heard(Connection& connection, std::string bytes) {
    connection.to_backend = std::move(bytes);
    ASSERT_TRUE(this->run_until(
        [&] { return connection.received.size() >= connection.to_backend.size(); }));
    this->expect_received(connection, connection.to_backend);
  }

  // What create() says when a call fails, and that it leaves nothing open.
  std::string why_not(Call call, int error, uint32_t spared = 0) {
    const int before = count_descriptors();
    const Fault fault(call, error, Fault::kAlways, spared);
    const auto created = B::create(io::Capacity{1, 1});
    EXPECT_EQ(count_descriptors(), before);
    EXPECT_GT(fault.struck(), 0U);
    return created.ok() ? "" : created.error().message;
  }
};
TYPED_TEST_SUITE(FaultContract, Backends, BackendNames);

using EpollFault = FaultContract<io::EpollBackend>;
using UringFault = FaultContract<io::UringBackend>;

// --- start ------------------------------------------------------------------------------------

TEST_F(EpollFault, CreateSaysWhatFailed) {
  EXPECT_NE(why_not(Call::epoll_create, EMFILE).find("epoll_create1"), std::string::npos);
  EXPECT_NE(why_not(Call::event_descriptor, EMFILE).find("eventfd"), std::string::npos);
  EXPECT_NE(why_not(Call::epoll_control, ENOSPC).find("No space left"), std::string::npos);
}

TEST_F(UringFault, CreateSaysWhatFailed) {
  EXPECT_NE(why_not(Call::uring_setup, EPERM).find("Operation not permitted"), std::string::npos);
  EXPECT_NE(why_not(Call::uring_setup, EINVAL).find("io_uring_setup"), std::string::npos);
  EXPECT_NE(why_not(Call::event_descriptor, EMFILE).find("eventfd"), std::string::npos);
  EXPECT_NE(why_not(Call::uring_buffers, EINVAL).find("io_uring buffer ring"), std::string::npos);
}

// Kernels that lack the newer flags answer EINVAL to them.
TEST_F(UringFault, RunsWithoutTheNewestFlags) {
  for (const uint32_t refused : {1U, 2U}) {
    this->stop();
    const Fault fault(Call::uring_setup, EINVAL, refused);
    this->start(io::Capacity{64, 4});
    if (this->IsSkipped()) return;
    EXPECT_EQ(fault.struck(), refused);
    Connection& connection = this->connect();
    this->expect_heard(connection, pattern(1, 0, 100'000));
    this->expect_delivered(connection, {{"answer"}}, "answer");
  }
}

// Whatever the kernel had to say last: nothing is left open and nothing is sent from memory that is
// gone.
TYPED_TEST(FaultContract, EndsWithCompletionsThatNobodyTook) {
  auto created = TypeParam::create(io::Capacity{8'192, 4});
  if (!created.ok()) GTEST_SKIP() << created.error().message;
  const int descriptors = count_descriptors();
  std::unique_ptr<TypeParam> backend = std::move(created.value());
  LoopbackListener listener;
  const uint16_t port = listener.port;
  const uint32_t index = backend->add_listener(listener.descriptor.release());
  backend->resume_accept(index);
  backend->read_clock();
  backend->wait(this->now());
  std::vector<Peer> peers;
  {
    DescriptorLimit limit;
    limit.lift();
    for (int i = 0; i < 3; ++i) peers.push_back(Peer::connect(port));
  }
  backend->waker().wake();
  backend->read_clock();
  backend->wait(this->now() + this->kMillisecond);
  backend->read_clock();
  backend->wait(this->now() + this->kMillisecond);
  backend.reset();
  peers.clear();
  EXPECT_LE(count_descriptors(), descriptors);
}

// --- sockets ----------------------------------------------------------------------------------

TYPED_TEST(FaultContract, UnacknowledgedBytesThatCanNotBeToldAreNone) {
  Connection& connection = this->connect();
  const Fault fault(Call::socket_control, ENOTTY);
  EXPECT_EQ(this->backend_->unacknowledged(connection.id), 0U);
  EXPECT_EQ(fault.struck(), 1U);
}

// POSIX lets both be interrupted, and a connection may end before it is accepted.
TEST_F(EpollFault, InterruptedCallsAreMadeAgain) {
  Connection& connection = connect();
  connection.peer_reads = false;  // it uses the same function
  {
    const Fault fault(Call::recv, EINTR, 3);
    expect_heard(connection, pattern(1, 0, 20'000));
    EXPECT_EQ(fault.struck(), 3U);
  }
  for (const int error : {EINTR, ECONNABORTED}) {
    const Fault fault(Call::accept, error, 3);
    connect();
    EXPECT_EQ(fault.struck(), 3U);
  }
  EXPECT_TRUE(refused_.empty());
}

TEST_F(EpollFault, ReceiveErrorsAreDelivered) {
  Connection& connection = connect();
  connection.peer_reads = false;  // it uses the same function
  const Fault fault(Call::recv, ETIMEDOUT, 1);
  connection.to_backend = "bytes";
  ASSERT_TRUE(run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.recv_end, -ETIMEDOUT);
}

// 3: an event of this turn may be that of a socket that was closed earlier in the turn.
TYPED_TEST(FaultContract, ClosedInTheTurnInWhichItsBytesCame) {
  const std::vector<Connection*> many = this->connect_many(8);
  this->run_turns(2);
  for (Connection* connection : many) ASSERT_EQ(connection->peer.write("x"), 1);
  bool first = true;
  this->on_completion_ = [&](const io::Completion& completion, Connection* owner) {
    if (completion.op != io::Op::recv || !std::exchange(first, false)) return;
    for (Connection* connection : many) {
      if (connection != owner) this->close(*connection);
    }
  };
  ASSERT_TRUE(this->run_until([&] {
    return std::count_if(many.begin(), many.end(),
                         [](const Connection* one) { return one->closed; }) == 7;
  }));
  this->on_completion_ = nullptr;
}

// --- the disk ---------------------------------------------------------------------------------

// 5: what a cold file delays is its own send, not the receiving on its socket.
TYPED_TEST(FaultContract, ReceivesWhileTheFileIsCold) {
  const int file = this->keep(make_file(1, 10'000));
  Connection& connection = this->connect();
  this->run_turns(1);
  {
    const Fault cold(Call::read_cached, EAGAIN);
    this->send_all(connection, {{"head "}, {file, 0, 10'000}});
    this->turn(0);
    ASSERT_GT(cold.struck(), 0U);
    for (int round = 1; round <= 5; ++round) {
      ASSERT_EQ(connection.peer.write("x"), 1);
      ASSERT_TRUE(this->run_until(
          [&] { return connection.received.size() == static_cast<std::size_t>(round); }));
    }
    for (int round = 6; round <= 10; ++round) {
      this->pause(connection);
      ASSERT_EQ(connection.peer.write("x"), 1);
      this->run_turns(2);
      this->turn(0);  // at the latest now the file has just been tried again
      this->resume(connection);
      ASSERT_TRUE(this->run_until(
          [&] { return connection.received.size() == static_cast<std::size_t>(round); }));
    }
  }
  ASSERT_TRUE(this->run_until([&] { return connection.peer_received.size() >= 10'005; }));
  this->expect_peer_received(connection, "head " + pattern(1, 0, 10'000));
}

// 5: of a file that is cached up to somewhere, so much goes out and waits for nothing.
TYPED_TEST(FaultContract, WhatIsCachedOfAFileIsSent) {
  const int file = this->keep(make_file(10, 300'000));
  Connection& connection = this->connect();
  this->run_turns(1);
  const Fault cold(Call::read_cached, EAGAIN, 1);
  this->expect_delivered(connection, {{"head "}, {file, 0, 300'000}},
                         "head " + pattern(10, 0, 300'000));
  EXPECT_EQ(cold.struck(), 1U);
  EXPECT_LE(connection.send_results.front(), 5 + 128 * 1024);
  EXPECT_EQ(this->backend_->counters().disk_waits, 0U);
}

// 5: slices first; the send that goes on with the file tells what became of it.
TYPED_TEST(FaultContract, SlicesAreToldBeforeTheEndOfTheFile) {
  const int file = this->keep(make_file(11, 1'000));
  ASSERT_EQ(ftruncate(file, 0), 0);
  Connection& connection = this->connect();
  this->send_all(connection, {{"head "}, {file, 0, 1'000}});
  ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
  ASSERT_EQ(connection.send_results.size(), 2U);
  EXPECT_EQ(connection.send_results[0], 5);
  EXPECT_EQ(connection.send_results[1], -ENODATA);
}

// 5: after a tenth of a second it is sent all the same, for the kernel may never say that it is
// cached.
TYPED_TEST(FaultContract, AFileThatStaysColdIsSent) {
  const int file = this->keep(make_file(2, 200'000));
  const Fault cold(Call::read_cached, EAGAIN);
  Connection& connection = this->connect();
  this->expect_delivered(connection, {{"head "}, {file, 0, 200'000}},
                         "head " + pattern(2, 0, 200'000));
  EXPECT_GE(this->backend_->counters().disk_waits, io::ColdSends::kTries);
}

// Sends that were closed while they waited fill the list until its next round.
TYPED_TEST(FaultContract, WithoutRoomToWaitForTheDiskItIsSentAtOnce) {
  this->restart(io::Capacity{1, 1});
  const int file = this->keep(make_file(3, 1'000));
  const Fault cold(Call::read_cached, EAGAIN);
  for (int round = 0; round < 20; ++round) {
    Connection& connection = this->connect();
    this->send(connection, {{}, {file, 0, 1'000}});
    this->turn(0);
    this->close_fully(connection);
    this->forget_closed();
    Connection& next = this->connect();
    this->expect_delivered(next, {{"next "}, {file, 0, 1'000}}, "next " + pattern(3, 0, 1'000));
    this->close_fully(next);
    this->forget_closed();
  }
}

// 5: a file that has grown or can not be looked at any more is not sent on as what it was.
TYPED_TEST(FaultContract, AFileThatChangedDuringAWaitEndsTheSend) {
  for (const bool grows : {true, false}) {
    const int file = this->keep(make_file(4, 2'000'000));
    struct stat attributes;
    ASSERT_EQ(fstat(file, &attributes), 0);
    core::FileStatus version;
    version.size = static_cast<uint64_t>(attributes.st_size);
    version.modified =
        int64_t{attributes.st_mtim.tv_sec} * 1'000'000'000 + attributes.st_mtim.tv_nsec;
    Connection& connection = this->connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
    connection.peer_reads = false;
    this->send_all(connection, {{}, {file, 0, 2'000'000, &version}});
    this->run_turns(20);
    ASSERT_TRUE(connection.sending);
    const Fault unknown(Call::file_status, EIO, grows ? 0 : Fault::kAlways);
    if (grows) {
      // Bytes more with the old time of modification.
      ASSERT_EQ(ftruncate(file, 2'000'001), 0);
      const timespec times[] = {attributes.st_atim, attributes.st_mtim};
      ASSERT_EQ(futimens(file, times), 0);
    }
    connection.peer_reads = true;
    ASSERT_TRUE(this->run_until([&] { return !connection.sending; }));
    EXPECT_EQ(connection.send_results.back(), -ESTALE);
    this->close_fully(connection);
  }
}

// --- io_uring ---------------------------------------------------------------------------------

// The kernel may end a multishot receive after any buffer.
TEST_F(UringFault, MultishotReceivesThatEndEarly) {
  UringTap tap;
  tap.on_submission = [](io_uring_sqe& sqe) {
    if (sqe.opcode == IORING_OP_RECV) {
      sqe.ioprio = static_cast<uint16_t>(sqe.ioprio & ~IORING_RECV_MULTISHOT);
    }
  };
  Connection& connection = connect();
  expect_heard(connection, pattern(5, 0, 300'000));
  pause(connection);
  run_turns(2);
  connection.to_backend += pattern(5, 300'000, 50'000);
  run_turns(5);
  EXPECT_EQ(connection.received.size(), 300'000U);
  resume(connection);
  ASSERT_TRUE(run_until([&] { return connection.received.size() == 350'000; }));
  expect_received(connection, connection.to_backend);
  connection.finish_written = true;
  ASSERT_TRUE(run_until([&] { return connection.recv_end.has_value(); }));
  EXPECT_EQ(connection.recv_end, 0);
}

// A receive that ends for a reason that passes is armed again.
TEST_F(UringFault, ReceivesThatEndForNow) {
  for (const int error : {EAGAIN, EINTR}) {
    Connection& connection = connect();
    uint32_t changed = 0;
    UringTap tap;
    tap.on_completion = [&](io_uring_cqe& cqe) {
      if (cqe.res != -ECANCELED || cqe.flags != 0) return;
      cqe.res = -error;
      ++changed;
    };
    // The first receive of a connection is a single one.
    connection.to_backend = pattern(6, 0, 100);
    ASSERT_TRUE(run_until([&] { return connection.received.size() == 100; }));
    run_turns(3);
    // Kept bytes cancel it.
    pause(connection);
    connection.to_backend = pattern(6, 0, 60'000);
    run_turns(10);
    resume(connection);
    ASSERT_TRUE(run_until([&] { return connection.received.size() == 60'000; }));
    expect_received(connection, connection.to_backend);
    EXPECT_GT(changed, 0U);
    close_fully(connection);
    forget_closed();
  }
}

// Bytes that come after a resume and before what was kept is delivered stay behind it.
TYPED_TEST(FaultContract, WhatComesAfterAResumeStaysInOrder) {
  Connection& connection = this->connect();
  this->run_turns(1);
  this->pause(connection);
  ASSERT_EQ(connection.peer.write("kept "), 5);
  this->run_turns(3);
  ASSERT_EQ(connection.peer.write("later"), 5);
  this->resume(connection);
  ASSERT_TRUE(this->run_until([&] { return connection.received.size() == 10; }));
  EXPECT_EQ(connection.received, "kept later");
}

// A send that the kernel could not begin goes on by itself.
TEST_F(UringFault, SendsThatEndForNow) {
  for (const int error : {EAGAIN, EINTR}) {
    Connection& connection = connect();
    uint32_t spoilt = 0;
    UringTap tap;
    tap.on_submission = [&](io_uring_sqe& sqe) {
      if (sqe.opcode != IORING_OP_SEND) return;
      sqe.fd = -1;
      ++spoilt;
    };
    tap.on_completion = [&](io_uring_cqe& cqe) {
      if (cqe.res == -EBADF) cqe.res = -error;
    };
    expect_delivered(connection, {{"answer"}}, "answer");
    EXPECT_GT(spoilt, 0U);
  }
}

// A cancel that finds nothing, because what it looks for is just about to run again, is repeated.
TEST_F(UringFault, CancelsThatFindNothing) {
  uint32_t spoilt = 0;
  UringTap tap;
  tap.on_submission = [&](io_uring_sqe& sqe) {
    if (sqe.opcode != IORING_OP_ASYNC_CANCEL || spoilt == 12) return;
    sqe.addr = UINT64_MAX;
    ++spoilt;
  };
  // One multishot accept, then several single ones.
  for (const uint32_t sockets : {8'192U, 64U}) {
    restart(io::Capacity{sockets, 4});
    if (IsSkipped()) return;
    run_turns(2);
    spoilt = 0;
    backend_->pause_accept(listener_);
    ASSERT_TRUE(run_until([&] { return spoilt == 12; }));
    run_turns(3);
    const Peer peer = Peer::connect(port_);
    run_turns(3);
    EXPECT_EQ(accepted_.size(), 0U);
    backend_->resume_accept(listener_);
    ASSERT_TRUE(run_until([&] { return accepted_.size() == 1; }));
  }
  Connection& connection = connect();
  connection.peer_reads = false;
  const std::string_view much = keep(pattern(7, 0, 20'000'000));
  send(connection, {{much}});
  run_turns(3);
  spoilt = 0;
  close_fully(connection);
  EXPECT_EQ(spoilt, 12U);
  // A file waits for room by a poll.
  const int file = keep(make_file(12, 2'000'000));
  Connection& waiting = connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  waiting.peer_reads = false;
  const uint64_t waits = backend_->counters().send_waits;
  send_all(waiting, {{}, {file, 0, 2'000'000}});
  ASSERT_TRUE(run_until([&] { return backend_->counters().send_waits > waits; }));
  spoilt = 0;
  close_fully(waiting);
  EXPECT_EQ(spoilt, 12U);
}

TEST_F(UringFault, AcceptsThatEndForNow) {
  restart(io::Capacity{8'192, 4});
  if (IsSkipped()) return;
  for (const int error : {EINTR, EAGAIN, ECONNABORTED}) {
    uint32_t changed = 0;
    UringTap tap;
    tap.on_completion = [&](io_uring_cqe& cqe) {
      if (cqe.res != -ECANCELED) return;
      cqe.res = -error;
      ++changed;
    };
    backend_->pause_accept(listener_);
    backend_->resume_accept(listener_);
    run_turns(2);
    connect();
    EXPECT_EQ(changed, 1U);
    EXPECT_TRUE(refused_.empty());
  }
}

// With the submission queue full and the kernel short of memory only time helps.
TEST_F(UringFault, SubmissionsThatTheKernelRefuses) {
  restart(io::Capacity{8'192, 4});
  if (IsSkipped()) return;
  const std::vector<Connection*> many = connect_many(1'500);
  run_turns(2);
  const Fault fault(Call::uring_submit, EBUSY, 100);
  for (Connection* connection : many) send(*connection, {{"answer"}});
  for (Connection* connection : many) {
    ASSERT_TRUE(run_until([&] { return connection->peer_received == "answer"; }));
  }
  EXPECT_EQ(fault.struck(), 100U);
}

// O_NONBLOCK, which a file needs and a receive must not have, changes hands within one turn, in
// either order; what is sent and received is whole all the same.
TEST_F(UringFault, AReceiveIsArmedAnewInTheTurnOfAFile) {
  UringTap tap;
  tap.on_submission = [](io_uring_sqe& sqe) {
    if (sqe.opcode == IORING_OP_RECV) {
      sqe.ioprio = static_cast<uint16_t>(sqe.ioprio & ~IORING_RECV_MULTISHOT);
    }
  };
  const std::size_t size = 3'000'000;
  const int file = keep(make_file(8, size));
  Connection& connection = connect({.send_buffer = 8192, .peer_receive_buffer = 8192});
  // Each receive carries one piece and is then armed anew, with a file on its way.
  connection.to_backend = pattern(9, 0, 1'000'000);
  send_all(connection, {{"head "}, {file, 0, size}});
  ASSERT_TRUE(run_until([&] {
    return connection.received.size() >= 1'000'000 && connection.peer_received.size() >= size + 5;
  }));
  expect_received(connection, connection.to_backend);
  expect_peer_received(connection, "head " + pattern(8, 0, size));
  // Nor does a receive that waits keep the worker busy.
  const uint64_t turns = turns_;
  const uint64_t until = now() + 30 * kMillisecond;
  while (now() < until) turn(until);
  EXPECT_LT(turns_ - turns, 20U);
}

}  // namespace contract
