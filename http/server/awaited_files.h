// The file system as a worker's content store sees it: a call that would have to wait for the disk
// fails with core::kWouldWait, is made by another thread meanwhile, and finds its answer when it is
// made again.
//
//   1. A load that meets such a call is given up. Its connection joins the job that the call has
//      become (join()), and the worker serves others.
//   2. When the job is answered, the worker is woken and each who has joined makes the same request
//      again (resume()). Calls find the answers of the job before they look anywhere, so this does
//      not wait either, whatever the file system caches. Should it need another call, the job goes
//      on with that one, and keeps the answers it has. What a file held is used only if it has not
//      changed since.
//
// Who asks for something that a job is going to ask for joins it, as long as it has not begun: no
// answer is older than the request that it is used for. Jobs, and who can join one, are bounded;
// beyond that calls fail with EAGAIN.
//
// One worker's, one thread, but for on_answer(). Allocates, on a miss that waits for the disk only.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/bytes.h"
#include "core/clock.h"
#include "http/server/file_jobs.h"

namespace http::server {

class AwaitedFiles final : public core::FileSystem, private FileJobOwner {
 public:
  // Everything outlives it. `prompt` never waits. Files up to `body_bytes` are read by jobs.
  // There are `jobs_at_a_time`, each with one open file at
  // most, and `most_asking` may join one. `wake` is called when a job was answered, from any
  // thread.
  AwaitedFiles(core::FileSystem& prompt, FileJobs& jobs, const core::CachedClock& clock,
               uint32_t body_bytes, uint32_t jobs_at_a_time, uint32_t most_asking,
               std::function<void()> wake);
  ~AwaitedFiles() override;
  AwaitedFiles(const AwaitedFiles&) = delete;
  AwaitedFiles& operator=(const AwaitedFiles&) = delete;

  // For the memory budget; of one job.
  static uint64_t memory_for(uint32_t body_bytes) {
    return sizeof(FileJob) + sizeof(FileCall) + body_bytes;
  }

  // After a request that ended in core::kWouldWait: `who` waits for the job that it was made part
  // of.
  void join(core::Handle who);
  // Calls ask_again(who, asked_at) for everyone whose job was answered; the answers are as old as
  // `asked_at` (seconds of the wall clock) at most. It may call join() again.
  template <class AskAgain>
  void resume(AskAgain ask_again) {
    while (FileJob* job = take_answered()) {
      current_ = job;
      asking_.swap(job->asking);
      for (const core::Handle who : asking_) {
        ask_again(who, job->asked_at);
        taken_.file = core::kNoFile;
      }
      asking_.clear();
      finish_current();
    }
  }
  // No job is worked on from here on, and none may be asked for. Waits for calls that have begun.
  void stop();

  uint64_t jobs_made() const { return jobs_made_; }
  uint32_t jobs_in_use() const { return jobs_at_a_time_ - static_cast<uint32_t>(free_.size()); }

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override;
  core::Result<core::FileId, core::SystemError> open(const char* path) override;
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override;
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override;
  void close(core::FileId file) override;
  core::Result<core::Directory, core::SystemError> list(const char* path,
                                                        std::size_t most) override;
  bool refresh_root() override;

 private:
  using Operation = FileCall::Operation;

  static FileCall* find(FileJob& job, Operation operation, core::Bytes path);
  FileCall* answer(Operation operation, core::Bytes path);
  FileCall take(FileCall& call);
  core::SystemError ask(Operation operation, core::Bytes path, std::size_t most = 0);
  bool may_extend_current(Operation operation, core::Bytes path) const;
  FileJob* job_to_join(Operation operation, core::Bytes path);
  FileJob* take_answered();
  void finish_current();
  void release(FileJob& job);
  void on_answer(FileJob& job) override;

  core::FileSystem& prompt_;
  FileJobs& jobs_;
  const core::CachedClock& clock_;
  uint32_t jobs_at_a_time_;
  uint32_t most_asking_;
  std::function<void()> wake_;
  std::unique_ptr<FileJob[]> all_;
  std::vector<FileJob*> free_;
  std::vector<FileJob*> waiting_;     // submitted, and not begun when last looked at
  FileJob* current_ = nullptr;        // the one whose answers are used now
  FileJob* missed_ = nullptr;         // the one that this request waits for
  bool is_new_ = false;               // missed_ is not submitted yet
  FileCall taken_{};                  // the answer whose file is in use now; or kNoFile
  std::string opened_path_;           // of the file that was opened last
  std::vector<core::Handle> asking_;  // of the current job
  uint64_t jobs_made_ = 0;
  std::mutex mutex_;
  std::vector<FileJob*> answered_;  // under the mutex
};

}  // namespace http::server
