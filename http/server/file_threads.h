// Threads that make the calls of file jobs for all workers, and wait for the disk in their place.
// A few, so that a file system that stands still does not keep files of another one waiting.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "http/server/file_jobs.h"

namespace http::server {

class FileThreads final : public FileJobs {
 public:
  static constexpr std::size_t kThreads = 4;

  // `files` outlives it.
  explicit FileThreads(core::FileSystem& files);
  // Every owner has withdrawn.
  ~FileThreads() override;
  FileThreads(const FileThreads&) = delete;
  FileThreads& operator=(const FileThreads&) = delete;

  void submit(FileJob& job) override;
  void withdraw(const FileJobOwner& owner) override;

 private:
  void run(FileJob*& mine);

  core::FileSystem& files_;
  std::mutex mutex_;
  std::condition_variable submitted_;
  std::condition_variable answered_;
  // Under the mutex.
  std::deque<FileJob*> waiting_;
  std::array<FileJob*, kThreads> running_{};
  bool stopped_ = false;

  std::array<std::thread, kThreads> threads_;
};

}  // namespace http::server
