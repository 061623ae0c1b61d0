// That a parser has an answer to whatever stands there: an error that says what was expected, or a
// value that keeps its promises.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/random.h"
#include "tests/support/text_mutator.h"

namespace test_support {

// Has Value::parse() read many texts that are nearly right. For each that it takes, `check` is
// called as `void check(const Value&, core::Random&)` for some draws in a row; its assertions need
// not name the text.
template <class Value, class Check>
void expect_error_or_value(TextMutator texts, Check check) {
  constexpr int kTexts = 200'000;
  core::Random seeds(2);
  int accepted = 0;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = texts.next();
    const auto parsed = Value::parse(text);
    if (!parsed.ok()) {
      ASSERT_TRUE(parsed.error().text().starts_with("expected ")) << text;
      continue;
    }
    ++accepted;
    core::Random random(seeds.next());
    for (int draw = 0; draw < 4; ++draw) check(parsed.value(), random);
    ASSERT_FALSE(::testing::Test::HasFailure()) << text;
  }
  EXPECT_GT(accepted, kTexts / 40);
}

}  // namespace test_support
