#include "http/server/awaited_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/check.h"

namespace http::server {

AwaitedFiles::AwaitedFiles(core::FileSystem& prompt, FileJobs& jobs, const core::CachedClock& clock,
                           uint32_t body_bytes, uint32_t jobs_at_a_time, uint32_t most_asking,
                           std::function<void()> wake)
    : prompt_(prompt),
      jobs_(jobs),
      clock_(clock),
      jobs_at_a_time_(jobs_at_a_time),
      most_asking_(most_asking),
      wake_(std::move(wake)),
      all_(std::make_unique<FileJob[]>(jobs_at_a_time)) {
  free_.reserve(jobs_at_a_time);
  waiting_.reserve(jobs_at_a_time);
  answered_.reserve(jobs_at_a_time);
  for (uint32_t i = 0; i < jobs_at_a_time; ++i) {
    all_[i].owner = this;
    all_[i].body_bytes = body_bytes;
    free_.push_back(&all_[i]);
  }
}

AwaitedFiles::~AwaitedFiles() {
  stop();
  for (uint32_t i = 0; i < jobs_at_a_time_; ++i) release(all_[i]);
}

void AwaitedFiles::stop() {
  jobs_.withdraw(*this);
}

// --- jobs -------------------------------------------------------------------------------------

void AwaitedFiles::join(core::Handle who) {
  CHECK(missed_ != nullptr);
  FileJob& job = *std::exchange(missed_, nullptr);
  job.asking.push_back(who);
  if (!std::exchange(is_new_, false)) return;
  waiting_.push_back(&job);
  ++jobs_made_;
  jobs_.submit(job);
}

FileCall* AwaitedFiles::find(FileJob& job, Operation operation, core::Bytes path) {
  const auto found =
      std::find_if(job.calls.begin(), job.calls.end(), [operation, path](const FileCall& call) {
        return call.operation == operation && call.path == path;
      });
  return found != job.calls.end() ? &*found : nullptr;
}

FileCall* AwaitedFiles::answer(Operation operation, core::Bytes path) {
  if (current_ == nullptr) return nullptr;
  FileCall* call = find(*current_, operation, path);
  return call != nullptr && call->done ? call : nullptr;
}

// An answer that serves once: a descriptor, or much memory.
FileCall AwaitedFiles::take(FileCall& call) {
  const auto place = current_->calls.begin() + (&call - current_->calls.data());
  FileCall taken = std::move(*place);
  current_->calls.erase(place);
  return taken;
}

// One that will make the call and has not begun.
FileJob* AwaitedFiles::job_to_join(Operation operation, core::Bytes path) {
  std::erase_if(waiting_, [](const FileJob* job) {
    return job->begun.load(std::memory_order_relaxed) || !job->is_open_to_others;
  });
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [this, operation, path](FileJob* job) {
        return job->asking.size() < most_asking_ && find(*job, operation, path) != nullptr;
      });
  return found != waiting_.end() ? *found : nullptr;
}

// A job has one file open at a time. Who diverges from those that wait with him begins anew.
bool AwaitedFiles::may_extend_current(Operation operation, core::Bytes path) const {
  if (current_ == nullptr) return false;
  return operation != Operation::load ||
         std::none_of(current_->calls.begin(), current_->calls.end(), [path](const FileCall& call) {
           return call.operation == Operation::load && call.path != path;
         });
}

// Makes the call part of a job. Returns why the caller has no answer now.
core::SystemError AwaitedFiles::ask(Operation operation, core::Bytes path, std::size_t most) {
  if (missed_ == nullptr && may_extend_current(operation, path)) missed_ = current_;
  if (missed_ == nullptr) {
    missed_ = job_to_join(operation, path);
    is_new_ = missed_ == nullptr;
    if (is_new_) {
      if (free_.empty()) {
        is_new_ = false;
        return core::SystemError{EAGAIN};
      }
      missed_ = free_.back();
      free_.pop_back();
      missed_->begun.store(false, std::memory_order_relaxed);
      missed_->is_open_to_others = true;
      missed_->asked_at = clock_.wall_seconds();
    }
  }
  const bool is_ours = missed_ == current_ || is_new_;
  if (is_ours && find(*missed_, operation, path) == nullptr) {
    missed_->calls.push_back(FileCall{operation, std::string(path), most});
  }
  return core::SystemError{core::kWouldWait};
}

