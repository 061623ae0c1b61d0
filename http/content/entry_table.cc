#include "http/content/entry_table.h"

#include <bit>

#include "core/check.h"

namespace http {

uint64_t EntryTable::memory_for(uint32_t entries) {
  return static_cast<uint64_t>(std::bit_ceil(entries * 2)) * sizeof(Slot);
}

EntryTable::EntryTable(uint32_t entries)
    : memory_(memory_for(entries)),
      slots_(reinterpret_cast<Slot*>(memory_.data())),
      mask_(std::bit_ceil(entries * 2) - 1) {
  CHECK(entries > 0 && entries <= 1U << 30);
}

void EntryTable::insert(uint64_t hash, uint32_t index) {
  uint32_t at = tag_of(hash) & mask_;
  while (slots_[at].index != 0) at = (at + 1) & mask_;
  slots_[at] = Slot{tag_of(hash), index + 1};
}

void EntryTable::erase(uint64_t hash, uint32_t index) {
  uint32_t hole = tag_of(hash) & mask_;
  while (slots_[hole].index != index + 1) {
    CHECK(slots_[hole].index != 0);
    hole = (hole + 1) & mask_;
  }
  // Moves later entries of the run back, unless that would put one before its home.
  for (uint32_t at = (hole + 1) & mask_; slots_[at].index != 0; at = (at + 1) & mask_) {
    const uint32_t home = slots_[at].tag & mask_;
    if (((at - home) & mask_) >= ((at - hole) & mask_)) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = Slot{};
}

}  // namespace http
