#include "http/field_name.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace http {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

TEST(FieldName, EveryKnownNameIsRecognisedInAnyCase) {
  for (size_t i = 1; i < kFieldNameTexts.size(); ++i) {
    const auto name = static_cast<FieldName>(i);
    std::string mixed(kFieldNameTexts[i]);
    mixed[0] = upper(mixed)[0];
    EXPECT_EQ(field_name_of(kFieldNameTexts[i]), name) << kFieldNameTexts[i];
    EXPECT_EQ(field_name_of(upper(kFieldNameTexts[i])), name) << kFieldNameTexts[i];
    EXPECT_EQ(field_name_of(mixed), name) << mixed;
  }
}

// The order of the texts is that of the enumeration.
TEST(FieldName, TextsBelongToTheirNames) {
  EXPECT_EQ(field_name_text(FieldName::other), "");
  EXPECT_EQ(field_name_text(FieldName::accept), "accept");
  EXPECT_EQ(field_name_text(FieldName::host), "host");
  EXPECT_EQ(field_name_text(FieldName::if_unmodified_since), "if-unmodified-since");
  EXPECT_EQ(field_name_text(FieldName::upgrade), "upgrade");
}

TEST(FieldName, NeighboursOfKnownNamesAreOther) {
  for (size_t i = 1; i < kFieldNameTexts.size(); ++i) {
    const std::string text(kFieldNameTexts[i]);
    EXPECT_EQ(field_name_of(text + "s"), FieldName::other) << text;
    EXPECT_EQ(field_name_of(text.substr(0, text.size() - 1)), FieldName::other) << text;
    EXPECT_EQ(field_name_of(text.substr(1)), FieldName::other) << text;
    for (size_t k = 0; k < text.size(); ++k) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = text;
        changed[k] = static_cast<char>(changed[k] ^ (1 << bit));
        if (upper(changed) == upper(text)) continue;
        EXPECT_EQ(field_name_of(changed), FieldName::other) << changed;
      }
    }
  }
  EXPECT_EQ(field_name_of(""), FieldName::other);
  EXPECT_EQ(field_name_of("DNT"), FieldName::other);
}

}  // namespace
}  // namespace http
