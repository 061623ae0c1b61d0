// The content of generated bodies: a block of random bytes that is repeated, so that a body of any
// length costs no memory and every byte of it can be told without those before it. It is the same
// in every process; a seed chooses where it begins.
//
// Byte i of the body with seed s is block[(start(s) + i) % kBlockSize]. One thread each.
#pragma once

#include <cstdint>

#include "core/mapping.h"
#include "http/repeated_block.h"

namespace http::target {

class Pattern {
 public:
  Pattern();

  // Where byte `offset` of the body with that seed lies, in the block.
  const char* at(uint64_t seed, uint64_t offset) const;

 private:
  core::Mapping memory_;
  char* block_;  // aligned to its size
};

}  // namespace http::target
