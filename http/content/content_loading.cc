// How entries come to be: looks at the file system, reading, hashing, listings. What keeps and
// evicts them is in content_store.cc.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/check.h"
#include "core/result.h"
#include "core/text_writer.h"
#include "http/content/content_hash.h"
#include "http/content/content_store.h"
#include "http/semantics/etag.h"
#include "http/semantics/media_types.h"

namespace http {

namespace {

constexpr core::Bytes kIndexFile = "index.html";

// Most entries of a listing; a directory with more is listed in part and says so. Looking at
// 10,000 files and rendering them takes some 20 ms, and this thread serves nobody meanwhile.
constexpr std::size_t kMostListed = 10'000;

// A root that is replaced (a symbolic link to the current release, say) is noticed this much later
// than a file; together they stay within a second.
constexpr uint64_t kRootFreshness = 100'000'000;

constexpr int64_t kSecond = 1'000'000'000;  // in the unit of file times

constexpr ContentCoding kCompressions[] = {ContentCoding::br, ContentCoding::zstd,
                                           ContentCoding::gzip};
constexpr std::size_t kLongestExtension = 4;  // ".zst"

constexpr core::Bytes kVaryByCoding = "Accept-Encoding";
constexpr core::Bytes kVaryByType = "Accept";

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
    case core::kWouldWait:
      return Status::not_ready;
    default:
      return Status::internal_server_error;
  }
}

// Whether a file is not older than the original. Some tools that compress copy the time stamp
// without its fraction.
bool is_sibling(const core::FileStatus& file, const core::FileStatus& original) {
  if (file.kind != core::FileKind::regular) return false;
  const bool is_whole = file.modified % kSecond == 0;
  return is_whole ? file.modified_seconds() >= original.modified_seconds()
                  : file.modified >= original.modified;
}

}  // namespace

Content ContentStore::load(core::Bytes raw_path, const ResolvedTarget& target, PathBuffer& buffer,
                           Moment now) {
  release_last_transient();
  if (has_hidden_segment(target.path)) return Content{nullptr, Status::not_found};
  if (!look_at_root(now.monotonic)) return Content{nullptr, Status::not_ready};
  const Content known = revalidate(raw_path, kOriginal, now.monotonic);
  if (known.entry != nullptr || known.status == Status::not_ready) return known;
  if (!target.directory) return make_original(raw_path, target.path, now);

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
  Content content = make_original(raw_path, index_path, now);
  buffer.bytes[length] = '\0';
  if (content.status == Status::not_found) {
    const auto directory = files_.status(buffer.bytes.data());
    if (!directory.ok()) return Content{nullptr, status_of(directory.error())};
    if (directory.value().kind == core::FileKind::directory) {
      return Content{nullptr, Status::forbidden, true};
    }
  } else if (content.status == Status::moved_permanently) {
    content.status = Status::forbidden;  // index.html is itself a directory
  }
  return content;
}

// False if that would wait.
bool ContentStore::look_at_root(uint64_t now) {
  if (now < next_root_look_) return true;
  if (!files_.refresh_root()) return false;
  next_root_look_ = now + kRootFreshness;
  return true;
}

// The stale entry of that key if its file is as it was. Otherwise the entry is gone, unless that is
// not known yet.
Content ContentStore::revalidate(core::Bytes raw_path, Variant variant, uint64_t now) {
  Slot* found = lookup(raw_path, variant, hash_of(raw_path, variant));
  if (found == nullptr) return Content{};
  Slot& slot = *found;
  Entry& entry = slot.entry;
  ++counters_.revalidations;
  const auto status = files_.status(entry.path);
  if (!status.ok() && status.error().number == core::kWouldWait) {
    return Content{nullptr, Status::not_ready};
  }
  // The answer of a slow disk may be older than the bytes that a large file has now.
  const bool is_as_it_was = status.ok() && status.value() == entry.status && !entry.racy &&
                            (entry.strategy == Entry::Strategy::memory || unchanged(entry));
  if (!is_as_it_was) {
    drop(slot);
    return Content{};
  }
  if (variant == kOriginal && !look_for_siblings(entry)) {
    return Content{nullptr, Status::not_ready};
  }
  if (entry.entity_tag.empty()) {
    set_entity_tag(entry, entry.path);
    entry.head.length = 0;  // to be rendered again
  }
  entry.fresh_until = now + kFreshness;
  entry.used = true;
  return Content{&entry};
}

