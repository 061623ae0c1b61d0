#include "http/server/file_jobs.h"

#include <cerrno>
#include <utility>

namespace http::server {

namespace {

// Reads all of a file that is open; an errno value, or 0. A file that changes meanwhile gives
// neither version.
int read_body(FileCall& call, core::FileSystem& files) {
  call.body.resize(call.status.size);
  std::size_t filled = 0;
  while (filled < call.body.size()) {
    const auto read =
        files.read(call.file, call.body.data() + filled, call.body.size() - filled, filled);
    if (!read.ok()) return read.error().number;
    if (read.value() == 0) return EAGAIN;
    filled += read.value();
  }
  const auto after = files.status(call.file);
  if (!after.ok()) return after.error().number;
  call.has_body = true;
  return after.value() == call.status ? 0 : EAGAIN;
}

int load(FileCall& call, uint32_t body_bytes, core::FileSystem& files) {
  const auto opened = files.open(call.path.c_str());
  if (!opened.ok()) return opened.error().number;
  call.file = opened.value();
  const auto status = files.status(call.file);
  int error = status.ok() ? 0 : status.error().number;
  if (status.ok()) {
    call.status = status.value();
    const bool is_small = call.status.size <= body_bytes;
    if (is_small && call.status.kind == core::FileKind::regular) error = read_body(call, files);
  }
  if (error != 0) files.close(std::exchange(call.file, core::kNoFile));
  return error;
}

int make(FileCall& call, uint32_t body_bytes, core::FileSystem& files) {
  switch (call.operation) {
    case FileCall::Operation::look: {
      const auto status = files.status(call.path.c_str());
      if (!status.ok()) return status.error().number;
      call.status = status.value();
      return 0;
    }
    case FileCall::Operation::load:
      return load(call, body_bytes, files);
    case FileCall::Operation::list: {
      auto directory = files.list(call.path.c_str(), call.most);
      if (!directory.ok()) return directory.error().number;
      call.directory = std::move(directory.value());
      return 0;
    }
    case FileCall::Operation::refresh_root:
      files.refresh_root();
      return 0;
  }
  return 0;
}

}  // namespace

void make_calls(FileJob& job, core::FileSystem& files) {
  job.begun.store(true, std::memory_order_relaxed);
  for (FileCall& call : job.calls) {
    if (call.done) continue;
    call.error = make(call, job.body_bytes, files);
    call.done = true;
  }
}

}  // namespace http::server
