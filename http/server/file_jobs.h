// Calls of the file system that a worker does not make itself, because they may wait for the disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_system.h"
#include "core/handle.h"

namespace http::server {

// One call and what it came to.
struct FileCall {
  enum class Operation : uint8_t {
    look,          // status()
    load,          // open(), status(), and the bytes of a small regular file
    list,          // list()
    refresh_root,  // refresh_root()
  };

  Operation operation;
  std::string path;
  std::size_t most = 0;  // list: names

  bool done = false;
  int error = 0;  // errno; 0: there is a result
  core::FileStatus status{};
  core::FileId file = core::kNoFile;  // load: open, until it is taken
  bool has_body = false;              // load: `body` is the whole file as it was at that status
  std::string body{};
  core::Directory directory{};
};

struct FileJob;

// Who has asked for a job.
class FileJobOwner {
 public:
  virtual ~FileJobOwner() = default;
  // Every call of the job is done. From any thread.
  virtual void on_answer(FileJob& job) = 0;
};

// Calls that are made one after the other. It is its owner's, except from submit() to on_answer().
struct FileJob {
  FileJobOwner* owner = nullptr;
  std::vector<FileCall> calls;
  uint32_t body_bytes = 0;           // a file up to this size is read as a whole
  std::atomic<bool> begun = false;   // somebody makes the calls
  int64_t asked_at = 0;              // wall clock, seconds
  bool is_open_to_others = false;    // all its answers are still to come
  std::vector<core::Handle> asking;  // who goes on when it is answered
};

// Makes those calls of a job that are not done yet; they may wait.
void make_calls(FileJob& job, core::FileSystem& files);

// Where jobs go.
class FileJobs {
 public:
  virtual ~FileJobs() = default;
  // Returns at once. on_answer() follows, at any time.
  virtual void submit(FileJob& job) = 0;
  // After it returns no job of that owner is worked on and no on_answer() follows. Waits for a call
  // that has begun.
  virtual void withdraw(const FileJobOwner& owner) = 0;
};

}  // namespace http::server
