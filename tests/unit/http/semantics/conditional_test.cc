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
constexpr const char* kSameAsAsctime = "Sun Nov  6 08:49:37 1994";
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

// Section 13.1.5: without Range, If-Range is ignored; section 13.2.2: it decides last, and only on
// the range.
TEST(RangeApplies, IfRangeIsTheLastStep) {
  EXPECT_EQ(outcome({{kIfRange, "\"x\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfRange, "\"x\""}, {kRange, "bytes=0-1"}}), kProceed);
  EXPECT_EQ(outcome({{kIfRange, "\"x\""}, {kIfNoneMatch, "\"tag\""}}), kNotModified);
  const auto applies = [](FieldName name, const char* value, const char* if_range) {
    return range_applies({{kRange, "bytes=0-1"}, {kIfRange, if_range}, {name, value}});
  };
  for (const char* if_range : {"\"tag\"", kSame}) {
    EXPECT_TRUE(applies(kIfMatch, "\"tag\"", if_range)) << if_range;
    EXPECT_TRUE(applies(kIfNoneMatch, "\"x\"", if_range)) << if_range;
    EXPECT_TRUE(applies(kIfUnmodifiedSince, kSame, if_range)) << if_range;
    EXPECT_TRUE(applies(kIfModifiedSince, kBefore, if_range)) << if_range;
    EXPECT_FALSE(applies(kIfMatch, "\"x\"", if_range)) << if_range;
    EXPECT_FALSE(applies(kIfNoneMatch, "*", if_range)) << if_range;
    EXPECT_FALSE(applies(kIfUnmodifiedSince, kBefore, if_range)) << if_range;
    EXPECT_FALSE(applies(kIfModifiedSince, kSame, if_range)) << if_range;
  }
  for (const char* if_range : {"\"x\"", kBefore, kAfter}) {
    EXPECT_FALSE(applies(kIfMatch, "\"tag\"", if_range)) << if_range;
    EXPECT_FALSE(applies(kIfUnmodifiedSince, kSame, if_range)) << if_range;
  }
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

// Section 8.8.3.2: the table of comparisons, each pair as field value and as current tag.
TEST(EvaluateConditions, StrongAndWeakComparison) {
  struct Case {
    const char* sent;
    EntityTag current;
    bool strong;
    bool weak;
  };
  const Case cases[] = {
      {"W/\"1\"", {"\"1\"", true}, false, true},  {"W/\"1\"", {"\"2\"", true}, false, false},
      {"W/\"1\"", {"\"1\"", false}, false, true}, {"\"1\"", {"\"1\"", false}, true, true},
      {"\"1\"", {"\"1\"", true}, false, true},    {"\"1\"", {"\"2\"", false}, false, false},
  };
  for (const Case& c : cases) {
    const Validators selected{c.current, kModified};
    const auto evaluate_one = [&](FieldName name) {
      const Request request(Method::get, {{kRange, "bytes=0-1"}, {name, c.sent}});
      return evaluate_conditions(request.head(), selected, kNow);
    };
    EXPECT_EQ(evaluate_one(kIfMatch).outcome, c.strong ? kProceed : kFailed) << c.sent;
    EXPECT_EQ(evaluate_one(kIfNoneMatch).outcome, c.weak ? kNotModified : kProceed) << c.sent;
    EXPECT_EQ(evaluate_one(kIfRange).range_applies, c.strong) << c.sent;
  }
}

// Section 5.6.7: a recipient must accept all three forms, wherever a date may stand.
TEST(EvaluateConditions, EveryFieldTakesTheThreeFormsOfDates) {
  struct Case {
    const char* before;
    const char* same;
    const char* after;
  };
  const Case cases[] = {
      {kBefore, kSame, kAfter},
      {"Sunday, 06-Nov-94 08:49:36 GMT", kSameAsRfc850, "Sunday, 06-Nov-94 08:49:38 GMT"},
      {"Sun Nov  6 08:49:36 1994", kSameAsAsctime, "Sun Nov  6 08:49:38 1994"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(outcome({{kIfModifiedSince, c.before}}), kProceed) << c.before;
    EXPECT_EQ(outcome({{kIfModifiedSince, c.same}}), kNotModified) << c.same;
    EXPECT_EQ(outcome({{kIfModifiedSince, c.after}}), kNotModified) << c.after;
    EXPECT_EQ(outcome({{kIfUnmodifiedSince, c.before}}), kFailed) << c.before;
    EXPECT_EQ(outcome({{kIfUnmodifiedSince, c.same}}), kProceed) << c.same;
    EXPECT_EQ(outcome({{kIfUnmodifiedSince, c.after}}), kProceed) << c.after;
    EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kIfRange, c.before}})) << c.before;
    EXPECT_TRUE(range_applies({{kRange, "bytes=0-1"}, {kIfRange, c.same}})) << c.same;
    EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kIfRange, c.after}})) << c.after;
  }
}