Content ContentStore::make_original(core::Bytes raw_path, core::Bytes path, Moment now) {
  const auto status = files_.status(path.data());
  if (!status.ok()) return Content{nullptr, status_of(status.error())};
  if (status.value().kind == core::FileKind::directory) {
    return Content{nullptr, Status::moved_permanently};
  }
  if (status.value().kind != core::FileKind::regular) return Content{nullptr, Status::forbidden};
  Recipe recipe;
  recipe.raw_path = raw_path;
  recipe.path = path;
  recipe.content_type = policy_.media_types->type_of(path);
  const Content content = make(recipe, now);
  // One that is not kept is not worth the looks.
  if (content.entry == nullptr || content.entry->doomed) return content;
  if (!look_for_siblings(*content.entry)) {
    expire(*content.entry);
    return Content{nullptr, Status::not_ready};
  }
  return content;
}

// Three looks, also for files that nobody compresses: which ones those are is not for us to know.
// False if one of them would wait; all are asked for, so that they are waited for together.
bool ContentStore::look_for_siblings(Entry& original) {
  char name[kPathCapacity + kLongestExtension];
  const std::size_t length = std::strlen(original.path);
  std::memcpy(name, original.path, length);
  CodingSet found;
  bool is_ready = true;
  for (const ContentCoding coding : kCompressions) {
    const core::Bytes extension = coding_extension(coding);
    std::memcpy(name + length, extension.data(), extension.size());
    name[length + extension.size()] = '\0';
    const auto status = files_.status(name);
    if (status.ok() && is_sibling(status.value(), original.status)) found.add(coding);
    if (!status.ok() && status.error().number == core::kWouldWait) is_ready = false;
  }
  if (!is_ready) return false;
  original.siblings = found;
  const core::Bytes vary = found.empty() ? core::Bytes() : kVaryByCoding;
  if (vary.size() != original.vary.size()) original.head.length = 0;  // to be rendered again
  original.vary = vary;
  return true;
}

Content ContentStore::load_sibling(Entry& original, ContentCoding coding, Moment now) {
  release_last_transient();  // never the original, whose siblings were looked for
  if (!look_at_root(now.monotonic)) return Content{nullptr, Status::not_ready};
  const Content known = revalidate(original.key, variant_of(coding), now.monotonic);
  if (known.entry != nullptr || known.status == Status::not_ready) return known;
  char name[kPathCapacity + kLongestExtension];
  core::TextWriter writer(name, sizeof(name));
  writer.put(original.path).put(coding_extension(coding)).put(core::Bytes("\0", 1));
  CHECK(writer.complete());
  pin(original);
  const Content content = make(Recipe{original.key,
                                      core::Bytes(name, writer.size() - 1),
                                      variant_of(coding),
                                      coding,
                                      original.content_type,
                                      kVaryByCoding,
                                      {}},
                               now);
  unpin(original);
  if (content.entry == nullptr && content.status != Status::not_ready) {
    original.siblings.remove(coding);
  }
  return content;
}

Content ContentStore::make(const Recipe& recipe, Moment now) {
  Slot* slot = occupy_slot();
  if (slot == nullptr) return Content{nullptr, Status::service_unavailable};
  const Status read = read_file(*slot, recipe, now.wall_seconds);
  if (read != Status::ok) {
    free(*slot);
    return Content{nullptr, read};
  }
  return keep(*slot, recipe, now.monotonic + kFreshness);
}

// Looks at all files of a directory, unless that was done just before for another view of it.
core::Result<bool, core::SystemError> ContentStore::take_snapshot(core::Bytes path, uint64_t now) {
  if (now < snapshot_.fresh_until && snapshot_.path == path) return true;
  auto directory = files_.list(path.data(), kMostListed);
  if (!directory.ok()) return directory.error();
  snapshot_.path = path;
  snapshot_.directory = std::move(directory.value());
  snapshot_.fresh_until = now + kFreshness;
  return true;
}

