// Fixed-capacity storage of T with generation-checked handles: the arena behind connections.
//
// All memory is reserved at construction and nothing is allocated after. Slots that were never
// occupied have never been touched, so they are not resident. Freed slots are reused last in, first
// out, while they are still in the cache. One thread. Every operation is O(1).
#pragma once

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "core/check.h"
#include "core/handle.h"
#include "core/mapping.h"

namespace core {

template <class T>
class Slab {
  static_assert(std::is_trivially_destructible_v<T>, "slots are reused without a destructor call");

 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit Slab(uint32_t capacity)
      : memory_(static_cast<std::size_t>(capacity) * sizeof(Slot)),
        slots_(reinterpret_cast<Slot*>(memory_.data())),
        capacity_(capacity) {}

  static constexpr std::size_t slot_size() { return sizeof(Slot); }
  uint32_t capacity() const { return capacity_; }
  uint32_t size() const { return size_; }
  bool full() const { return size_ == capacity_; }
  // One past the highest index that was ever occupied: the bound of a scan.
  uint32_t high_water() const { return high_water_; }

  // Occupies a slot with a T made from `arguments`. The zero handle if the slab is full.
  template <class... Arguments>
  Handle acquire(Arguments&&... arguments) {
    uint32_t index = free_;
    if (index != kNone) {
      free_ = slots_[index].next_free;
    } else if (high_water_ < capacity_) {
      index = high_water_++;
    } else {
      return Handle{};
    }
    Slot& slot = slots_[index];
    ++slot.generation;
    DCHECK(slot.generation % 2 == 1);
    ::new (&slot.value) T(std::forward<Arguments>(arguments)...);
    ++size_;
    return Handle{index, slot.generation};
  }

  // The occupant, or null if the handle is stale.
  T* find(Handle handle) {
    if (handle.index >= high_water_) return nullptr;
    Slot& slot = slots_[handle.index];
    if (slot.generation != handle.generation || handle.generation % 2 == 0) return nullptr;
    return &slot.value;
  }

  // The occupant of a slot that the caller knows to be occupied.
  T& at(uint32_t index) {
    DCHECK(index < high_water_ && slots_[index].generation % 2 == 1);
    return slots_[index].value;
  }

  bool occupied(uint32_t index) const {
    return index < high_water_ && slots_[index].generation % 2 == 1;
  }

  Handle handle_of(uint32_t index) const { return Handle{index, slots_[index].generation}; }

  void release(Handle handle) {
    CHECK(find(handle) != nullptr);
    Slot& slot = slots_[handle.index];
    ++slot.generation;
    slot.next_free = free_;
    free_ = handle.index;
    --size_;
  }

 private:
  struct Slot {
    uint32_t generation;  // odd: occupied
    uint32_t next_free;
    T value;
  };

  Mapping memory_;
  Slot* slots_;
  uint32_t capacity_;
  uint32_t size_ = 0;
  uint32_t high_water_ = 0;
  uint32_t free_ = kNone;
};

}  // namespace core
