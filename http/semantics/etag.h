// Entity tags (RFC 9110 section 8.8.3): making, comparing, and reading lists of them.
//
// Pure functions; views point into the caller's text. Any thread; no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/text_writer.h"
#include "http/semantics/accept_encoding.h"

namespace http {

// A parsed entity tag. `opaque` keeps its quotes, so an empty view is no tag and equals none.
struct EntityTag {
  core::Bytes opaque;
  bool weak = false;
};

// Both are opaque-tags of equal bytes and neither is weak (RFC 9110 section 8.8.3.2).
bool strongly_equal(const EntityTag& a, const EntityTag& b);
// Both are opaque-tags of equal bytes, weak or not.
bool weakly_equal(const EntityTag& a, const EntityTag& b);

// The whole of `text` as one entity tag, or nothing.
std::optional<EntityTag> parse_entity_tag(core::Bytes text);

// 128 bits of a hash of a representation's bytes.
using ContentHash = std::array<uint64_t, 2>;

// Most bytes of the text below: two numbers, what parts them, the quotes and "-gzip".
inline constexpr std::size_t kEntityTagCapacity = 2 + 16 + 1 + 16 + 5;

// The text of a representation's entity tag, as it stands in an ETag field. That of a precompressed
// one ends with its coding, so that it differs from the original's whatever else they share
// (section 8.8.3.3).
class EntityTagText {
 public:
  // `"<modification time in nanoseconds>-<size>"`, both in hexadecimal. No inode and no device, so
  // that replicas of one tree agree. It is strong as far as the file system's clock is: two writes
  // of equal size within one tick (4 ms with HZ=250) give one tag.
  EntityTagText(int64_t modified_nanoseconds, uint64_t size,
                ContentCoding coding = ContentCoding::identity);
  // `"<32 hexadecimal digits>"`.
  explicit EntityTagText(const ContentHash& hash, ContentCoding coding = ContentCoding::identity);

  core::Bytes view() const { return {text_.data(), size_}; }
  EntityTag tag() const { return {view(), false}; }

 private:
  void finish(core::TextWriter& writer, ContentCoding coding);

  std::array<char, kEntityTagCapacity> text_;
  uint8_t size_;
};

// Walks one field line of If-Match or If-None-Match: "*" or a comma-separated list of entity tags,
// in which empty elements are legal (RFC 9110 sections 5.6.1.2, 13.1.1, 13.1.2). Several field
// lines make one list, so a line without any element is not malformed in itself.
class EntityTagList {
 public:
  enum class Item : uint8_t { tag, any, end, malformed };

  explicit EntityTagList(core::Bytes field_value) : rest_(field_value) {}

  // `tag`: sets `tag`. `any`: the line is "*" and nothing else. `malformed` and `end` are final.
  Item next(EntityTag& tag);

 private:
  Item fail();

  core::Bytes rest_;
  bool malformed_ = false;
};

}  // namespace http
