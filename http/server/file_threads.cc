#include "http/server/file_threads.h"

#include <algorithm>

namespace http::server {

FileThreads::FileThreads(core::FileSystem& files) : files_(files) {
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads_[i] = std::thread([this, i] { run(running_[i]); });
  }
}

FileThreads::~FileThreads() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  submitted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void FileThreads::submit(FileJob& job) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(&job);
  }
  submitted_.notify_one();
}

void FileThreads::withdraw(const FileJobOwner& owner) {
  const auto is_its = [&owner](const FileJob* job) {
    return job != nullptr && job->owner == &owner;
  };
  std::unique_lock lock(mutex_);
  std::erase_if(waiting_, is_its);
  answered_.wait(lock,
                 [this, is_its] { return std::none_of(running_.begin(), running_.end(), is_its); });
}

// The body of a thread; `mine` is what it works on.
void FileThreads::run(FileJob*& mine) {
  std::unique_lock lock(mutex_);
  while (true) {
    submitted_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return;
    mine = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    make_calls(*mine, files_);
    mine->owner->on_answer(*mine);
    lock.lock();
    mine = nullptr;
    answered_.notify_all();
  }
}

}  // namespace http::server
