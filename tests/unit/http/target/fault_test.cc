#include "http/target/fault.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/any_text.h"

namespace http::target {
namespace {

static_assert(std::is_trivially_copyable_v<FaultMix>);
static_assert(sizeof(FaultMix) <= 256);

constexpr uint64_t kCount = 1'000'000;

using Counts = std::map<std::pair<FaultKind, int64_t>, double>;

FaultMix parse(core::Bytes text) {
  const auto mix = FaultMix::parse(text);
  EXPECT_TRUE(mix.ok()) << text << ": " << mix.error().text();
  return mix.ok() ? mix.value() : FaultMix();
}

std::string error_of(core::Bytes text) {
  const auto mix = FaultMix::parse(text);
  return mix.ok() ? "" : std::string(mix.error().text());
}

Fault decide(const FaultMix& mix, uint64_t seed, uint64_t request) {
  core::Random random = core::Random(seed).derive(request);
  return mix.decide(random);
}

// The share of requests that get each fault.
Counts shares(core::Bytes text, uint64_t seed = 1) {
  const FaultMix mix = parse(text);
  Counts counts;
  for (uint64_t request = 0; request < kCount; ++request) {
    const Fault fault = decide(mix, seed, request);
    ++counts[{fault.kind, fault.amount}];
  }
  for (auto& [fault, count] : counts) count /= kCount;
  return counts;
}

// The same to four standard errors, and nothing else.
void expect_shares(core::Bytes text, const Counts& expected) {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    const Counts found = shares(text, seed);
    EXPECT_EQ(found.size(), expected.size()) << text;
    for (const auto& [fault, share] : expected) {
      const auto entry = found.find(fault);
      ASSERT_NE(entry, found.end()) << text;
      EXPECT_NEAR(entry->second, share, 4 * std::sqrt(share * (1 - share) / kCount)) << text;
    }
  }
}

TEST(FaultMix, ABlankMayFollowAComma) {
  expect_shares("reset@25%, 503@75%",
                {{{FaultKind::reset, 0}, 0.25}, {{FaultKind::status, 503}, 0.75}});
  EXPECT_NE(error_of("reset@25%,  503@75%"), "");
  EXPECT_NE(error_of("reset@25% ,503@75%"), "");
}

TEST(FaultMix, NoneUnlessAsked) {
  for (uint64_t request = 0; request < 1000; ++request) {
    EXPECT_EQ(decide(FaultMix(), 1, request).kind, FaultKind::none);
    EXPECT_EQ(decide(parse("reset@0%"), 1, request).kind, FaultKind::none);
  }
}

TEST(FaultMix, EveryFault) {
  struct Case {
    core::Bytes text;
    FaultKind kind;
    int64_t amount;
  };
  for (const Case& c : std::vector<Case>{
           {"reset", FaultKind::reset, 0},
           {"refuse:2s", FaultKind::refuse, 2'000'000'000},
           {"refuse:0", FaultKind::refuse, 0},
           {"refuse:1.5", FaultKind::refuse, 1'500'000'000},
           {"refuse:60s", FaultKind::refuse, 60'000'000'000},
           {"refuse:1m", FaultKind::refuse, 60'000'000'000},
           {"fin-before", FaultKind::fin_before, 0},
           {"fin-in-head", FaultKind::fin_in_head, 0},
           {"fin-in-body:1024", FaultKind::fin_in_body, 1024},
           {"fin-in-body:0", FaultKind::fin_in_body, 0},
           {"stall:1000", FaultKind::stall, 1000},
           {"stall:1099511627776", FaultKind::stall, int64_t{1} << 40},
           {"slow-head:10ms", FaultKind::slow_head, 10'000'000},
           {"slow-head:0.3ms", FaultKind::slow_head, 300'000},
           {"slow-head:1", FaultKind::slow_head, 1'000'000'000},
           {"wrong-length:+10", FaultKind::wrong_length, 10},
           {"wrong-length:-10", FaultKind::wrong_length, -10},
           {"wrong-length:10", FaultKind::wrong_length, 10},
           {"bad-chunk", FaultKind::bad_chunk, 0},
           {"truncated-gzip", FaultKind::truncated_gzip, 0},
           {"503", FaultKind::status, 503},
           {"400", FaultKind::status, 400},
           {"429", FaultKind::status, 429},
           {"599", FaultKind::status, 599},
       }) {
    for (const std::string& text : {std::string(c.text), std::string(c.text) + "@100%"}) {
      for (uint64_t request = 0; request < 100; ++request) {
        const Fault fault = decide(parse(text), 1, request);
        EXPECT_EQ(fault.kind, c.kind) << text;
        EXPECT_EQ(fault.amount, c.amount) << text;
      }
    }
  }
}

TEST(FaultMix, ProbabilityIsKept) {
  expect_shares("reset@1%", {{{FaultKind::reset, 0}, 0.01}, {{FaultKind::none, 0}, 0.99}});
  expect_shares("stall:5@0.05%", {{{FaultKind::stall, 5}, 0.0005}, {{FaultKind::none, 0}, 0.9995}});
  expect_shares("503@99.9%", {{{FaultKind::status, 503}, 0.999}, {{FaultKind::none, 0}, 0.001}});
}

TEST(FaultMix, FaultsExcludeEachOther) {
  expect_shares("reset@1%,fin-in-body:1024@2%,stall:0@7%,stall:9@20%",
                {
                    {{FaultKind::reset, 0}, 0.01},
                    {{FaultKind::fin_in_body, 1024}, 0.02},
                    {{FaultKind::stall, 0}, 0.07},
                    {{FaultKind::stall, 9}, 0.2},
                    {{FaultKind::none, 0}, 0.7},
                });
}

TEST(FaultMix, OneWithoutProbabilityTakesTheRest) {
  const Counts expected = {{{FaultKind::reset, 0}, 0.1},
                           {{FaultKind::bad_chunk, 0}, 0.6},
                           {{FaultKind::fin_before, 0}, 0.3}};
  expect_shares("bad-chunk,reset@10%,fin-before@30%", expected);
  expect_shares("reset@10%,bad-chunk,fin-before@30%", expected);
  expect_shares("reset@10%,fin-before@30%,bad-chunk", expected);
  expect_shares("bad-chunk,reset@100%", {{{FaultKind::reset, 0}, 1}});
}

TEST(FaultMix, AnyServerError) {
  expect_shares("5xx@40%", {{{FaultKind::status, 500}, 0.1},
                            {{FaultKind::status, 502}, 0.1},
                            {{FaultKind::status, 503}, 0.1},
                            {{FaultKind::status, 504}, 0.1},
                            {{FaultKind::none, 0}, 0.6}});
}

// Parts that add up to 100 % leave nothing, whatever their binary fractions are.
TEST(FaultMix, ProbabilitiesAddUpExactly) {
  for (const core::Bytes text :
       {"reset@33.3%,stall:1@33.3%,bad-chunk@33.4%", "reset@99.9999999%,503@0.0000001%",
        "reset@0.1%,reset@0.2%,reset@0.3%,reset@0.4%,reset@0.5%,reset@0.6%,reset@0.7%,reset@97."
        "2%"}) {
    EXPECT_EQ(shares(text).count({FaultKind::none, 0}), 0U) << text;
  }
  EXPECT_EQ(
      error_of("reset@99.9999999%,503@0.0000002%"),
      "expected probabilities of at most 100% together, found \"0.0000002%\" at character 23");
}

TEST(FaultMix, SameSeedSameFaults) {
  const FaultMix mix = parse("reset@20%,5xx@20%,stall:7@20%");
  int different = 0;
  for (uint64_t request = 0; request < 1000; ++request) {
    const Fault fault = decide(mix, 7, request);
    EXPECT_EQ(fault.kind, decide(mix, 7, request).kind);
    EXPECT_EQ(fault.amount, decide(mix, 7, request).amount);
    if (fault.kind != decide(mix, 8, request).kind) ++different;
  }
  EXPECT_GT(different, 500);
}

TEST(FaultMix, SaysWhatIsNoFault) {
  const std::string known =
      "reset, refuse, fin-before, fin-in-head, fin-in-body, stall, slow-head, wrong-length, "
      "bad-chunk, truncated-gzip, 5xx or a status";
  const std::array<std::array<std::string, 2>, 36> cases = {{
      {"", known + ", found the end at character 1"},
      {"rst", known + ", found \"rst\" at character 1"},
      {"Reset", known + ", found \"Reset\" at character 1"},
      {" reset", known + ", found \" reset\" at character 1"},
      {"reset,", known + ", found the end at character 7"},
      {",reset", known + ", found \",\" at character 1"},
      {"4xx", known + ", found \"4xx\" at character 1"},
      {"-500", "a status from 400 to 599, found \"-500\" at character 1"},
      {"399", "a status from 400 to 599, found \"399\" at character 1"},
      {"600", "a status from 400 to 599, found \"600\" at character 1"},
      {"99999999999999999999", known + ", found \"99999999999999999999\" at character 1"},
      {"reset:5", "\"@\", \",\" or the end, found \":5\" at character 6"},
      {"reset;503", "\"@\", \",\" or the end, found \";\" at character 6"},
      {"refuse", "\":\", found the end at character 7"},
      {"refuse@1%", "\":\", found \"@\" at character 7"},
      {"refuse:fast", "a duration such as 20ms, 1.5s or 2m, found \"fast\" at character 8"},
      {"refuse:60.001s", "a duration of at most 60s, found \"60.001s\" at character 8"},
      {"refuse:2h@1%", "a duration of at most 60s, found \"2h\" at character 8"},
      {"refuse:-1s", "a duration such as 20ms, 1.5s or 2m, found \"-1s\" at character 8"},
      {"fin-in-body", "\":\", found the end at character 12"},
      {"fin-in-body@1%", "\":\", found \"@\" at character 12"},
      {"fin-in-body:x", "a number of bytes up to 1099511627776, found \"x\" at character 13"},
      {"stall:-1", "a number of bytes up to 1099511627776, found \"-1\" at character 7"},
      {"stall:1099511627777",
       "a number of bytes up to 1099511627776, found \"1099511627777\" at character 7"},
      {"stall:1k", "\"@\", \",\" or the end, found \"k\" at character 8"},
      {"slow-head:fast", "a duration such as 20ms, 1.5s or 2m, found \"fast\" at character 11"},
      {"wrong-length:+", "a number of bytes up to 1099511627776, found the end at character 15"},
      {"wrong-length:+-5", "a number of bytes up to 1099511627776, found \"-5\" at character 15"},
      {"wrong-length:-0", "a difference other than 0, found \"-0\" at character 14"},
      {"reset@", "a percentage from 0 to 100, found the end at character 7"},
      {"reset@0.01", "\"%\", found the end at character 11"},
      {"reset@101%", "a percentage from 0 to 100, found \"101%\" at character 7"},
      {"reset@-1%", "a percentage from 0 to 100, found \"-1%\" at character 7"},
      {"reset@60%,503@41%",
       "probabilities of at most 100% together, found \"41%\" at character 15"},
      {"reset,503", "a probability for all faults but one, found \"503\" at character 7"},
      {"500@1%,501@1%,502@1%,503@1%,504@1%,505@1%,506@1%,507@1%,508@1%",
       "at most 8 faults, found \"508\" at character 57"},
  }};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(error_of(text), "expected " + expected) << text;
  }
}

// Whatever stands there is refused with an error or gives faults within their bounds.
TEST(FaultMix, AnyText) {
  test_support::expect_error_or_value<FaultMix>(
      test_support::TextMutator({"reset@1%", "refuse:2s@1%,refuse:60s",
                                 "fin-in-body:1024@2%,stall:1000@1%,slow-head:10ms",
                                 "wrong-length:+10@50%,wrong-length:-10@50%",
                                 "5xx@10%,503@10%,bad-chunk,fin-in-head@0.5%"},
                                "0123456789.,:;@%+-xmsretlin\xff"),
      [](const FaultMix& mix, core::Random& random) {
        const Fault fault = mix.decide(random);
        ASSERT_LE(std::abs(fault.amount), 3'600'000'000'000);
        if (fault.kind == FaultKind::status) {
          ASSERT_TRUE(fault.amount >= 400 && fault.amount <= 599);
        }
      });
}

}  // namespace
}  // namespace http::target