// Sections 13.1.3 and 13.1.4: what is no HTTP-date is ignored.
TEST(EvaluateConditions, WhatIsNoDateIsIgnored) {
  for (const char* value :
       {"", "0", "-1", "784111777", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000", "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 GMT; length=12", "Sun, 31 Feb 2090 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", "*", "\"tag\""}) {
    EXPECT_EQ(outcome({{kIfModifiedSince, value}}), kProceed) << value;
    EXPECT_EQ(outcome({{kIfUnmodifiedSince, value}}), kProceed) << value;
  }
}

// Section 13.1.3: nothing is said about dates to come; they are after the last change as well.
TEST(EvaluateConditions, DatesInTheFuture) {
  const char* const future = "Fri, 31 Dec 9999 23:59:59 GMT";
  EXPECT_EQ(outcome({{kIfModifiedSince, future}}), kNotModified);
  EXPECT_EQ(outcome({{kIfUnmodifiedSince, future}}), kProceed);
  EXPECT_FALSE(range_applies({{kRange, "bytes=0-1"}, {kIfRange, future}}));
}

// Sections 13.1.1 and 13.1.2: "*" or a list, in which empty elements do not count (5.6.1.2).
TEST(EvaluateConditions, AsteriskAndLists) {
  struct Case {
    const char* value;
    bool matches;
  };
  const Case cases[] = {
      {"*", true},
      {" *\t", true},
      {"\"*\"", false},
      {"**", false},
      {"W/*", false},
      {"*,", false},
      {",*", false},
      {"\"tag\", *", false},
      {"*, \"tag\"", false},
      {"\"tag\",", true},
      {",\"tag\"", true},
      {" , ,\t\"tag\" , ,", true},
      {"\"a\",\"b\",\"tag\",\"c\"", true},
      {"\"a,tag\", \"b\"", false},
      {"\"a\" \"tag\"", false},
      {"\"tag\" \"a\"", false},
      {"\"tag\"; \"a\"", false},
      {"\"tag", false},
      {"tag\"", false},
      {"'tag'", false},
      {"\"tag\"x", false},
      {"\"\", \"tag\"", true},
      {"\"ta\\g\"", false},  // section 8.8.3: a backslash is a character as any
      {"w/\"tag\"", false},  // section 8.8.3: "W/" is case-sensitive
      {"W/ \"tag\"", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(outcome({{kIfMatch, c.value}}), c.matches ? kProceed : kFailed) << c.value;
    EXPECT_EQ(outcome({{kIfNoneMatch, c.value}}), c.matches ? kNotModified : kProceed) << c.value;
  }
}

// Section 13.1.1: of a list only what is strongly equal counts; section 13.1.2: weakly.
TEST(EvaluateConditions, WeakTagsInLists) {
  EXPECT_EQ(outcome({{kIfMatch, "W/\"tag\", \"tag\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfMatch, "W/\"tag\", \"x\""}}), kFailed);
  EXPECT_EQ(outcome({{kIfMatch, "W/\"tag\""}, {kIfMatch, "\"tag\""}}), kProceed);
  EXPECT_EQ(outcome({{kIfNoneMatch, "\"x\", W/\"tag\""}}), kNotModified);
  EXPECT_EQ(outcome({{kIfNoneMatch, "W/\"x\""}, {kIfNoneMatch, "W/\"tag\""}}), kNotModified);
}

// Section 13.2.1: conditions hold for every method that selects; 304 is for GET and HEAD alone
// (section 13.1.2), and If-Modified-Since too (13.1.3).
TEST(EvaluateConditions, OtherMethods) {
  for (const Method method :
       {Method::post, Method::put, Method::delete_, Method::patch, Method::other}) {
    EXPECT_EQ(outcome({{kIfMatch, "\"tag\""}}, method), kProceed);
    EXPECT_EQ(outcome({{kIfMatch, "\"x\""}}, method), kFailed);
    EXPECT_EQ(outcome({{kIfUnmodifiedSince, kBefore}}, method), kFailed);
    EXPECT_EQ(outcome({{kIfNoneMatch, "*"}}, method), kFailed);
    EXPECT_EQ(outcome({{kIfNoneMatch, "W/\"tag\""}}, method), kFailed);
    EXPECT_EQ(outcome({{kIfModifiedSince, kSame}}, method), kProceed);
  }
}

}  // namespace
}  // namespace http
