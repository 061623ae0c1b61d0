#include "http/semantics/etag.h"

#include <charconv>

#include "core/check.h"
#include "http/semantics/token.h"

namespace http {
namespace {

// etagc of RFC 9110 section 8.8.3: visible ASCII without the quote, and obs-text.
bool is_tag_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte <= 0x7E) || byte >= 0x80;
}

// Takes the entity tag at the start of `text` off it.
std::optional<EntityTag> take_entity_tag(core::Bytes& text) {
  const bool weak = text.starts_with("W/");
  const core::Bytes quoted = text.substr(weak ? 2 : 0);
  if (!quoted.starts_with('"')) return std::nullopt;
  std::size_t end = 1;
  while (end < quoted.size() && is_tag_byte(quoted[end])) ++end;
  if (end == quoted.size() || quoted[end] != '"') return std::nullopt;
  text = quoted.substr(end + 1);
  return EntityTag{quoted.substr(0, end + 1), weak};
}

void put_hexadecimal(core::TextWriter& writer, uint64_t number, std::size_t least_digits) {
  char digits[16];
  const char* end = std::to_chars(digits, digits + sizeof(digits), number, 16).ptr;
  const auto length = static_cast<std::size_t>(end - digits);
  for (std::size_t i = length; i < least_digits; ++i) writer.put("0");
  writer.put({digits, length});
}

}  // namespace

bool strongly_equal(const EntityTag& a, const EntityTag& b) {
  return !a.weak && !b.weak && weakly_equal(a, b);
}

bool weakly_equal(const EntityTag& a, const EntityTag& b) {
  return !a.opaque.empty() && a.opaque == b.opaque;
}

std::optional<EntityTag> parse_entity_tag(core::Bytes text) {
  const std::optional<EntityTag> tag = take_entity_tag(text);
  return text.empty() ? tag : std::nullopt;
}

EntityTagText::EntityTagText(int64_t modified_nanoseconds, uint64_t size, ContentCoding coding) {
  core::TextWriter writer(text_.data(), text_.size());
  put_hexadecimal(writer.put("\""), static_cast<uint64_t>(modified_nanoseconds), 1);
  put_hexadecimal(writer.put("-"), size, 1);
  finish(writer, coding);
}

EntityTagText::EntityTagText(const ContentHash& hash, ContentCoding coding) {
  core::TextWriter writer(text_.data(), text_.size());
  writer.put("\"");
  for (const uint64_t half : hash) put_hexadecimal(writer, half, 16);
  finish(writer, coding);
}

void EntityTagText::finish(core::TextWriter& writer, ContentCoding coding) {
  if (coding != ContentCoding::identity) writer.put("-").put(coding_name(coding));
  writer.put("\"");
  CHECK(writer.complete());
  size_ = static_cast<uint8_t>(writer.size());
}

EntityTagList::Item EntityTagList::fail() {
  malformed_ = true;
  return Item::malformed;
}

EntityTagList::Item EntityTagList::next(EntityTag& tag) {
  if (malformed_) return Item::malformed;
  rest_ = without_leading_blanks(rest_);
  if (rest_.starts_with('*')) {  // only at the start of the line: a tag ends at a comma
    rest_ = without_leading_blanks(rest_.substr(1));
    return rest_.empty() ? Item::any : fail();
  }
  while (rest_.starts_with(',')) rest_ = without_leading_blanks(rest_.substr(1));
  if (rest_.empty()) return Item::end;

  const std::optional<EntityTag> taken = take_entity_tag(rest_);
  if (!taken) return fail();
  rest_ = without_leading_blanks(rest_);
  if (!rest_.empty() && !rest_.starts_with(',')) return fail();
  tag = *taken;
  return Item::tag;
}

}  // namespace http
