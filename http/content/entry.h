// One representation in the content store: a file's bytes, or its open descriptor, with all that a
// response says about it. Entries belong to one worker's store; nothing here is shared.
#pragma once

#include <cstdint>

#include "core/bytes.h"
#include "core/file_system.h"

namespace http {

// A response head that a protocol session rendered once for an entry, so that a hit copies it. The
// store only provides the room: it knows no protocol.
struct RenderedHead {
  char* bytes = nullptr;
  uint16_t length = 0;       // 0: not rendered yet
  uint16_t date_offset = 0;  // where the date stands in it
  int64_t date_seconds = 0;  // which date that is
};

struct Entry {
  enum class Strategy : uint8_t { memory, file };

  // Set by the store when the entry is made, constant after.
  Strategy strategy = Strategy::memory;
  core::FileId file = core::kNoFile;  // strategy file
  core::Bytes body;                   // strategy memory
  core::FileStatus status;
  core::Bytes key;           // raw path of the request target
  const char* path = "";     // decoded, relative to the root
  core::Bytes content_type;  // static storage
  core::Bytes entity_tag;
  char* block = nullptr;  // owns key, path, entity tag, the room for the head, and the body
  uint32_t block_size = 0;
  bool racy = false;  // modified so recently that another change could leave the same time stamp

  // Changing.
  RenderedHead head;         // its room ends where `body` begins
  uint64_t fresh_until = 0;  // monotonic nanoseconds
  uint32_t pins = 0;         // responses that still send from it
  bool used = false;         // since the eviction hand came by
  bool doomed = false;       // out of the table; goes when the last pin does

  uint64_t size() const { return status.size; }
};

// Most bytes that a rendered head may have; the room in front of every body.
inline constexpr uint32_t kRenderedHeadCapacity = 512;

}  // namespace http
