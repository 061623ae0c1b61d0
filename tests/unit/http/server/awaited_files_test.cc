// Calls that wait for the disk become jobs and find their answers when they are made again.
#include "http/server/awaited_files.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/support/memory_file_system.h"

namespace http::server {
namespace {

using Call = test_support::MemoryFileSystem::Call;

constexpr uint32_t kJobs = 20;

// Jobs that are made when the test says so, by the same files without their errors.
class HeldJobs final : public FileJobs {
 public:
  void submit(FileJob& job) override { waiting.push_back(&job); }
  void withdraw(const FileJobOwner&) override { waiting.clear(); }

  void make(core::FileSystem& files) {
    FileJob& job = *waiting.front();
    waiting.pop_front();
    make_calls(job, files);
    job.owner->on_answer(job);
  }

  std::deque<FileJob*> waiting;
};

class AwaitedFilesTest : public ::testing::Test {
 protected:
  AwaitedFilesTest() {
    disk.put("a", "content of a", 1);
    disk.put("b", "content of b", 1);
    for (const Call call : {Call::look, Call::open, Call::list, Call::refresh})
      set_cold(call, true);
  }

  void set_cold(Call call, bool cold) { disk.fail_always(call, cold ? core::kWouldWait : 0); }
  // The next job's calls are made by who may wait.
  void answer_one() {
    for (const Call call : {Call::look, Call::open, Call::list, Call::refresh}) {
      set_cold(call, false);
    }
    jobs.make(disk);
    for (const Call call : {Call::look, Call::open, Call::list, Call::refresh})
      set_cold(call, true);
  }
  bool would_wait(const char* path) {
    const auto status = files.status(path);
    return !status.ok() && status.error().number == core::kWouldWait;
  }
  static core::Handle client(uint32_t number) { return core::Handle{number, 1}; }

