// Values of hexadecimal digits, by a table: to look is all that it costs.
#pragma once

#include <array>
#include <cstdint>

namespace core {

inline constexpr std::array<uint8_t, 256> kHexValues = [] {
  std::array<uint8_t, 256> values;
  values.fill(16);
  for (uint8_t i = 0; i < 10; ++i) values[static_cast<uint8_t>('0' + i)] = i;
  for (uint8_t i = 0; i < 6; ++i) {
    values[static_cast<uint8_t>('a' + i)] = values[static_cast<uint8_t>('A' + i)] =
        static_cast<uint8_t>(10 + i);
  }
  return values;
}();

// 0 to 15; 16 for what is no digit.
constexpr unsigned hex_value(char c) {
  return kHexValues[static_cast<unsigned char>(c)];
}

}  // namespace core
