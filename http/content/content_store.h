// Files beneath a root as entries that are ready to send: the response cache and the cache of open
// descriptors in one, because an entry decides once, when it is made, how it is served. Small files
// are kept in memory, larger ones open.
//
// Keyed by the raw path of the request target (before "?"), so that a hit neither decodes nor
// normalises, and by which representation of it an entry is (entry.h). Who loads gives every
// spelling of a path the same key. Errors are not kept.
//
// Precompressed siblings ("a.css.br" beside "a.css") are looked for whenever the original is
// compared with the file system, so that choosing between them costs no system call on a hit. One
// that is older than the original is not used.
//
// Freshness: an entry is used for kFreshness and then compared with the file system (one look by
// path, no read), so changed content is served within a second. The owner of large files asks
// unchanged() besides, before it sends, because their bytes come from the file and not from here.
//
// One worker's, one thread. A hit costs no system call and no allocation. A miss takes its memory
// from the allocator, counted against the budget, and waits for the disk only if the file system
// does: where that answers core::kWouldWait, the outcome is Status::not_ready, and the same load
// may be tried again when the disk has answered.
#pragma once

#include <cstdint>
#include <string>

#include "core/file_system.h"
#include "core/slab.h"
#include "http/content/content_hash.h"
#include "http/content/entry.h"
#include "http/content/entry_table.h"
#include "http/content/listing.h"
#include "http/semantics/media_types.h"
#include "http/semantics/path.h"
#include "http/status.h"

namespace http {

struct ContentLimits {
  uint64_t memory_bytes = 0;       // of all entries: bodies, names and heads
  uint32_t entries = 0;            // of both strategies
  uint32_t files = 0;              // descriptors kept open
  uint32_t memory_body_bytes = 0;  // a file up to this size is kept in memory
  // Entries beyond all of these, each for one response and not kept: when responses under way hold
  // everything there is, whoever comes next is served all the same.
  uint32_t transients = 0;
};

// Counters of one store; its thread writes them.
struct ContentCounters {
  uint64_t loads = 0;
  uint64_t revalidations = 0;
  uint64_t evictions = 0;
};

// Where entity tags come from.
enum class EntityTagSource : uint8_t {
  modified,  // time of the last modification and size
  content,   // a hash of the bytes
};

// Pointers outlive the store.
struct ContentPolicy {
  EntityTagSource entity_tags = EntityTagSource::modified;
  bool listings = false;                    // of directories without an index
  const MediaTypes* media_types = nullptr;  // null: the built-in ones
  ContentHashes* hashes = nullptr;          // of large files; needed for tags by content
};

// What a path leads to: an entry; or a redirect to the directory it names; or an error.
struct Content {
  Entry* entry = nullptr;
  Status status = Status::ok;  // without an entry: 301, 403, 404, 500, 503 or not_ready
  bool is_directory = false;   // 403: one without an index, which may be listed
};

// When something happens.
struct Moment {
  uint64_t monotonic;    // nanoseconds
  int64_t wall_seconds;  // since 1970
};

constexpr Variant variant_of(ContentCoding coding) {
  return static_cast<Variant>(coding);
}
inline Variant variant_of(const ListingView& view) {
  return static_cast<Variant>(kFirstListing + view.index());
}

class ContentStore {
 public:
  static constexpr uint64_t kFreshness = 900'000'000;  // nanoseconds

  ContentStore(core::FileSystem& files, const ContentLimits& limits, uint64_t hash_seed,
               const ContentPolicy& policy = {});
  ~ContentStore();
  ContentStore(const ContentStore&) = delete;
  ContentStore& operator=(const ContentStore&) = delete;

  // Reserved at construction, for the memory budget; entries' own memory comes on top.
  static uint64_t memory_for(const ContentLimits& limits);

  bool makes_listings() const { return policy_.listings; }

  // The entry of a raw path if it is here and fresh, or null. `now` in monotonic nanoseconds.
  [[gnu::always_inline]] Entry* find(core::Bytes raw_path, uint64_t now,
                                     Variant variant = kOriginal) {
    Slot* slot = lookup(raw_path, variant, hash_of(raw_path, variant));
    if (slot == nullptr || now >= slot->entry.fresh_until) return nullptr;
    slot->entry.used = true;
    return &slot->entry;
  }

  // What find() did not have: compares a stale entry with its file or makes a new one. `target` is
  // of kind `path` and `buffer` holds its path. The entry stays valid until the next load of any
  // kind; pin it to keep it longer.
  Content load(core::Bytes raw_path, const ResolvedTarget& target, PathBuffer& buffer, Moment now);
  // The same for a sibling of a fresh original. Without an entry it is not ready, or can not be
  // had; `original`, which stays valid, then counts it as none of its siblings.
  Content load_sibling(Entry& original, ContentCoding coding, Moment now);
  // The same for the listing of a directory, whose key is its decoded path, which has a NUL behind
  // it: other spellings must not make a costly listing again. It is not compared with the directory
  // but made anew.
  Content load_listing(core::Bytes path, const ListingView& view, Moment now);

  // Keeps a document that no file is behind, and that never changes, as the entry of a raw path
  // that has none. False if there is no room for it now.
  bool add(core::Bytes raw_path, core::Bytes content_type, core::Bytes body);

