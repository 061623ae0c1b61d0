// The field names that spate acts on (RFC 9110 section 5.1: compared without regard to case), and
// the table that recognises one with a hash and one comparison, whatever its length.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bytes.h"
#include "core/check.h"
#include "http/request.h"

namespace http {

// In lower case, in the order of FieldName; FieldName::other has none.
inline constexpr std::array<std::string_view, static_cast<size_t>(FieldName::count)>
    kFieldNameTexts = {"",
                       "accept",
                       "accept-encoding",
                       "connection",
                       "content-length",
                       "expect",
                       "host",
                       "if-match",
                       "if-modified-since",
                       "if-none-match",
                       "if-range",
                       "if-unmodified-since",
                       "range",
                       "transfer-encoding",
                       "upgrade"};

constexpr std::string_view field_name_text(FieldName name) {
  return kFieldNameTexts[static_cast<size_t>(name)];
}

// FieldName::other if spate does not act on it. Any bytes; reads none but them.
FieldName field_name_of(core::Bytes text);

// Open to vector code, which compares a whole entry at once. An entry holds the name in lower case
// and the colon behind it: in a field line whose name is valid up to its colon, equal bytes up to
// the colon mean an equal name of equal length.
struct FieldNameTable {
  static constexpr uint32_t kTextBytes = 32;
  static constexpr uint32_t kSlots = 16;
  static constexpr size_t kMinimumLength = 4;
  // Setting this bit turns upper case to lower case. No other byte that may stand in a field name
  // becomes a letter or '-' by it, and the colon has it already.
  static constexpr unsigned char kCaseBit = 0x20;

  struct Entry {
    alignas(64) char text[kTextBytes];
    uint32_t compared;  // bit per byte of `text` that counts, the colon included
    uint32_t bit;       // in RequestHead::present
    FieldName name;
  };

  Entry entries[kSlots];
  Entry none;  // for what is not in the table

  // Slot of a name from its length and its first four bytes in lower case, the first one lowest.
  // The factor was found by search; no two names share a slot, or the table does not compile.
  static constexpr uint32_t slot(uint32_t first_four, uint32_t length) {
    return (first_four + length) * 0x0b9bc639u >> 28;
  }

  static constexpr uint32_t first_four(std::string_view text) {
    uint32_t word = 0;
    for (size_t i = 0; i < 4; ++i) {
      word |= uint32_t{static_cast<unsigned char>(text[i])} << (8 * i);
    }
    return word;
  }

  static consteval FieldNameTable build() {
    FieldNameTable table{};
    // Nothing equals an unused entry: it is compared with a zero, and no folded byte is zero.
    for (Entry& entry : table.entries) entry.compared = 1;
    table.none.bit = uint32_t{1} << static_cast<unsigned>(FieldName::other);
    for (size_t i = 1; i < kFieldNameTexts.size(); ++i) {
      const std::string_view text = kFieldNameTexts[i];
      CHECK(text.size() >= kMinimumLength && text.size() < kTextBytes);
      const auto length = static_cast<uint32_t>(text.size());
      Entry& entry = table.entries[slot(first_four(text), length)];
      CHECK(entry.name == FieldName::other);  // else two names share a slot
      for (size_t k = 0; k < length; ++k) entry.text[k] = text[k];
      entry.text[length] = ':';
      entry.compared = (uint32_t{2} << length) - 1;
      entry.bit = uint32_t{1} << i;
      entry.name = static_cast<FieldName>(i);
    }
    return table;
  }
};

// Defined where its users do not see the contents. A compiler that knows `none` makes a branch of
// the choice between an entry and `none`, and that branch is hard to predict: for heads that all
// differ it cost 195 ns a head, and without it 147 ns (GCC 12, 3,000 heads of 514 bytes on
// average).
[[gnu::visibility("hidden")]] extern const FieldNameTable kFieldNameTable;

}  // namespace http
