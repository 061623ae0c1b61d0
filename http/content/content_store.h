// Files beneath a root as entries that are ready to send: the response cache and the cache of open
// descriptors in one, because an entry decides once, when it is made, how it is served. Small files
// are kept in memory, larger ones open.
//
// Keyed by the raw path of the request target (before "?"), so that a hit neither decodes nor
// normalises. Several spellings of one path are several entries; all are bounded by the same
// limits. Errors are not kept.
//
// Freshness: an entry is used for kFreshness and then compared with the file system (one look by
// path, no read), so changed content is served within a second. The owner of large files asks
// unchanged() besides, before it sends, because their bytes come from the file and not from here.
//
// One worker's, one thread. A hit costs no system call and no allocation. A miss blocks on the file
// system, and its memory comes from the allocator, counted against the budget.
#pragma once

#include <cstdint>

#include "core/file_system.h"
#include "core/slab.h"
#include "http/content/entry.h"
#include "http/content/entry_table.h"
#include "http/semantics/path.h"
#include "http/status.h"

namespace http {

struct ContentLimits {
  uint64_t memory_bytes = 0;       // of all entries: bodies, names and heads
  uint32_t entries = 0;            // of both strategies
  uint32_t files = 0;              // descriptors kept open
  uint32_t memory_body_bytes = 0;  // a file up to this size is kept in memory
};

// Counters of one store; its thread writes them.
struct ContentCounters {
  uint64_t loads = 0;
  uint64_t revalidations = 0;
  uint64_t evictions = 0;
};

// What a path leads to: an entry; or a redirect to the directory it names; or an error.
struct Content {
  Entry* entry = nullptr;
  Status status = Status::ok;  // without an entry: 301, 403, 404, 500 or 503
};

class ContentStore {
 public:
  static constexpr uint64_t kFreshness = 900'000'000;  // nanoseconds

  ContentStore(core::FileSystem& files, const ContentLimits& limits, uint64_t hash_seed);
  ~ContentStore();
  ContentStore(const ContentStore&) = delete;
  ContentStore& operator=(const ContentStore&) = delete;

  // Reserved at construction, for the memory budget; entries' own memory comes on top.
  static uint64_t memory_for(const ContentLimits& limits);

  // The entry of a raw path if it is here and fresh, or null. `now` in monotonic nanoseconds.
  Entry* find(core::Bytes raw_path, uint64_t now) {
    const uint32_t index = lookup(raw_path, hash_bytes(raw_path, seed_));
    if (index == EntryTable::kNone) return nullptr;
    Entry& entry = entries_.at(index).entry;
    if (now >= entry.fresh_until) return nullptr;
    entry.used = true;
    return &entry;
  }

  // What find() did not have: compares a stale entry with its file or makes a new one. `target` is
  // of kind `path` and `buffer` holds its path. The entry stays valid until the next load(); pin it
  // to keep it longer.
  Content load(core::Bytes raw_path, const ResolvedTarget& target, PathBuffer& buffer, uint64_t now,
               int64_t wall_seconds);

  // Whether the open file of an entry of strategy `file` is still as it was. One system call.
  bool unchanged(const Entry& entry);
  // Whether that file still has the bytes of the entry, so that the rest of a response may follow
  // its beginning. Unlike unchanged(), a file that was replaced by another one or got another mode
  // or name is intact: a new version put in its place ends no download. One system call.
  bool intact(const Entry& entry);
  // Makes the next find() of this entry compare it with the file system.
  void expire(Entry& entry) { entry.fresh_until = 0; }

  // A pinned entry's memory and descriptor stay until the last pin is gone.
  static void pin(Entry& entry) { ++entry.pins; }
  void unpin(Entry& entry);

  const ContentCounters& counters() const { return counters_; }
  uint64_t memory_in_use() const { return memory_in_use_; }
  uint32_t entry_count() const { return entries_.size(); }
  uint32_t file_count() const { return file_count_; }

 private:
  // The hash is kept beside the entry for eviction.
  struct Slot {
    Entry entry;
    uint64_t hash = 0;
    core::Handle handle;
  };

  enum class Evict : uint8_t { any, descriptor };  // descriptor: an entry that keeps one

  uint32_t lookup(core::Bytes raw_path, uint64_t hash) const {
    return table_.find(hash, [this, raw_path](uint32_t index) {
      return const_cast<core::Slab<Slot>&>(entries_).at(index).entry.key == raw_path;
    });
  }
  Content make(core::Bytes raw_path, uint64_t hash, core::Bytes path, uint64_t now,
               int64_t wall_seconds);
  Status read_file(Slot& slot, core::Bytes raw_path, core::Bytes path, int64_t wall_seconds);
  bool allocate_block(Entry& entry, core::Bytes raw_path, core::Bytes path, uint64_t body_size);
  bool make_room(uint64_t bytes);
  bool evict_one(Evict what);
  void drop(Slot& slot);
  void free(Slot& slot);

  core::FileSystem& files_;
  ContentLimits limits_;
  uint64_t seed_;
  core::Slab<Slot> entries_;
  EntryTable table_;
  uint64_t memory_in_use_ = 0;
  uint32_t file_count_ = 0;
  uint32_t eviction_hand_ = 0;
  ContentCounters counters_;
};

}  // namespace http
