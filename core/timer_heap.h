// Exact times for the slots of a slab: a heap in which every slot has at most one time. For waits
// that a client asked for to the millisecond, which few slots have at a time; what nearly every
// slot has, and where a tick more does not matter, is for the timer wheel (core/timer_wheel.h).
//
// Time is an argument in nanoseconds of a monotonic clock; the heap never reads one. To set or to
// forget one costs O(log n) of those that are set, which is also how much memory is touched. One
// thread; no allocation after construction.
#pragma once

#include <cstdint>
#include <utility>

#include "core/check.h"
#include "core/clock.h"
#include "core/mapping.h"

namespace core {

class TimerHeap {
 public:
  // Times for indexes 0 to capacity-1.
  explicit TimerHeap(uint32_t capacity)
      : memory_(capacity > 0 ? Mapping(capacity * entry_size()) : Mapping()),
        nodes_(reinterpret_cast<Node*>(memory_.data())),
        places_(reinterpret_cast<uint32_t*>(nodes_ + capacity)),
        capacity_(capacity) {}

  static constexpr std::size_t entry_size() { return sizeof(Node) + sizeof(uint32_t); }

  bool has(uint32_t index) const { return index < capacity_ && places_[index] != 0; }
  uint32_t size() const { return size_; }
  // The earliest time; kNever if there is none.
  uint64_t next() const { return size_ > 0 ? nodes_[0].time : kNever; }

  // Sets or moves the time of `index`.
  void schedule(uint32_t index, uint64_t time) {
    CHECK(index < capacity_);
    cancel(index);
    put(size_++, Node{time, index});
    rise(size_ - 1);
  }

  // Forgets the time of `index`, if it has one.
  void cancel(uint32_t index) {
    if (!has(index)) return;
    const uint32_t place = places_[index] - 1;
    places_[index] = 0;
    const Node last = nodes_[--size_];
    if (place == size_) return;
    put(place, last);
    rise(place);
    sink(places_[last.index] - 1);
  }

  // Takes the index with the earliest time if that is at or before `now`; false if there is none.
  bool pop_due(uint64_t now, uint32_t& index) {
    if (size_ == 0 || nodes_[0].time > now) return false;
    index = nodes_[0].index;
    cancel(index);
    return true;
  }

  // No node is earlier than the one above it, and every index knows its place; a bug otherwise.
  void check_invariants() const {
    for (uint32_t i = 0; i < size_; ++i) {
      CHECK(places_[nodes_[i].index] == i + 1);
      CHECK(i == 0 || nodes_[(i - 1) / 2].time <= nodes_[i].time);
    }
  }

 private:
  struct Node {
    uint64_t time;
    uint32_t index;
  };

  void put(uint32_t place, const Node& node) {
    nodes_[place] = node;
    places_[node.index] = place + 1;
  }
  void rise(uint32_t place) {
    while (place > 0 && nodes_[place].time < nodes_[(place - 1) / 2].time) {
      exchange(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
  }
  void sink(uint32_t place) {
    while (true) {
      uint32_t child = 2 * place + 1;
      if (child >= size_) return;
      if (child + 1 < size_ && nodes_[child + 1].time < nodes_[child].time) ++child;
      if (nodes_[place].time <= nodes_[child].time) return;
      exchange(place, child);
      place = child;
    }
  }
  void exchange(uint32_t a, uint32_t b) {
    const Node node = nodes_[a];
    put(a, nodes_[b]);
    put(b, node);
  }

  Mapping memory_;
  Node* nodes_;       // the first size_ are a heap
  uint32_t* places_;  // of an index in it, from 1 on; 0: it has no time
  uint32_t capacity_;
  uint32_t size_ = 0;
};

}  // namespace core
