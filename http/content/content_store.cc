#include "http/content/content_store.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/check.h"
#include "core/result.h"
#include "http/semantics/etag.h"
#include "http/semantics/media_type.h"

namespace http {

namespace {

const MediaTypes kBuiltInTypes;

}  // namespace

ContentStore::ContentStore(core::FileSystem& files, const ContentLimits& limits, uint64_t hash_seed,
                           const ContentPolicy& policy)
    : files_(files),
      limits_(limits),
      policy_(policy),
      seed_(hash_seed),
      entries_(limits.entries + limits.transients),
      table_(limits.entries) {
  CHECK(limits.entries > 0 && limits.files > 0);
  CHECK(policy.entity_tags == EntityTagSource::modified || policy.hashes != nullptr);
  if (policy_.media_types == nullptr) policy_.media_types = &kBuiltInTypes;
}

ContentStore::~ContentStore() {
  for (uint32_t index = 0; index < entries_.high_water(); ++index) {
    if (entries_.occupied(index)) free(entries_.at(index));
  }
}

uint64_t ContentStore::memory_for(const ContentLimits& limits) {
  return uint64_t{limits.entries + limits.transients} * core::Slab<Slot>::slot_size() +
         EntryTable::memory_for(limits.entries);
}

bool ContentStore::unchanged(const Entry& entry) {
  const auto status = files_.status(entry.file);
  return status.ok() && status.value() == entry.status;
}

bool ContentStore::make_room(uint64_t bytes) {
  if (bytes > limits_.memory_bytes) return false;
  while (memory_in_use_ + bytes > limits_.memory_bytes) {
    if (!evict_one(Evict::any)) return false;
  }
  return true;
}

// Second chance: an entry that was used since the hand came by is passed over once.
bool ContentStore::evict_one(Evict what) {
  // Without a look at each: a flood of requests while everything is in use must stay cheap.
  const uint32_t making = making_ != nullptr ? 1 : 0;
  const uint32_t in_use = what == Evict::descriptor ? pinned_files_ : pinned_entries_;
  const uint32_t all = what == Evict::descriptor ? file_count_ : entries_.size();
  if (in_use + making >= all) return false;
  const uint32_t count = entries_.high_water();
  for (uint32_t step = 0; step < 2 * count; ++step) {
    eviction_hand_ = eviction_hand_ + 1 < count ? eviction_hand_ + 1 : 0;
    if (!entries_.occupied(eviction_hand_)) continue;
    Slot& slot = entries_.at(eviction_hand_);
    if (slot.entry.pins > 0 || slot.entry.doomed || &slot == making_) continue;
    if (what == Evict::descriptor && slot.entry.file == core::kNoFile) continue;
    if (slot.entry.used) {
      slot.entry.used = false;
      continue;
    }
    ++counters_.evictions;
    drop(slot);
    return true;
  }
  return false;
}

void ContentStore::forget_all() {
  release_last_transient();
  for (uint32_t i = 0; i < entries_.high_water(); ++i) {
    if (!entries_.occupied(i)) continue;
    Slot& slot = entries_.at(i);
    if (!slot.entry.doomed) drop(slot);
  }
}

// Takes the entry out of the table; its memory goes now or with the last pin.
void ContentStore::drop(Slot& slot) {
  table_.erase(slot.hash, slot.handle.index);
  slot.entry.doomed = true;
  if (slot.entry.pins == 0) free(slot);
}

// The last pin of an entry is gone that the table has forgotten.
void ContentStore::free_doomed(Entry& entry) {
  static_assert(offsetof(Slot, entry) == 0);
  free(reinterpret_cast<Slot&>(entry));
}

void ContentStore::free(Slot& slot) {
  if (slot.entry.file != core::kNoFile) {
    files_.close(slot.entry.file);
    --file_count_;
  }
  // tidy: allow(allocation) what allocate_block() made
  std::free(slot.entry.block);
  if (slot.transient) {
    --transients_;
  } else {
    memory_in_use_ -= slot.entry.block_size;
  }
  if (&slot == last_transient_) last_transient_ = nullptr;
  if (&slot == making_) making_ = nullptr;
  entries_.release(slot.handle);
}

void ContentStore::check_invariants(uint64_t pins) const {
  auto& entries = const_cast<core::Slab<Slot>&>(entries_);
  uint64_t memory = 0;
  uint64_t all_pins = 0;
  uint32_t files = 0;
  uint32_t transients = 0;
  uint32_t pinned = 0;
  uint32_t pinned_files = 0;
  for (uint32_t index = 0; index < entries.high_water(); ++index) {
    if (!entries.occupied(index)) continue;
    const Slot& slot = entries.at(index);
    const Entry& entry = slot.entry;
    const bool has_file = entry.file != core::kNoFile;
    CHECK(has_file == (entry.strategy == Entry::Strategy::file) && entry.block != nullptr);
    CHECK(slot.handle == entries.handle_of(index) && (!slot.transient || entry.doomed));
    // What can not be found any more is here only as long as somebody needs it.
    const bool is_found = lookup(entry.key, entry.variant, slot.hash) == &slot;
    CHECK(is_found != entry.doomed);
    CHECK(!entry.doomed || entry.pins > 0 || &slot == last_transient_);
    if (!slot.transient) memory += entry.block_size;
    all_pins += entry.pins;
    files += has_file ? 1 : 0;
    transients += slot.transient ? 1 : 0;
    if (entry.pins == 0) continue;
    ++pinned;
    pinned_files += has_file ? 1 : 0;
  }
  CHECK(making_ == nullptr && all_pins == pins);
  CHECK(memory == memory_in_use_ && memory <= limits_.memory_bytes);
  CHECK(entries.size() - transients <= limits_.entries && transients <= limits_.transients);
  CHECK(files == file_count_ && transients == transients_);
  CHECK(pinned == pinned_entries_ && pinned_files == pinned_files_);
}

}  // namespace http
