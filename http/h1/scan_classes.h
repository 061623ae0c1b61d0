// Which bytes may stand where in a request head (RFC 9112 section 3.2, and http/semantics/token.h),
// and the nibble tables by which vector code finds out for many bytes at once. The tables are built
// from the predicates and checked against them for all 256 bytes when this file compiles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "http/semantics/token.h"

namespace http::h1 {

// Visible ASCII without '#': a fragment is never sent. What the target means is for its user.
constexpr bool is_target_byte(unsigned char byte) {
  return byte > 0x20 && byte < 0x7f && byte != '#';
}

// A byte's class is low[byte & 15] & high[byte >> 4], and 0 from 0x80 on (the shuffle instruction
// gives 0 for an index with the top bit, so the first look-up takes the byte as it is). Bits 0 to 4
// are token bytes, bits 5 to 7 are not value bytes, no bit is everything else; a byte never has
// bits of both kinds. So, unsigned: control is class >= kControlClass, and a token byte is
// 0 < class < kControlClass.
struct ScanTables {
  static constexpr uint8_t kControlClass = 0x20;

  uint8_t low[16] = {};
  uint8_t high[16] = {};

  constexpr uint8_t class_of(unsigned char byte) const {
    return byte >= 0x80 ? uint8_t{0} : static_cast<uint8_t>(low[byte & 15] & high[byte >> 4]);
  }

  static consteval ScanTables build() {
    ScanTables tables;
    // One bit for each row of 16 token bytes; row 6 has them all, and is the union of 4 and 5.
    constexpr std::array<unsigned, 5> kTokenRows = {2, 3, 4, 5, 7};
    for (unsigned bit = 0; bit < kTokenRows.size(); ++bit) {
      const unsigned row = kTokenRows[bit];
      tables.high[row] = static_cast<uint8_t>(tables.high[row] | 1u << bit);
      for (unsigned column = 0; column < 16; ++column) {
        if (!is_token_byte(static_cast<unsigned char>(row * 16 + column))) continue;
        tables.low[column] = static_cast<uint8_t>(tables.low[column] | 1u << bit);
      }
    }
    tables.high[6] = static_cast<uint8_t>(tables.high[4] | tables.high[5]);
    // Controls: rows 0 and 1 but for column 9 (HTAB), column 9 of row 1, and DEL.
    constexpr uint8_t kNotColumn9 = 0x20, kColumn9 = 0x40, kDelete = 0x80;
    for (unsigned column = 0; column < 16; ++column) {
      tables.low[column] =
          static_cast<uint8_t>(tables.low[column] | (column == 9 ? kColumn9 : kNotColumn9));
    }
    tables.low[15] = static_cast<uint8_t>(tables.low[15] | kDelete);
    tables.high[0] = kNotColumn9;
    tables.high[1] = kNotColumn9 | kColumn9;
    tables.high[7] = static_cast<uint8_t>(tables.high[7] | kDelete);
    return tables;
  }

  consteval bool agrees_with_predicates() const {
    for (unsigned value = 0; value < 256; ++value) {
      const auto byte = static_cast<unsigned char>(value);
      const uint8_t found = class_of(byte);
      if ((found >= kControlClass) == is_value_byte(byte)) return false;
      if ((found > 0 && found < kControlClass) != is_token_byte(byte)) return false;
    }
    return true;
  }
};

// Everything that vector code compares with or adds, as wide as the widest register. Defined where
// the vector code does not see it, for GCC 12 would rather build each constant with three
// instructions than load it (121 ns and not 112 ns for a 709-byte head).
struct ScanConstants {
  alignas(32) uint8_t low[32];   // ScanTables::low in each lane of 16 bytes
  alignas(32) uint8_t high[32];  // ScanTables::high likewise
  alignas(32) uint8_t low_nibble[32];
  alignas(32) uint8_t minus_one[32];
  // Saturating additions with these carry into a byte's top bit if the byte is a class >=
  // kControlClass; or a class, less one, that is no token byte's (less one, no class is 0xff).
  alignas(32) uint8_t control_to_top[32];
  alignas(32) uint8_t not_token_to_top[32];
  // A target lies from '!' to '~': less '!' and with saturation, others carry into the top bit.
  alignas(32) uint8_t minus_exclamation[32];
  alignas(32) uint8_t beyond_tilde_to_top[32];
  alignas(32) uint8_t hash[32];
  alignas(32) uint8_t case_bit[32];
};

[[gnu::visibility("hidden")]] extern const ScanConstants kScanConstants;

}  // namespace http::h1
