#include "http/semantics/weight.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace http {
namespace {

// RFC 9110 section 12.4.2: qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ).
TEST(ParseWeight, EveryOneWithThreeDecimals) {
  for (uint16_t weight = 0; weight < 1000; ++weight) {
    char text[8];
    std::snprintf(text, sizeof(text), "0.%03u", unsigned{weight});
    EXPECT_EQ(parse_weight(text), weight) << text;
  }
}

TEST(ParseWeight, DecimalsMayBeLeftOut) {
  EXPECT_EQ(parse_weight("0"), 0);
  EXPECT_EQ(parse_weight("0."), 0);
  EXPECT_EQ(parse_weight("0.0"), 0);
  EXPECT_EQ(parse_weight("0.5"), 500);
  EXPECT_EQ(parse_weight("0.05"), 50);
  EXPECT_EQ(parse_weight("0.55"), 550);
  EXPECT_EQ(parse_weight("1"), 1000);
  EXPECT_EQ(parse_weight("1."), 1000);
  EXPECT_EQ(parse_weight("1.0"), 1000);
  EXPECT_EQ(parse_weight("1.00"), 1000);
  EXPECT_EQ(parse_weight("1.000"), 1000);
}

TEST(ParseWeight, NothingElse) {
  for (const char* text :
       {"",      ".",      ".5",     "2",      "00",    "01",   "10",   "1.1", "1.01",
        "1.001", "1.0000", "0.0000", "0.1234", "0.5 ",  " 0.5", "+0.5", "-0",  "0,5",
        "0.x",   "0.5x",   "0..",    "1e0",    "\"1\"", "0.-1", "q"}) {
    EXPECT_EQ(parse_weight(text), std::nullopt) << text;
  }
}

TEST(ParseWeight, EveryByteInPlaceOfADigit) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool digit = c >= '0' && c <= '9';
    EXPECT_EQ(parse_weight(std::string("0.1") + c).has_value(), digit) << byte;
    EXPECT_EQ(parse_weight(std::string("1.0") + c).has_value(), c == '0') << byte;
    EXPECT_EQ(parse_weight(std::string(1, c)).has_value(), c == '0' || c == '1') << byte;
    EXPECT_EQ(parse_weight(std::string("0") + c).has_value(), c == '.') << byte;
  }
}

}  // namespace
}  // namespace http
