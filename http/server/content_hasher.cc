#include "http/server/content_hasher.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace http::server {

namespace {

constexpr std::size_t kPiece = 1024 * 1024;  // bytes read at a time

}  // namespace

std::size_t ContentHasher::StatusHash::operator()(const core::FileStatus& status) const {
  const uint64_t parts[] = {status.device, status.inode, status.size,
                            static_cast<uint64_t>(status.modified),
                            static_cast<uint64_t>(status.changed)};
  return hash_content({reinterpret_cast<const char*>(parts), sizeof(parts)})[0];
}

std::optional<ContentHash> ContentHasher::hash_of(core::Bytes path,
                                                  const core::FileStatus& status) {
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(status); found != known_.end()) return found->second;
  if (waiting_.size() == kMostWaiting) return std::nullopt;
  // No second best is kept than to begin again: versions of files that are gone are never asked
  // for.
  if (known_.size() == kMostKnown) known_.clear();
  known_.emplace(status, std::nullopt);  // it waits
  waiting_.push_back(Job{std::string(path), status});
  changed_.notify_one();
  return std::nullopt;
}

bool ContentHasher::hash_next() {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return false;
    // The smallest: a large one must not keep the others waiting.
    const auto smallest =
        std::min_element(waiting_.begin(), waiting_.end(),
                         [](const Job& a, const Job& b) { return a.status.size < b.status.size; });
    job = std::move(*smallest);
    waiting_.erase(smallest);
  }
  const std::optional<ContentHash> result = hash(job);
  const std::lock_guard lock(mutex_);
  if (result) {
    known_[job.status] = result;
  } else {
    known_.erase(job.status);  // it has changed or could not be read; it may be asked for again
  }
  return true;
}

std::optional<ContentHash> ContentHasher::hash(const Job& job) {
  const auto opened = files_.open(job.path.c_str());
  if (!opened.ok()) return std::nullopt;
  const core::FileId file = opened.value();
  const auto is_as_it_was = [this, file, &job] {
    const auto status = files_.status(file);
    return status.ok() && status.value() == job.status;
  };
  std::vector<char> piece(kPiece);
  StreamHash hash;
  uint64_t offset = 0;
  bool whole = is_as_it_was();
  while (whole && offset < job.status.size) {
    const auto read = files_.read(file, piece.data(), piece.size(), offset);
    whole = read.ok() && read.value() > 0 && !is_stopped() && is_as_it_was();
    if (!whole) break;
    hash.add({piece.data(), read.value()});
    offset += read.value();
  }
  whole = whole && offset == job.status.size && is_as_it_was();
  files_.close(file);
  if (!whole) return std::nullopt;
  return hash.result();
}

bool ContentHasher::is_stopped() {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void ContentHasher::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (stopped_) return;
    }
    hash_next();
  }
}

void ContentHasher::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace http::server