Content ContentStore::load_listing(core::Bytes path, const ListingView& view, Moment now) {
  release_last_transient();
  const Variant variant = variant_of(view);
  Slot* found = lookup(path, variant, hash_of(path, variant));
  if (found != nullptr) drop(*found);

  const auto taken = take_snapshot(path, now.monotonic);
  if (!taken.ok()) return Content{nullptr, status_of(taken.error())};
  core::Directory& directory = snapshot_.directory;
  // tidy: allow(allocation) a miss
  std::string text = render_listing(path, directory, view);
  // Beside other listings and files; what is left out is said on the page.
  for (const uint64_t most = limits_.memory_bytes / 2; text.size() > most;) {
    // tidy: allow(allocation) it becomes smaller
    directory.entries.resize(directory.entries.size() * most / text.size() * 9 / 10);
    directory.complete = false;
    text = render_listing(path, directory, view);
    if (directory.entries.empty()) break;
  }

  Recipe recipe;
  recipe.raw_path = path;
  recipe.path = path;
  recipe.variant = variant;
  recipe.content_type = listing_content_type(view.format);
  recipe.vary = kVaryByType;
  if (view.format == ListingFormat::html) recipe.security_policy = kListingPolicy;
  return make_from_text(recipe, text, snapshot_.fresh_until);
}

bool ContentStore::add(core::Bytes raw_path, core::Bytes content_type, core::Bytes body) {
  release_last_transient();
  Recipe recipe;
  recipe.raw_path = raw_path;
  recipe.path = "";
  recipe.content_type = content_type;
  return make_from_text(recipe, body, UINT64_MAX).entry != nullptr;
}

// An entry without a file.
Content ContentStore::make_from_text(const Recipe& recipe, core::Bytes text, uint64_t fresh_until) {
  Slot* slot = occupy_slot();
  if (slot == nullptr) return Content{nullptr, Status::service_unavailable};
  Entry& entry = slot->entry;
  entry.status.size = text.size();
  // A file in a directory can change without a change of the directory's own time.
  entry.has_modified = false;
  entry.security_policy = recipe.security_policy;
  if (slot->transient || !allocate_block(*slot, recipe, text.size())) {
    free(*slot);
    return Content{nullptr, Status::service_unavailable};
  }
  std::memcpy(const_cast<char*>(entry.body.data()), text.data(), text.size());
  entry.set_entity_tag(EntityTagText(hash_content(entry.body)));
  return keep(*slot, recipe, fresh_until);
}

// A slot for an entry that is to be made; null if none can be had.
ContentStore::Slot* ContentStore::occupy_slot() {
  const bool is_full = entries_.size() - transients_ >= limits_.entries;
  const bool has_room = !is_full || evict_one(Evict::any);
  const core::Handle handle = entries_.acquire();
  if (handle == core::Handle{}) return nullptr;
  Slot& slot = entries_.at(handle.index);
  slot.handle = handle;
  making_ = &slot;
  ++counters_.loads;
  if (!has_room && !make_transient(slot)) {
    free(slot);
    return nullptr;
  }
  return &slot;
}

bool ContentStore::make_transient(Slot& slot) {
  if (transients_ == limits_.transients) return false;
  slot.transient = true;
  ++transients_;
  return true;
}

void ContentStore::release_last_transient() {
  if (last_transient_ != nullptr && last_transient_->entry.pins == 0) free(*last_transient_);
  last_transient_ = nullptr;
}

// The entry is whole: it can be found from now on, or serves one response.
Content ContentStore::keep(Slot& slot, const Recipe& recipe, uint64_t fresh_until) {
  making_ = nullptr;
  if (slot.transient) {
    slot.entry.doomed = true;
    last_transient_ = &slot;
    return Content{&slot.entry};
  }
  slot.hash = hash_of(recipe.raw_path, recipe.variant);
  slot.entry.fresh_until = fresh_until;
  slot.entry.used = true;
  table_.insert(slot.hash, slot.handle.index);
  return Content{&slot.entry};
}

