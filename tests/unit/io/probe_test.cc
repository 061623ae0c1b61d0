#include "io/probe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "io/uring_backend.h"
#include "tests/support/faults.h"

namespace io {
namespace {

using test_support::Call;
using test_support::Fault;
using test_support::UringTap;

// The verdict agrees with whether a ring can be made, and is one line.
TEST(WhyNotUring, AgreesWithTheBackend) {
  const std::string reason = why_not_uring();
  EXPECT_EQ(reason.find('\n'), std::string::npos);
  const auto backend = UringBackend::create(Capacity{1, 1});
  if (!backend.ok()) {
    EXPECT_NE(reason.find(backend.error().message), std::string::npos) << reason;
  }
  if (reason.empty()) {
    EXPECT_TRUE(backend.ok());
  }
}

TEST(WhyNotUring, SaysWhatFailed) {
  {
    const Fault fault(Call::uring_setup, EPERM);
    EXPECT_NE(why_not_uring().find("Operation not permitted (forbidden by the sandbox"),
              std::string::npos);
  }
  {
    const Fault fault(Call::uring_setup, ENOSYS);
    EXPECT_EQ(why_not_uring(), "io_uring_setup: Function not implemented");
  }
  if (!why_not_uring().empty()) GTEST_SKIP() << why_not_uring();
  const Fault fault(Call::socket_pair, EMFILE);
  EXPECT_EQ(why_not_uring(), "socketpair: Too many open files");
}

// Before Linux 6.0 the kernel refuses it.
TEST(WhyNotUring, MultishotReceiveIsNeeded) {
  if (!why_not_uring().empty()) GTEST_SKIP() << why_not_uring();
  constexpr uint8_t kNoOperation = 255;
  UringTap tap;
  tap.on_submission = [](io_uring_sqe& sqe) {
    if (sqe.opcode == IORING_OP_RECV) sqe.opcode = kNoOperation;
  };
  EXPECT_EQ(why_not_uring(), "multishot receive: Invalid argument (Linux 6.0 or newer is needed)");
}

TEST(WhyNotUring, AReceiveThatSaysNothingIsNotWaitedForForEver) {
  if (!why_not_uring().empty()) GTEST_SKIP() << why_not_uring();
  UringTap tap;
  tap.on_submission = [](io_uring_sqe& sqe) {
    if (sqe.opcode != IORING_OP_RECV) return;
    const uint64_t user_data = sqe.user_data;
    io_uring_prep_poll_add(&sqe, sqe.fd, 0);
    sqe.user_data = user_data;
  };
  EXPECT_EQ(why_not_uring(), "multishot receive gave no completion");
}

TEST(WhyNotUring, IsTheSameEveryTimeAndLeavesNothingOpen) {
  const std::string first = why_not_uring();
  const int before = dup(0);
  close(before);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(why_not_uring(), first);
  const int after = dup(0);
  close(after);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace io
