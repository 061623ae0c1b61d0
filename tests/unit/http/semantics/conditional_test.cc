#include "http/semantics/conditional.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/http/semantics/request_support.h"

namespace http {
namespace {

constexpr FieldName kIfMatch = FieldName::if_match;
constexpr FieldName kIfNoneMatch = FieldName::if_none_match;
constexpr FieldName kIfModifiedSince = FieldName::if_modified_since;
constexpr FieldName kIfUnmodifiedSince = FieldName::if_unmodified_since;
constexpr FieldName kIfRange = FieldName::if_range;
constexpr FieldName kRange = FieldName::range;

constexpr auto kProceed = Precondition::proceed;
constexpr auto kNotModified = Precondition::not_modified;
constexpr auto kFailed = Precondition::precondition_failed;

constexpr int64_t kModified = 784'111'777;
constexpr int64_t kNow = 1'750'000'000;
constexpr const char* kSame = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kSameAsRfc850 = "Sunday, 06-Nov-94 08:49:37 GMT";
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr const char* kInvalid = "Sun, 06 Nov 1994 08:49:37";

ConditionalResult evaluate(Method method, const Lines& lines, int64_t now = kNow) {
  const Request request(method, lines);
  const Validators selected{{"\"tag\"", false}, kModified};
  return evaluate_conditions(request.head(), selected, now);
}

Precondition outcome(const Lines& lines, Method method = Method::get) {
  return evaluate(method, lines).outcome;
}

bool range_applies(const Lines& lines, int64_t now = kNow) {
  return evaluate(Method::get, lines, now).range_applies;
}

TEST(EvaluateConditions, WithoutAnyTheRequestProceeds) {
  EXPECT_EQ(outcome({}), kProceed);
  EXPECT_FALSE(range_applies({}));
  EXPECT_EQ(outcome({{FieldName::host, "a"}, {FieldName::accept, "*/*"}}), kProceed);
}

// RFC 9110 section 13.1.1: strong comparison.
TEST(EvaluateConditions, IfMatch) {
  EXPECT_EQ(outcome({{kIfMatch, "\"tag\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfMatch, "*"}}), kProceed);
  EXPECT_EQ(outcome({{kIfMatch, "\"x\", \"tag\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfMatch, "\"x\""}}), kFailed);
  EXPECT_EQ(outcome({{kIfMatch, "W/\"tag\""}}), kFailed);
  EXPECT_EQ(outcome({{kIfMatch, ""}}), kFailed);
  EXPECT_EQ(outcome({{kIfMatch, "tag"}}), kFailed);
  EXPECT_EQ(outcome({{kIfMatch, "\"tag\", oops"}}), kFailed);
  EXPECT_EQ(outcome({{kIfMatch, "\"x\""}}, Method::put), kFailed);
}

// Section 13.1.2: weak comparison, 304 for GET and HEAD, 412 for the others.
TEST(EvaluateConditions, IfNoneMatch) {
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "W/\"tag\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"x\",, W/\"tag\" ,\"y\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "*"}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"x\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"TAG\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, ""}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "tag"}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\", oops"}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "*, \"tag\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}}, Method::head), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}}, Method::put), kFailed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "*"}}, Method::put), kFailed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"x\""}}, Method::put), kProceed);
}

// Section 5.3: several field lines of a list make one list.
TEST(EvaluateConditions, ListsInSeveralFieldLines) {
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"x\""}, {kIfNoneMatch, "\"tag\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}, {kIfNoneMatch, "\"x\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, ""}, {kIfNoneMatch, "\"tag\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"x\""}, {kIfNoneMatch, "\"y\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}, {kIfNoneMatch, "oops"}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "*"}, {kIfNoneMatch, "\"tag\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}, {kIfNoneMatch, "*"}}), kProceed);
  EXPECT_EQ(outcome({{kIfMatch, "\"x\""}, {FieldName::host, "a"}, {kIfMatch, "\"tag\""}}),
            kProceed);
  EXPECT_EQ(outcome({{kIfMatch, "*"}, {kIfMatch, "*"}}), kFailed);
}

// Section 13.1.3: true if changed later than the date; only GET and HEAD; invalid is ignored.
TEST(EvaluateConditions, IfModifiedSince) {
  EXPECT_EQ(outcome({{kIfModifiedSince, kSame}}), kNotModified);
  EXPECT_EQ(outcome({{kIfModifiedSince, kSameAsRfc850}}), kNotModified);
  EXPECT_EQ(outcome({{kIfModifiedSince, kAfter}}), kNotModified);
  EXPECT_EQ(outcome({{kIfModifiedSince, kBefore}}), kProceed);
  EXPECT_EQ(outcome({{kIfModifiedSince, kInvalid}}), kProceed);
  EXPECT_EQ(outcome({{kIfModifiedSince, ""}}), kProceed);
  EXPECT_EQ(outcome({{kIfModifiedSince, kSame}, {kIfModifiedSince, kSame}}), kProceed);
  EXPECT_EQ(outcome({{kIfModifiedSince, kSame}}, Method::head), kNotModified);
  EXPECT_EQ(outcome({{kIfModifiedSince, kSame}}, Method::put), kProceed);
}

// Section 13.1.4: true if not changed after the date; invalid or repeated is ignored.
TEST(EvaluateConditions, IfUnmodifiedSince) {
  EXPECT_EQ(outcome({{kIfUnmodifiedSince, kSame}}), kProceed);
  EXPECT_EQ(outcome({{kIfUnmodifiedSince, kAfter}}), kProceed);
  EXPECT_EQ(outcome({{kIfUnmodifiedSince, kBefore}}), kFailed);
  EXPECT_EQ(outcome({{kIfUnmodifiedSince, kBefore}}, Method::put), kFailed);
  EXPECT_EQ(outcome({{kIfUnmodifiedSince, kInvalid}}), kProceed);
  EXPECT_EQ(outcome({{kIfUnmodifiedSince, kBefore}, {kIfUnmodifiedSince, kBefore}}), kProceed);
}

// Section 13.2.2: If-Match hides If-Unmodified-Since (steps 1, 2), then If-None-Match hides
// If-Modified-Since (steps 3, 4), even when the hidden field alone would decide otherwise.
TEST(EvaluateConditions, OrderOfPrecedence) {
  EXPECT_EQ(outcome({{kIfMatch, "\"tag\""}, {kIfUnmodifiedSince, kBefore}}), kProceed);
  EXPECT_EQ(outcome({{kIfMatch, "\"x\""}, {kIfUnmodifiedSince, kAfter}}), kFailed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"x\""}, {kIfModifiedSince, kSame}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}, {kIfModifiedSince, kBefore}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "oops"}, {kIfModifiedSince, kSame}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}, {kIfMatch, "\"tag\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"tag\""}, {kIfMatch, "\"x\""}}), kFailed);
  EXPECT_EQ(outcome({{kIfModifiedSince, kSame}, {kIfUnmodifiedSince, kBefore}}), kFailed);
  EXPECT_EQ(outcome({{kIfModifiedSince, kSame}, {kIfUnmodifiedSince, kSame}}), kNotModified);
  EXPECT_EQ(outcome({{kIfModifiedSince, kSame}, {kIfMatch, "\"tag\""}}), kNotModified);
}

