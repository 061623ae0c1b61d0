// A content store over files in memory with a clock, used as the responder uses it. Checks after
// every load that no limit is exceeded.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/content/content_store.h"
#include "tests/support/http_server.h"
#include "tests/support/memory_file_system.h"

namespace test_support {

class TestStore {
 public:
  explicit TestStore(const http::ContentLimits& limits = kRoomyLimits,
                     const http::ContentPolicy& policy = {}, uint32_t most_borrowed = 0)
      : limits_(limits),
        most_borrowed_(most_borrowed),
        store_(std::make_unique<http::ContentStore>(files, limits, 7, policy)) {}

  // As the responder does it: find, and load what is not there.
  http::Content get(const std::string& target) {
    const std::string raw_path = target.substr(0, target.find('?'));
    if (http::Entry* entry = store_->find(raw_path, now_)) return {entry, http::Status::ok};
    const http::ResolvedTarget resolved = http::resolve_target(target, buffer_);
    EXPECT_EQ(resolved.kind, http::TargetKind::path) << target;
    const http::Content content = store_->load(raw_path, resolved, buffer_, {now_, wall_});
    check();
    return content;
  }
  http::Entry* find(const std::string& key, http::Variant variant) {
    return store_->find(key, now_, variant);
  }
  http::Entry* load_sibling(http::Entry& original, http::ContentCoding coding) {
    const http::Content sibling = store_->load_sibling(original, coding, {now_, wall_});
    check();
    return sibling.entry;
  }
  http::Content load_listing(const std::string& path, const http::ListingView& view) {
    const http::Content content = store_->load_listing(path, view, {now_, wall_});
    check();
    return content;
  }
  // The body, or the status as text.
  std::string body(const std::string& target) {
    const http::Content content = get(target);
    if (content.entry == nullptr) return std::to_string(static_cast<int>(content.status));
    if (content.entry->file == core::kNoFile) return std::string(content.entry->body);
    std::string text(content.entry->size(), '\0');
    const auto read = files.read(content.entry->file, text.data(), text.size(), 0);
    EXPECT_TRUE(read.ok() && read.value() == text.size());
    return text;
  }
  int status(const std::string& target) {
    const http::Content content = get(target);
    return content.entry != nullptr ? 200 : static_cast<int>(content.status);
  }
  void pass(double seconds) {
    now_ += static_cast<uint64_t>(seconds * static_cast<double>(kSecond));
    wall_ = kNow + static_cast<int64_t>((now_ - kSecond) / kSecond);
  }
  void check() {
    ASSERT_LE(store_->memory_in_use(), limits_.memory_bytes);
    ASSERT_LE(store_->file_count(), limits_.files + limits_.transients + most_borrowed_);
    ASSERT_LE(store_->entry_count(), limits_.entries + limits_.transients);
    ASSERT_EQ(store_->file_count(), files.open_files());
  }
  http::ContentStore* operator->() { return store_.get(); }
  void destroy() { store_.reset(); }
  int64_t wall() const { return wall_; }

  MemoryFileSystem files;

 private:
  http::ContentLimits limits_;
  uint32_t most_borrowed_;
  std::unique_ptr<http::ContentStore> store_;
  http::PathBuffer buffer_;
  uint64_t now_ = kSecond;
  int64_t wall_ = kNow;
};

}  // namespace test_support