// Opens the file and fills the slot's entry. After a failure the entry may hold a block, a
// descriptor or both; free() takes them back.
Status ContentStore::read_file(Slot& slot, const Recipe& recipe, int64_t wall_seconds) {
  Entry& entry = slot.entry;
  auto opened = files_.open(recipe.path.data());
  if (!opened.ok()) return status_of(opened.error());
  entry.file = opened.value();
  ++file_count_;
  auto status = files_.status(entry.file);
  if (!status.ok()) return status_of(status.error());
  if (status.value().kind != core::FileKind::regular) return Status::forbidden;
  entry.status = status.value();
  // The time of the last change can not be set back, as that of the last modification can.
  entry.racy =
      std::max(entry.status.modified, entry.status.changed) >= (wall_seconds - 1) * kSecond;

  const bool is_small = entry.size() <= limits_.memory_body_bytes;
  const bool in_memory = is_small && !slot.transient && allocate_block(slot, recipe, entry.size());
  entry.strategy = in_memory ? Entry::Strategy::memory : Entry::Strategy::file;
  if (!in_memory) {
    if (!may_hold_another_file()) return Status::service_unavailable;
    if (slot.transient || !allocate_block(slot, recipe, 0)) {
      if (!slot.transient && !make_transient(slot)) return Status::service_unavailable;
      if (!allocate_block(slot, recipe, 0)) return Status::service_unavailable;
    }
  }
  if (in_memory) {
    const Status read = read_body(entry);
    if (read != Status::ok) return read;
  }
  set_entity_tag(entry, recipe.path);
  return Status::ok;
}

// Whether the descriptor that was just opened may stay open. One that only serves to read a file
// now is not one of those that are kept.
bool ContentStore::may_hold_another_file() {
  while (file_count_ > limits_.files) {
    if (!evict_one(Evict::descriptor)) return file_count_ <= limits_.files + spare_files_;
  }
  return true;
}

void ContentStore::set_entity_tag(Entry& entry, core::Bytes path) {
  if (policy_.entity_tags == EntityTagSource::modified) {
    entry.set_entity_tag(EntityTagText(entry.status.modified, entry.status.size, entry.coding));
  } else if (entry.strategy == Entry::Strategy::memory) {
    entry.set_entity_tag(EntityTagText(hash_content(entry.body), entry.coding));
  } else if (!entry.racy) {
    // One that has just changed may go on changing: a log would be hashed for ever.
    const auto hash = policy_.hashes->hash_of(path, entry.status);
    if (hash) entry.set_entity_tag(EntityTagText(*hash, entry.coding));
  }
}

// Reads the whole file into the entry and closes it.
Status ContentStore::read_body(Entry& entry) {
  char* body = const_cast<char*>(entry.body.data());
  std::size_t filled = 0;
  while (filled < entry.body.size()) {
    auto read = files_.read(entry.file, body + filled, entry.body.size() - filled, filled);
    if (!read.ok()) return status_of(read.error());
    if (read.value() == 0) break;
    filled += read.value();
  }
  // A file that changed while it was read gives neither version; the client may try again.
  const auto status = files_.status(entry.file);
  if (!status.ok() || !(status.value() == entry.status) || filled != entry.body.size()) {
    return Status::service_unavailable;
  }
  files_.close(entry.file);
  entry.file = core::kNoFile;
  --file_count_;
  return Status::ok;
}

// One block for all that an entry owns: key, path, room for the entity tag and the head, body.
bool ContentStore::allocate_block(Slot& slot, const Recipe& recipe, uint64_t body_size) {
  Entry& entry = slot.entry;
  const std::size_t names = recipe.raw_path.size() + recipe.path.size() + 1;
  const uint64_t size =
      names + kEntityTagCapacity + kRenderedHeadCapacity + body_size + core::kPadding;
  if (size > UINT32_MAX || (!slot.transient && !make_room(size))) return false;
  // tidy: allow(allocation) a miss, counted against the budget
  entry.block = static_cast<char*>(std::malloc(size));
  if (entry.block == nullptr) return false;
  entry.block_size = static_cast<uint32_t>(size);
  if (!slot.transient) memory_in_use_ += size;

  char* at = entry.block;
  const auto put = [&at](core::Bytes bytes) {
    std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
    return core::Bytes(at - bytes.size(), bytes.size());
  };
  entry.key = put(recipe.raw_path);
  entry.path = put(recipe.path).data();
  *at++ = '\0';
  entry.entity_tag = core::Bytes(at, 0);
  at += kEntityTagCapacity;
  entry.body = core::Bytes(at + kRenderedHeadCapacity, body_size);
  entry.variant = recipe.variant;
  entry.coding = recipe.coding;
  entry.content_type = recipe.content_type;
  entry.vary = recipe.vary;
  return true;
}

}  // namespace http
