#include "http/method.h"

#include <gtest/gtest.h>

#include <string>

namespace http {
namespace {

constexpr Method kKnown[] = {Method::get,     Method::head,    Method::post,
                             Method::put,     Method::delete_, Method::connect,
                             Method::options, Method::trace,   Method::patch};

TEST(Method, KnownTextsAreRecognised) {
  for (Method method : kKnown) {
    ASSERT_FALSE(method_text(method).empty());
    EXPECT_EQ(method_of(method_text(method)), method) << method_text(method);
  }
}

// RFC 9110 section 9.1: the method token is case-sensitive.
TEST(Method, CaseMatters) {
  EXPECT_EQ(method_of("get"), Method::other);
  EXPECT_EQ(method_of("Get"), Method::other);
}

TEST(Method, LongerAndShorterTokensAreOther) {
  for (Method method : kKnown) {
    const std::string text(method_text(method));
    EXPECT_EQ(method_of(text + "S"), Method::other) << text;
    EXPECT_EQ(method_of(text.substr(0, text.size() - 1)), Method::other) << text;
    EXPECT_EQ(method_of(text + "12345678"), Method::other) << text;
  }
  EXPECT_EQ(method_of(""), Method::other);
  EXPECT_EQ(method_text(Method::other), "");
}

}  // namespace
}  // namespace http
