#include "io/local_devices.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace io {
namespace {

class LocalDevicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GE(memory_, 0);
    ASSERT_GE(processes_, 0);
  }
  void TearDown() override {
    close(memory_);
    close(processes_);
  }

  const int memory_ = memfd_create("local", MFD_CLOEXEC);  // on tmpfs
  const int processes_ = open("/proc", O_PATH | O_CLOEXEC);
  LocalDevices devices_;
};

TEST_F(LocalDevicesTest, IsByTheKindOfFileSystem) {
  EXPECT_FALSE(devices_.is_local(7));
  devices_.learn(memory_, 7);
  devices_.learn(processes_, 8);
  EXPECT_TRUE(devices_.is_local(7));
  EXPECT_FALSE(devices_.is_local(8));
  EXPECT_FALSE(devices_.is_local(9));
}

TEST_F(LocalDevicesTest, IsAskedOnce) {
  devices_.learn(memory_, 7);
  devices_.learn(processes_, 7);
  EXPECT_TRUE(devices_.is_local(7));
}

TEST_F(LocalDevicesTest, WhatCanNotBeAskedStaysUnknown) {
  devices_.learn(-1, 7);
  EXPECT_FALSE(devices_.is_local(7));
  devices_.learn(memory_, 7);
  EXPECT_TRUE(devices_.is_local(7));
}

// Not local, so that nothing waits where it must not.
TEST_F(LocalDevicesTest, MoreThanItHasRoomForStayUnknown) {
  for (uint64_t device = 1; device <= 20; ++device) devices_.learn(memory_, device);
  for (uint64_t device = 1; device <= 20; ++device) {
    EXPECT_EQ(devices_.is_local(device), device <= 16) << device;
  }
}

}  // namespace
}  // namespace io