  test_support::MemoryFileSystem disk;
  HeldJobs jobs;
  core::CachedClock clock;
  int wakes = 0;
  AwaitedFiles files{disk, jobs, clock, 100, kJobs, 3, [this] { ++wakes; }};
};

TEST_F(AwaitedFilesTest, AnswersARequestThatIsMadeAgain) {
  ASSERT_TRUE(would_wait("a"));
  files.join(client(1));
  ASSERT_EQ(jobs.waiting.size(), 1U);
  answer_one();
  EXPECT_EQ(wakes, 1);
  int asked = 0;
  files.resume([&](core::Handle who, int64_t) {
    ++asked;
    EXPECT_EQ(who, client(1));
    EXPECT_EQ(files.status("a").value().size, 12U);
  });
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(files.jobs_in_use(), 0U);
  EXPECT_TRUE(would_wait("a")) << "an answer is for those who have waited";
  files.join(client(1));
}

TEST_F(AwaitedFilesTest, GoesOnWithTheNextCallOfTheSameRequest) {
  ASSERT_TRUE(would_wait("a"));
  files.join(client(1));
  answer_one();
  files.resume([&](core::Handle who, int64_t) {
    EXPECT_TRUE(files.status("a").ok());
    EXPECT_EQ(files.open("a").error().number, core::kWouldWait);
    files.join(who);
  });
  ASSERT_EQ(jobs.waiting.size(), 1U);
  answer_one();
  files.resume([&](core::Handle, int64_t) {
    EXPECT_TRUE(files.status("a").ok()) << "the answer of before";
    const core::FileId file = files.open("a").value();
    char bytes[20];
    disk.fail_always(Call::read, core::kWouldWait);
    EXPECT_EQ(files.status(file).value().size, 12U);
    EXPECT_EQ(files.read(file, bytes, sizeof(bytes), 0).value(), 12U);
    EXPECT_EQ(std::string(bytes, 12), "content of a");
    EXPECT_EQ(files.read(file, bytes, sizeof(bytes), 12).value(), 0U);
    files.close(file);
    EXPECT_EQ(files.open("a").error().number, core::kWouldWait) << "a file is opened once";
    files.join(client(1));
  });
  disk.fail_always(Call::read, 0);
  answer_one();
  files.resume([](core::Handle, int64_t) {});  // nobody takes the file: it is closed
  EXPECT_EQ(files.jobs_in_use(), 0U);
  EXPECT_EQ(disk.open_files(), 0U);
}

TEST_F(AwaitedFilesTest, OthersJoinUntilItBegins) {
  for (uint32_t number = 1; number <= 2; ++number) {
    ASSERT_TRUE(would_wait("a"));
    files.join(client(number));
  }
  EXPECT_EQ(jobs.waiting.size(), 1U);
  jobs.waiting.front()->begun = true;
  ASSERT_TRUE(would_wait("a"));
  files.join(client(3));
  EXPECT_EQ(jobs.waiting.size(), 2U) << "its answer could be older than the request";
  ASSERT_TRUE(would_wait("b"));
  files.join(client(4));
  EXPECT_EQ(jobs.waiting.size(), 3U);
}

TEST_F(AwaitedFilesTest, BoundsThoseWhoWaitAndTheJobs) {
  for (uint32_t number = 1; number <= 4; ++number) {
    ASSERT_TRUE(would_wait("a"));
    files.join(client(number));
  }
  EXPECT_EQ(jobs.waiting.size(), 2U) << "three may wait for one job";
  for (uint32_t number = 2; number < kJobs; ++number) {
    ASSERT_TRUE(would_wait(std::to_string(number).c_str()));
    files.join(client(number));
  }
  EXPECT_EQ(files.status("b").error().number, EAGAIN);
  EXPECT_TRUE(files.refresh_root()) << "believed to be as it was";
  EXPECT_EQ(jobs.waiting.size(), kJobs);
}

TEST_F(AwaitedFilesTest, TellsErrorsAndListsDirectories) {
  ASSERT_TRUE(would_wait("missing"));
  EXPECT_EQ(files.list("", 10).error().number, core::kWouldWait);
  EXPECT_FALSE(files.refresh_root());
  files.join(client(1));
  ASSERT_EQ(jobs.waiting.size(), 1U) << "what a request needs is asked for together";
  answer_one();
  files.resume([&](core::Handle, int64_t) {
    EXPECT_EQ(files.status("missing").error().number, ENOENT);
    EXPECT_EQ(files.list("", 10).value().entries.size(), 2U);
    EXPECT_TRUE(files.refresh_root());
  });
}

TEST_F(AwaitedFilesTest, FileThatChangesWhileItIsReadIsNeitherVersion) {
  EXPECT_EQ(files.open("a").error().number, core::kWouldWait);
  files.join(client(1));
  disk.before(Call::read, [this] { disk.write("a", "longer content of a", 2); });
  answer_one();
  disk.before(Call::read, nullptr);
  files.resume([&](core::Handle, int64_t) { EXPECT_EQ(files.open("a").error().number, EAGAIN); });
  EXPECT_EQ(disk.open_files(), 0U);
}

// Its bytes may be sent from the file, behind a head that says what status() did.
TEST_F(AwaitedFilesTest, FileThatHasChangedSinceItWasReadIsAsItIsNow) {
  EXPECT_EQ(files.open("a").error().number, core::kWouldWait);
  files.join(client(1));
  answer_one();
  disk.write("a", "longer content of a", 2);
  files.resume([&](core::Handle, int64_t) {
    const core::FileId file = files.open("a").value();
    char bytes[20];
    EXPECT_EQ(files.status(file).value(), disk.at("a").status);
    EXPECT_EQ(files.read(file, bytes, sizeof(bytes), 0).value(), 19U);
    EXPECT_EQ(std::string(bytes, 19), "longer content of a");
    files.close(file);
  });
}

}  // namespace
}  // namespace http::server
