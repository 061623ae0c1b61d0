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

constexpr core::Bytes kIndexFile = "index.html";

constexpr int64_t kSecond = 1'000'000'000;  // in the unit of file times

// A status for a failed look at or open of a file. Names that can not exist are not found; what the
// kernel refuses is forbidden, a link that leaves the root (EXDEV) included.
Status status_of(core::SystemError error) {
  switch (error.number) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return Status::not_found;
    case EACCES:
    case EPERM:
    case ELOOP:
    case EXDEV:
    case ENXIO:
      return Status::forbidden;
    case EAGAIN:  // another program holds a lease on the file
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Status::service_unavailable;
    default:
      return Status::internal_server_error;
  }
}

}  // namespace

ContentStore::ContentStore(core::FileSystem& files, const ContentLimits& limits, uint64_t hash_seed)
    : files_(files),
      limits_(limits),
      seed_(hash_seed),
      entries_(limits.entries),
      table_(limits.entries) {
  CHECK(limits.entries > 0 && limits.files > 0);
}

ContentStore::~ContentStore() {
  for (uint32_t index = 0; index < entries_.high_water(); ++index) {
    if (entries_.occupied(index)) free(entries_.at(index));
  }
}

uint64_t ContentStore::memory_for(const ContentLimits& limits) {
  return limits.entries * core::Slab<Slot>::slot_size() + EntryTable::memory_for(limits.entries);
}

Content ContentStore::load(core::Bytes raw_path, const ResolvedTarget& target, PathBuffer& buffer,
                           uint64_t now, int64_t wall_seconds) {
  const uint64_t hash = hash_bytes(raw_path, seed_);
  const uint32_t found = lookup(raw_path, hash);
  if (found != EntryTable::kNone) {
    Slot& slot = entries_.at(found);
    ++counters_.revalidations;
    const auto status = files_.status(slot.entry.path);
    if (status.ok() && status.value() == slot.entry.status && !slot.entry.racy) {
      slot.entry.fresh_until = now + kFreshness;
      slot.entry.used = true;
      return Content{&slot.entry, Status::ok};
    }
    drop(slot);
  }

  if (has_hidden_segment(target.path)) return Content{nullptr, Status::not_found};
  if (!target.directory) return make(raw_path, hash, target.path, now, wall_seconds);

  // The index of a directory. A directory without one is not listed.
  const std::size_t length = target.path.size();
  const std::size_t separator = length > 0 ? 1 : 0;
  if (length + separator + kIndexFile.size() >= kPathCapacity) {
    return Content{nullptr, Status::not_found};
  }
  char* end = buffer.bytes.data() + length;
  if (separator != 0) *end++ = '/';
  std::memcpy(end, kIndexFile.data(), kIndexFile.size());
  end[kIndexFile.size()] = '\0';
  const core::Bytes index_path{buffer.bytes.data(), length + separator + kIndexFile.size()};
  Content content = make(raw_path, hash, index_path, now, wall_seconds);
  if (content.status == Status::not_found) {
    buffer.bytes[length] = '\0';
    const auto directory = files_.status(buffer.bytes.data());
    if (directory.ok() && directory.value().kind == core::FileKind::directory) {
      content.status = Status::forbidden;
    }
  } else if (content.status == Status::moved_permanently) {
    content.status = Status::forbidden;  // index.html is itself a directory
  }
  return content;
}

Content ContentStore::make(core::Bytes raw_path, uint64_t hash, core::Bytes path, uint64_t now,
                           int64_t wall_seconds) {
  const auto status = files_.status(path.data());
  if (!status.ok()) return Content{nullptr, status_of(status.error())};
  if (status.value().kind == core::FileKind::directory) {
    return Content{nullptr, Status::moved_permanently};
  }
  if (status.value().kind != core::FileKind::regular) return Content{nullptr, Status::forbidden};

  if (entries_.full() && !evict_one(Evict::any))
    return Content{nullptr, Status::service_unavailable};
  const core::Handle handle = entries_.acquire();
  Slot& slot = entries_.at(handle.index);
  slot.hash = hash;
  slot.handle = handle;
  ++counters_.loads;
  const Status read = read_file(slot, raw_path, path, wall_seconds);
  if (read != Status::ok) {
    free(slot);
    return Content{nullptr, read};
  }
  slot.entry.fresh_until = now + kFreshness;
  slot.entry.used = true;
  table_.insert(hash, handle.index);
  return Content{&slot.entry, Status::ok};
}

// Opens the file and fills the slot's entry. After a failure the entry may hold a block, a
// descriptor or both; free() takes them back.
Status ContentStore::read_file(Slot& slot, core::Bytes raw_path, core::Bytes path,
                               int64_t wall_seconds) {
  Entry& entry = slot.entry;
  auto opened = files_.open(path.data());
  if (!opened.ok()) return status_of(opened.error());
  entry.file = opened.value();
  ++file_count_;
  auto status = files_.status(entry.file);
  if (!status.ok()) return status_of(status.error());
  if (status.value().kind != core::FileKind::regular) return Status::forbidden;
  entry.status = status.value();
  entry.strategy =
      entry.size() <= limits_.memory_body_bytes ? Entry::Strategy::memory : Entry::Strategy::file;
  // The time of the last change can not be set back, as that of the last modification can.
  entry.racy =
      std::max(entry.status.modified, entry.status.changed) >= (wall_seconds - 1) * kSecond;

  const bool in_memory = entry.strategy == Entry::Strategy::memory;
  // A descriptor that only serves to read the file now is not one of those that are kept.
  while (!in_memory && file_count_ > limits_.files) {
    if (!evict_one(Evict::descriptor)) return Status::service_unavailable;
  }
  if (!allocate_block(entry, raw_path, path, in_memory ? entry.size() : 0)) {
    return Status::service_unavailable;
  }
  if (!in_memory) return Status::ok;

  char* body = const_cast<char*>(entry.body.data());
  std::size_t filled = 0;
  while (filled < entry.body.size()) {
    auto read = files_.read(entry.file, body + filled, entry.body.size() - filled, filled);
    if (!read.ok()) return status_of(read.error());
    if (read.value() == 0) break;
    filled += read.value();
  }
  // A file that changed while it was read gives neither version; the client may try again.
  status = files_.status(entry.file);
  if (!status.ok() || !(status.value() == entry.status) || filled != entry.body.size()) {
    return Status::service_unavailable;
  }
  files_.close(entry.file);
  entry.file = core::kNoFile;
  --file_count_;
  return Status::ok;
}

bool ContentStore::allocate_block(Entry& entry, core::Bytes raw_path, core::Bytes path,
                                  uint64_t body_size) {
  const EntityTagText tag(entry.status.modified, entry.status.size);
  const std::size_t names = raw_path.size() + path.size() + 1 + tag.view().size();
  const uint64_t size = names + kRenderedHeadCapacity + body_size + core::kPadding;
  if (!make_room(size)) return false;
  // tidy: allow(allocation) a miss, counted against the budget
  entry.block = static_cast<char*>(std::malloc(size));
  if (entry.block == nullptr) return false;
  entry.block_size = static_cast<uint32_t>(size);
  memory_in_use_ += size;

  char* at = entry.block;
  const auto put = [&at](core::Bytes bytes) {
    std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
    return core::Bytes(at - bytes.size(), bytes.size());
  };
  entry.key = put(raw_path);
  entry.path = put(path).data();
  *at++ = '\0';
  entry.entity_tag = put(tag.view());
  entry.content_type = media_type(path);
  entry.body = core::Bytes(at + kRenderedHeadCapacity, body_size);
  return true;
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
