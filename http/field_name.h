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
  static constexpr size_t kEntryBytes = 32;
  // Setting this bit turns upper case to lower case. No other byte that may stand in a field name
  // becomes a letter or '-' by it, and the colon has it already.
  static constexpr unsigned char kCaseBit = 0x20;
  static constexpr size_t kMinimumLength = 4;

  alignas(64) char text[16 * kEntryBytes] = {};
  uint32_t compared[16] = {};  // bit per byte of the entry, the colon included
  FieldName name[16] = {};     // `other` in an unused slot

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
    FieldNameTable table;
    for (size_t i = 1; i < kFieldNameTexts.size(); ++i) {
      const std::string_view text = kFieldNameTexts[i];
      const auto length = static_cast<uint32_t>(text.size());
      const uint32_t at = slot(first_four(text), length);
      CHECK(table.compared[at] == 0);  // two names in one slot
      CHECK(length >= kMinimumLength && length < kEntryBytes);
      for (size_t k = 0; k < length; ++k) table.text[at * kEntryBytes + k] = text[k];
      table.text[at * kEntryBytes + length] = ':';
      table.compared[at] = (uint32_t{2} << length) - 1;
      table.name[at] = static_cast<FieldName>(i);
    }
    // Nothing equals an unused entry: it is compared with zeros, and no folded byte is zero.
    for (uint32_t& bits : table.compared) bits = bits == 0 ? 1 : bits;
    return table;
  }
};

inline constexpr FieldNameTable kFieldNameTable = FieldNameTable::build();

}  // namespace http