// Every combination of the four fields, each absent, true or false, against the steps of section
// 13.2.2 written out.
TEST(EvaluateConditions, EveryCombinationFollowsTheSteps) {
  enum { kAbsent, kTrue, kFalse };
  for (const Method method : {Method::get, Method::head, Method::put}) {
    for (int code = 0; code < 81; ++code) {
      const int match = code % 3;
      const int unmodified = code / 3 % 3;
      const int none_match = code / 9 % 3;
      const int modified = code / 27;
      Lines lines;
      if (modified) lines.push_back({kIfModifiedSince, modified == kTrue ? kBefore : kSame});
      if (match) lines.push_back({kIfMatch, match == kTrue ? "\"tag\"" : "\"x\""});
      if (none_match) lines.push_back({kIfNoneMatch, none_match == kTrue ? "\"x\"" : "\"tag\""});
      if (unmodified) lines.push_back({kIfUnmodifiedSince, unmodified == kTrue ? kSame : kBefore});

      Precondition expected = kProceed;
      const bool get_or_head = method != Method::put;
      if (match == kFalse || (match == kAbsent && unmodified == kFalse)) {
        expected = kFailed;
      } else if (none_match == kFalse) {
        expected = get_or_head ? kNotModified : kFailed;
      } else if (none_match == kAbsent && get_or_head && modified == kFalse) {
        expected = kNotModified;
      }
      EXPECT_EQ(outcome(lines, method), expected) << code;
    }
  }
}

