// Hash table from the raw path of a request target to an entry index. Open addressing with linear
// probing over a fixed power of two, at most half full; a hash seed per process, so that clients
// can not choose colliding paths. One thread; no allocation after construction.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/bytes.h"
#include "core/mapping.h"

namespace http {

// 64 bits from any bytes. Reads only the bytes given.
[[gnu::always_inline]] inline uint64_t hash_bytes(core::Bytes bytes, uint64_t seed) {
  constexpr uint64_t kFactor1 = 0x9e3779b97f4a7c15;
  constexpr uint64_t kFactor2 = 0xd6e8feb86659fd93;
  const auto mix = [](uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const auto load = [](const char* from, std::size_t count) {
    uint64_t word = 0;
    std::memcpy(&word, from, count);
    return word;
  };
  const char* data = bytes.data();
  std::size_t left = bytes.size();
  uint64_t state = (seed ^ left * kFactor2) * kFactor1;
  while (left > 16) [[unlikely]] {
      state = mix(load(data, 8) ^ state, load(data + 8, 8) ^ kFactor2);
      data += 16;
      left -= 16;
    }
  // The last 0 to 16 bytes in two words that may overlap.
  uint64_t low = 0;
  uint64_t high = 0;
  if (left >= 8) {
    low = load(data, 8);
    high = load(data + left - 8, 8);
  } else if (left >= 4) {
    low = load(data, 4);
    high = load(data + left - 4, 4);
  } else if (left > 0) {
    low = static_cast<unsigned char>(data[0]);
    high = static_cast<uint64_t>(static_cast<unsigned char>(data[left / 2])) << 8 |
           static_cast<unsigned char>(data[left - 1]);
  }
  return mix(low ^ state, high ^ kFactor2);
}

class EntryTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // For at most `entries` entries.
  explicit EntryTable(uint32_t entries);

  // Calls `equal(index)` for each candidate until one is accepted; its index, or kNone.
  template <class Equal>
  [[gnu::always_inline]] uint32_t find(uint64_t hash, Equal equal) const {
    const uint32_t tag = tag_of(hash);
    for (uint32_t at = tag & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.index == 0) return kNone;
      if (slot.tag == tag && equal(slot.index - 1)) return slot.index - 1;
    }
  }

  void insert(uint64_t hash, uint32_t index);
  // The pair must be there.
  void erase(uint64_t hash, uint32_t index);

  static uint64_t memory_for(uint32_t entries);

 private:
  struct Slot {
    uint32_t tag;
    uint32_t index;  // entry index + 1; 0 is an empty slot
  };

  // Also names the slot where an entry would like to be, so that an erase can move entries back.
  static uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  core::Mapping memory_;
  Slot* slots_;
  uint32_t mask_;
};

}  // namespace http
