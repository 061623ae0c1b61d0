#include "io/probe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "io/uring_backend.h"

namespace io {
namespace {

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