void AwaitedFiles::on_answer(FileJob& job) {
  {
    const std::lock_guard lock(mutex_);
    answered_.push_back(&job);
  }
  wake_();
}

FileJob* AwaitedFiles::take_answered() {
  const std::lock_guard lock(mutex_);
  if (answered_.empty()) return nullptr;
  FileJob* job = answered_.front();
  answered_.erase(answered_.begin());
  return job;
}

// Everybody has asked again. Those who still wait do so for another call of the same job.
void AwaitedFiles::finish_current() {
  CHECK(missed_ == nullptr);  // a request was answered although a call of it would have waited
  FileJob& job = *std::exchange(current_, nullptr);
  if (job.asking.empty()) {
    release(job);
    free_.push_back(&job);
    return;
  }
  job.is_open_to_others = false;
  job.begun.store(false, std::memory_order_relaxed);
  jobs_.submit(job);
}

void AwaitedFiles::release(FileJob& job) {
  std::erase(waiting_, &job);
  for (const FileCall& call : job.calls) {
    if (call.file != core::kNoFile) prompt_.close(call.file);
  }
  job.calls.clear();
  job.asking.clear();
}

// --- calls ------------------------------------------------------------------------------------

core::Result<core::FileStatus, core::SystemError> AwaitedFiles::status(const char* path) {
  if (const FileCall* call = answer(Operation::look, path)) {
    if (call->error != 0) return core::SystemError{call->error};
    return call->status;
  }
  const auto status = prompt_.status(path);
  if (status.ok() || status.error().number != core::kWouldWait) return status;
  return ask(Operation::look, path);
}

core::Result<core::FileId, core::SystemError> AwaitedFiles::open(const char* path) {
  if (FileCall* call = answer(Operation::load, path)) {
    if (call->error != 0) return core::SystemError{call->error};
    taken_ = take(*call);
    opened_path_ = taken_.path;
    return taken_.file;
  }
  const auto opened = prompt_.open(path);
  if (opened.ok()) {
    opened_path_ = path;
    return opened;
  }
  if (opened.error().number != core::kWouldWait) return opened;
  return ask(Operation::load, path);
}

core::Result<core::FileStatus, core::SystemError> AwaitedFiles::status(core::FileId file) {
  // Not as the job found it: the bytes may be sent from the file, and are those that it has then.
  const auto status = prompt_.status(file);
  const bool is_as_it_was = status.ok() && status.value() == taken_.status;
  if (file == taken_.file && !is_as_it_was) taken_.has_body = false;
  return status;
}

core::Result<std::size_t, core::SystemError> AwaitedFiles::read(core::FileId file, char* out,
                                                                std::size_t size, uint64_t offset) {
  if (file == taken_.file && taken_.has_body) {
    const core::Bytes rest =
        core::Bytes(taken_.body).substr(std::min<uint64_t>(offset, taken_.body.size()), size);
    std::memcpy(out, rest.data(), rest.size());
    return rest.size();
  }
  const auto read = prompt_.read(file, out, size, offset);
  if (read.ok() || read.error().number != core::kWouldWait) return read;
  return ask(Operation::load, opened_path_);
}

void AwaitedFiles::close(core::FileId file) {
  if (file == taken_.file) taken_.file = core::kNoFile;
  prompt_.close(file);
}

core::Result<core::Directory, core::SystemError> AwaitedFiles::list(const char* path,
                                                                    std::size_t most) {
  if (FileCall* call = answer(Operation::list, path)) {
    if (call->error != 0) return core::SystemError{call->error};
    return take(*call).directory;
  }
  auto directory = prompt_.list(path, most);
  if (directory.ok() || directory.error().number != core::kWouldWait) return directory;
  return ask(Operation::list, path, most);
}

bool AwaitedFiles::refresh_root() {
  if (answer(Operation::refresh_root, "") != nullptr || prompt_.refresh_root()) return true;
  // Without room for a job the root is believed to be as it was; the next call tells.
  return ask(Operation::refresh_root, "").number != core::kWouldWait;
}

}  // namespace http::server
