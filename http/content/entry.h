// One representation in the content store: a file's bytes, or its open descriptor, with all that a
// response says about it. Entries belong to one worker's store; nothing here is shared.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "core/bytes.h"
#include "core/file_system.h"
#include "http/semantics/accept_encoding.h"
#include "http/semantics/etag.h"

namespace http {

// A response head that a protocol session rendered once for an entry, so that a hit copies it. The
// store only provides the room: it knows no protocol.
struct RenderedHead {
  char* bytes = nullptr;
  uint16_t length = 0;       // 0: not rendered yet
  uint16_t date_offset = 0;  // where the date stands in it
  uint32_t lent = 0;         // responses that send it from here: it must not change
  int64_t date_seconds = 0;  // which date that is
};

// Which of the representations of one path an entry is: the file itself, a precompressed sibling
// (the number of its ContentCoding), or a listing of the directory (kFirstListing and its view).
using Variant = uint8_t;
inline constexpr Variant kOriginal = 0;
inline constexpr Variant kFirstListing = kContentCodings;

struct Entry {
  enum class Strategy : uint8_t { memory, file };

  // Set by the store when the entry is made, constant after.
  Strategy strategy = Strategy::memory;
  core::FileId file = core::kNoFile;  // strategy file
  core::Bytes body;                   // strategy memory
  core::FileStatus status;
  core::Bytes key;              // raw path of the request target
  const char* path = "";        // decoded, relative to the root
  core::Bytes content_type;     // outlives the store
  core::Bytes entity_tag;       // empty: none is known yet
  core::Bytes security_policy;  // for the Content-Security-Policy field, in static storage
  char* block = nullptr;        // owns key, path, entity tag, the room for the head, and the body
  uint32_t block_size = 0;
  Variant variant = kOriginal;
  ContentCoding coding = ContentCoding::identity;
  bool has_modified = true;  // there is a time of the last modification to tell
  bool racy = false;  // modified so recently that another change could leave the same time stamp

  // Changing.
  core::Bytes vary;          // the value of the Vary field, in static storage; empty: none
  CodingSet siblings;        // an original: codings in which a precompressed sibling may be had
  RenderedHead head;         // its room ends where `body` begins
  uint64_t fresh_until = 0;  // monotonic nanoseconds
  uint32_t pins = 0;         // responses that still send from it
  bool used = false;         // since the eviction hand came by
  bool doomed = false;       // out of the table; goes when the last pin does

  uint64_t size() const { return status.size; }
  // Last-Modified in seconds since 1970; nothing if there is none.
  std::optional<int64_t> modified_seconds() const {
    if (!has_modified) return std::nullopt;
    return status.modified_seconds();
  }
  // Into the room that the block has for it, where `entity_tag` stands.
  void set_entity_tag(const EntityTagText& text) {
    char* at = const_cast<char*>(entity_tag.data());
    std::memcpy(at, text.view().data(), text.view().size());
    entity_tag = {at, text.view().size()};
  }
};

// Most bytes that a rendered head may have; the room in front of every body.
inline constexpr uint32_t kRenderedHeadCapacity = 640;

}  // namespace http