  // Forgets every entry: what they are the answer to may have another one now. Those that are
  // pinned stay for who pins them.
  void forget_all();

  // Whether the open file of an entry of strategy `file` is still as it was. One system call.
  bool unchanged(const Entry& entry);
  // Makes the next find() of this entry compare it with the file system.
  void expire(Entry& entry) { entry.fresh_until = 0; }

  // A pinned entry's memory and descriptor stay until the last pin is gone.
  void pin(Entry& entry) {
    if (entry.pins++ == 0) count_pinned(entry, 1);
  }
  void unpin(Entry& entry) {
    DCHECK(entry.pins > 0);
    if (--entry.pins > 0) return;
    count_pinned(entry, UINT32_MAX);  // one less
    if (entry.doomed) [[unlikely]]
      free_doomed(entry);
  }

  // Descriptors that may be open beyond ContentLimits::files, as long as responses hold all others:
  // those of connections that are not there.
  void set_spare_files(uint32_t files) { spare_files_ = files; }
  // How many of them are in use.
  uint32_t borrowed_files() const {
    return file_count_ > limits_.files ? file_count_ - limits_.files : 0;
  }

  const ContentCounters& counters() const { return counters_; }
  uint64_t memory_in_use() const { return memory_in_use_; }
  uint32_t entry_count() const { return entries_.size(); }
  uint32_t file_count() const { return file_count_; }
  // Every count agrees with the entries, and their pins are those that users hold; a bug otherwise.
  // For tests.
  void check_invariants(uint64_t pins) const;

 private:
  // The hash is kept beside the entry for eviction.
  struct Slot {
    Entry entry;
    uint64_t hash = 0;
    core::Handle handle;
    bool transient = false;
  };

  // The entries of the directory that was listed last, for its other views.
  struct Snapshot {
    // tidy: allow(allocation) a listing is a miss
    std::string path;
    core::Directory directory;
    uint64_t fresh_until = 0;
  };

  enum class Evict : uint8_t { any, descriptor };  // descriptor: an entry that keeps one

  // How an entry is to be made.
  struct Recipe {
    core::Bytes raw_path;
    core::Bytes path;  // of the file, with a NUL behind it
    Variant variant = kOriginal;
    ContentCoding coding = ContentCoding::identity;
    core::Bytes content_type;
    core::Bytes vary;
    core::Bytes security_policy;  // of what is made from a text
  };

  [[gnu::always_inline]] uint64_t hash_of(core::Bytes raw_path, Variant variant) const {
    return hash_bytes(raw_path, seed_ ^ variant);
  }
  // Null: there is none.
  [[gnu::always_inline]] Slot* lookup(core::Bytes raw_path, Variant variant, uint64_t hash) const {
    Slot* found = nullptr;
    table_.find(
        hash, [&](uint32_t index) __attribute__((always_inline)) {
          Slot& slot = const_cast<core::Slab<Slot>&>(entries_).at(index);
          if (!core::equal(slot.entry.key, raw_path) || slot.entry.variant != variant) return false;
          found = &slot;
          return true;
        });
    return found;
  }
  bool look_at_root(uint64_t now);
  Content revalidate(core::Bytes raw_path, Variant variant, uint64_t now);
  Content make_original(core::Bytes raw_path, core::Bytes path, Moment now);
  Content make(const Recipe& recipe, Moment now);
  bool look_for_siblings(Entry& original);
  Content make_from_text(const Recipe& recipe, core::Bytes text, uint64_t fresh_until);
  Slot* occupy_slot();
  bool make_transient(Slot& slot);
  void release_last_transient();
  Content keep(Slot& slot, const Recipe& recipe, uint64_t fresh_until);
  core::Result<bool, core::SystemError> take_snapshot(core::Bytes path, uint64_t now);
  bool may_hold_another_file();
  Status read_file(Slot& slot, const Recipe& recipe, int64_t wall_seconds);
  Status read_body(Entry& entry);
  void set_entity_tag(Entry& entry, core::Bytes path);
  bool allocate_block(Slot& slot, const Recipe& recipe, uint64_t body_size);
  bool make_room(uint64_t bytes);
  bool evict_one(Evict what);
  void count_pinned(const Entry& entry, uint32_t change) {
    pinned_entries_ += change;
    if (entry.file != core::kNoFile) pinned_files_ += change;
  }
  void drop(Slot& slot);
  void free_doomed(Entry& entry);
  void free(Slot& slot);

  core::FileSystem& files_;
  ContentLimits limits_;
  ContentPolicy policy_;
  uint64_t seed_;
  core::Slab<Slot> entries_;
  EntryTable table_;
  uint64_t memory_in_use_ = 0;
  uint32_t file_count_ = 0;
  uint32_t spare_files_ = 0;
  uint32_t pinned_entries_ = 0;
  uint32_t pinned_files_ = 0;
  uint32_t transients_ = 0;
  Slot* last_transient_ = nullptr;  // goes with the next load, unless it is pinned
  Slot* making_ = nullptr;
  Snapshot snapshot_;
  uint32_t eviction_hand_ = 0;
  uint64_t next_root_look_ = 0;
  ContentCounters counters_;
};

}  // namespace http
