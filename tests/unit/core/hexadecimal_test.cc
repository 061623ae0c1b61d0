#include "core/hexadecimal.h"

#include <gtest/gtest.h>

#include <cctype>

namespace core {
namespace {

TEST(Hexadecimal, KnowsDigitsAndNothingElse) {
  for (int byte = 0; byte < 256; ++byte) {
    const char text[] = {static_cast<char>(byte), '\0'};
    const unsigned expected =
        std::isxdigit(byte) != 0 ? static_cast<unsigned>(std::stoul(text, nullptr, 16)) : 16;
    EXPECT_EQ(hex_value(static_cast<char>(byte)), expected) << byte;
  }
}

}  // namespace
}  // namespace core
