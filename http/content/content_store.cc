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
      entries_(limits.entries),
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
  return limits.entries * core::Slab<Slot>::slot_size() + EntryTable::memory_for(limits.entries);
}

bool ContentStore::unchanged(const Entry& entry) {
  const auto status = files_.status(entry.file);
  return status.ok() && status.value() == entry.status;
}

bool ContentStore::intact(const Entry& entry) {
  const auto status = files_.status(entry.file);
  return status.ok() && status.value().modified == entry.status.modified &&
         status.value().size == entry.status.size;
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
  const uint32_t count = entries_.high_water();
  for (uint32_t step = 0; step < 2 * count; ++step) {
    eviction_hand_ = eviction_hand_ + 1 < count ? eviction_hand_ + 1 : 0;
    if (!entries_.occupied(eviction_hand_)) continue;
    Slot& slot = entries_.at(eviction_hand_);
    // An entry without a key is the one that is being made.
    if (slot.entry.pins > 0 || slot.entry.key.data() == nullptr || slot.entry.doomed) continue;
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

// Takes the entry out of the table; its memory goes now or with the last pin.
void ContentStore::drop(Slot& slot) {
  table_.erase(slot.hash, slot.handle.index);
  slot.entry.doomed = true;
  if (slot.entry.pins == 0) free(slot);
}

void ContentStore::unpin(Entry& entry) {
  DCHECK(entry.pins > 0);
  if (--entry.pins == 0 && entry.doomed) {
    static_assert(offsetof(Slot, entry) == 0);
    free(reinterpret_cast<Slot&>(entry));
  }
}

void ContentStore::free(Slot& slot) {
  if (slot.entry.file != core::kNoFile) {
    files_.close(slot.entry.file);
    --file_count_;
  }
  // tidy: allow(allocation) what allocate_block() made
  std::free(slot.entry.block);
  memory_in_use_ -= slot.entry.block_size;
  entries_.release(slot.handle);
}

}  // namespace http
