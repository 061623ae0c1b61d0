#include "io/warm_files.h"

#include <gtest/gtest.h>

#include "core/file_system.h"

namespace io {

namespace {

constexpr uint64_t kNow = 5'000'000'000;

core::FileStatus status_of(uint64_t device, uint64_t inode) {
  core::FileStatus status;
  status.device = device;
  status.inode = inode;
  return status;
}

FileRange range_of(const core::FileStatus& status) {
  return {.descriptor = 7, .offset = 0, .length = 100, .version = &status};
}

TEST(WarmFiles, BelievesAnAnswerForATime) {
  WarmFiles warm;
  const core::FileStatus status = status_of(1, 2);
  EXPECT_FALSE(warm.has(range_of(status), 99, kNow));
  warm.note(range_of(status), 99, kNow);
  EXPECT_TRUE(warm.has(range_of(status), 99, kNow));
  EXPECT_TRUE(warm.has(range_of(status), 99, kNow + WarmFiles::kTrust - 1));
  EXPECT_FALSE(warm.has(range_of(status), 99, kNow + WarmFiles::kTrust));
}

// The last byte speaks for those before it in its piece, and for no others.
TEST(WarmFiles, KnowsHowFar) {
  WarmFiles warm;
  const core::FileStatus status = status_of(1, 2);
  const uint64_t second = kFileQuantum + 1'000;
  warm.note(range_of(status), second, kNow);
  EXPECT_TRUE(warm.has(range_of(status), second, kNow));
  EXPECT_TRUE(warm.has(range_of(status), second - 1'000, kNow));
  EXPECT_FALSE(warm.has(range_of(status), second + 1, kNow));
  EXPECT_FALSE(warm.has(range_of(status), second - 1'001, kNow)) << "of the piece before";
}

// A descriptor may be that of another file by now.
TEST(WarmFiles, TellsFilesApart) {
  WarmFiles warm;
  const core::FileStatus status = status_of(1, 2);
  const core::FileStatus same_place = status_of(1, 2 + 256);
  const core::FileStatus other_device = status_of(2, 2);
  warm.note(range_of(status), 99, kNow);
  EXPECT_FALSE(warm.has(range_of(same_place), 99, kNow));
  EXPECT_FALSE(warm.has(range_of(other_device), 99, kNow));
  warm.note(range_of(same_place), 99, kNow);
  EXPECT_FALSE(warm.has(range_of(status), 99, kNow)) << "its place was taken";
}

TEST(WarmFiles, KnowsNothingOfAFileWithoutAVersion) {
  WarmFiles warm;
  const FileRange file{.descriptor = 7, .offset = 0, .length = 100};
  warm.note(file, 99, kNow);
  EXPECT_FALSE(warm.has(file, 99, kNow));
}

}  // namespace

}  // namespace io
