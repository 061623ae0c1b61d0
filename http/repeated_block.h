// Memory that is sent over and over: a block of kBlockSize bytes, aligned to as many, so that a
// pointer to one of its bytes tells where it begins.
#pragma once

#include <cstdint>

namespace http {

inline constexpr uint64_t kBlockSize = 64 * 1024;

inline uint64_t offset_in_block(const char* byte) {
  return reinterpret_cast<uintptr_t>(byte) % kBlockSize;
}

// How many bytes lie one behind the other from `byte` to the end of its block.
inline uint64_t left_in_block(const char* byte) {
  return kBlockSize - offset_in_block(byte);
}

// The byte that comes `bytes` later, where the block goes on at its start.
inline const char* later_in_block(const char* byte, uint64_t bytes) {
  const uint64_t at = offset_in_block(byte);
  return byte - at + (at + bytes) % kBlockSize;
}

}  // namespace http
