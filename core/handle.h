// A reference to a slot of a slab that knows when the slot has been given to someone else.
#pragma once

#include <cstdint>

namespace core {

// `index` names the slot, `generation` the occupant. Generations of occupied slots are odd, so the
// zero handle never refers to anything.
struct Handle {
  uint32_t index = 0;
  uint32_t generation = 0;

  bool operator==(const Handle&) const = default;
};

}  // namespace core
