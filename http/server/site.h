// What is served: the root with its policies, the media types, the threads that wait for the disk,
// and the one that hashes large files when entity tags come from content. Shared by all workers,
// and outlives them.
#pragma once

#include <memory>
#include <thread>

#include "core/result.h"
#include "http/content/content_store.h"
#include "http/semantics/media_types.h"
#include "http/server/content_hasher.h"
#include "http/server/file_threads.h"
#include "http/server/options.h"
#include "io/posix_file_system.h"
#include "io/prompt_file_system.h"

namespace http::server {

class Site {
 public:
  // Fails with one line for a person.
  static core::Result<std::unique_ptr<Site>> open(const Options& options);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  io::PosixFileSystem& files() { return *files_; }
  // The same files for workers: without waiting, and what has to wait.
  io::PromptFileSystem& prompt_files() { return prompt_files_; }
  FileJobs& file_jobs() { return file_threads_; }
  // Points into this object.
  ContentPolicy policy();

 private:
  Site(const Options& options, std::unique_ptr<io::PosixFileSystem> files, MediaTypes media_types);

  std::unique_ptr<io::PosixFileSystem> files_;
  io::PromptFileSystem prompt_files_;
  FileThreads file_threads_;
  MediaTypes media_types_;
  bool listings_;
  EntityTagSource entity_tags_;
  ContentHasher hasher_;
  std::thread hashing_;  // only for tags by content
};

}  // namespace http::server