// Section 13.2.1.
TEST(EvaluateConditions, MethodsThatSelectNothingIgnoreAll) {
  for (const Method method : {Method::connect, Method::options, Method::trace}) {
    const ConditionalResult result =
        evaluate(method, {{kIfMatch, "\"x\""}, {kIfNoneMatch, "*"}, {kRange, "bytes=0-1"}});
    EXPECT_EQ(result.outcome, kProceed);
    EXPECT_FALSE(result.range_applies);
  }
}

// Section 14.2: Range is for GET.
TEST(RangeApplies, OnlyToGetWithOneRangeField) {
  EXPECT_TRUE(range_applies({{kRange, "bytes=0-1"}}));
  EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kRange, "bytes=2-3"}}));
  EXPECT_FALSE(evaluate(Method::head, {{kRange, "bytes=0-1"}}).range_applies);
  EXPECT_FALSE(evaluate(Method::post, {{kRange, "bytes=0-1"}}).range_applies);
  EXPECT_FALSE(range_applies({{kIfRange, "\"tag\""}}));
}

// Section 13.2.2, step 5: only after the other conditions let the request pass.
TEST(RangeApplies, AfterTheOtherConditions) {
  EXPECT_TRUE(range_applies({{kRange, "bytes=0-1"}, {kIfMatch, "\"tag\""}}));
  EXPECT_TRUE(range_applies({{kRange, "bytes=0-1"}, {kIfUnmodifiedSince, kSame}}));
  EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kIfMatch, "\"x\""}}));
  EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kIfNoneMatch, "\"tag\""}}));
  EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kIfModifiedSince, kSame}}));
}

// Section 13.1.5: strong comparison of tags, exact comparison of dates.
TEST(RangeApplies, IfRange) {
  const auto holds = [](const std::string& value, int64_t now = kNow) {
    return range_applies({{kRange, "bytes=0-1"}, {kIfRange, value}}, now);
  };
  EXPECT_TRUE(holds("\"tag\""));
  EXPECT_FALSE(holds("W/\"tag\""));
  EXPECT_FALSE(holds("\"x\""));
  EXPECT_FALSE(holds("\"tag\", \"tag\""));
  EXPECT_FALSE(holds("\"tag"));
  EXPECT_FALSE(holds("tag"));
  EXPECT_FALSE(holds("*"));
  EXPECT_FALSE(holds(""));
  EXPECT_TRUE(holds(kSame));
  EXPECT_TRUE(holds(kSameAsRfc850));
  EXPECT_FALSE(holds(kBefore));
  EXPECT_FALSE(holds(kAfter));
  EXPECT_FALSE(holds(kInvalid));
  EXPECT_FALSE(holds("Wednesday"));
  EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kIfRange, kSame}, {kIfRange, kSame}}));
}

// Section 8.8.2.2: as long as the second runs the file may change again and keep its date.
TEST(RangeApplies, ADateIsStrongOnceItsSecondIsOver) {
  const Lines lines = {{kRange, "bytes=0-1"}, {kIfRange, kSame}};
  EXPECT_FALSE(range_applies(lines, kModified - 1));
  EXPECT_FALSE(range_applies(lines, kModified));
  EXPECT_TRUE(range_applies(lines, kModified + 1));
}

TEST(EvaluateConditions, ARepresentationWithAWeakTag) {
  const Validators selected{{"\"tag\"", true}, kModified};
  const Request match(Method::get, {{kIfMatch, "\"tag\""}});
  EXPECT_EQ(evaluate_conditions(match.head(), selected, kNow).outcome, kFailed);
  const Request none_match(Method::get, {{kIfNoneMatch, "\"tag\""}});
  EXPECT_EQ(evaluate_conditions(none_match.head(), selected, kNow).outcome, kNotModified);
}

}  // namespace
}  // namespace http
