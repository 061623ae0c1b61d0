// Hashes of large files for entity tags, computed apart from the workers. Until the hash of a file
// is known its responses have no entity tag, only the time of the last modification.
//
// One instance serves all workers; run() is the body of a thread of its own. What is known is
// bounded, and so is what waits: a file that finds no room is asked for again a second later, when
// its entry is compared with the file system. Allocates; nothing here is called on a hit.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/file_system.h"
#include "http/content/content_hash.h"

namespace http::server {

class ContentHasher final : public ContentHashes {
 public:
  static constexpr std::size_t kMostWaiting = 1024;
  static constexpr std::size_t kMostKnown = 16 * 1024;

  // `files` outlives it, and its calls may be made from any thread.
  explicit ContentHasher(core::FileSystem& files) : files_(files) {}

  // The hash of a file as it is when it has that status. If it is not known, the file is queued
  // under its path. From any thread; takes a lock for the length of a look.
  std::optional<ContentHash> hash_of(core::Bytes path, const core::FileStatus& status) override;

  // Hashes the smallest file that waits; false if none does.
  bool hash_next();
  // hash_next() for ever, until stop().
  void run();
  // From any thread; a file that is being hashed is given up.
  void stop();

 private:
  struct Job {
    std::string path;
    core::FileStatus status;
  };
  struct StatusHash {
    std::size_t operator()(const core::FileStatus& status) const;
  };

  std::optional<ContentHash> hash(const Job& job);
  bool is_stopped();

  core::FileSystem& files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the mutex.
  std::vector<Job> waiting_;
  std::unordered_map<core::FileStatus, std::optional<ContentHash>, StatusHash> known_;
  bool stopped_ = false;
};

}  // namespace http::server
