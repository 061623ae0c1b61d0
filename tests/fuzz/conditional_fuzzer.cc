// Any field lines as the conditions of a request: the outcome is one that the method can have, and
// only the fields that count in the order of RFC 9110 section 13.2.2 make it.
//
// The text is the field lines, each ended by LF. Choices: the method, the file's validators.
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>

#include "http/semantics/conditional.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/request_of_lines.h"

using namespace http;
using Request = fuzz::RequestOfLines;

namespace {

constexpr int64_t kNow = 1'700'000'000;
constexpr int64_t kModified = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

class Conditions {
 public:
  explicit Conditions(const Validators& validators) : validators_(validators) {}

  ConditionalResult evaluate(const Request& request) const {
    EXPECT_TRUE(request.good());
    return evaluate_conditions(request.head(), validators_, kNow);
  }
  // Fields of these names change nothing.
  void expect_unread(const Request& request, std::initializer_list<FieldName> names) const {
    const ConditionalResult with = evaluate(request);
    const ConditionalResult without = evaluate(request.without(request.head().method, names));
    EXPECT_EQ(with.outcome, without.outcome);
    EXPECT_EQ(with.range_applies, without.range_applies);
  }

 private:
  Validators validators_;
};

bool reads_only(Method method) {
  return method == Method::get || method == Method::head;
}

void check(const Request& request, const Conditions& conditions) {
  using enum FieldName;
  const RequestHead& head = request.head();
  const ConditionalResult result = conditions.evaluate(request);

  // Section 13.2.1: these methods select no representation.
  if (head.method == Method::connect || head.method == Method::options ||
      head.method == Method::trace) {
    EXPECT_EQ(result.outcome, Precondition::proceed);
  }
  // Section 13.2.2, from the first step on.
  if (head.has(if_match)) conditions.expect_unread(request, {if_unmodified_since});
  if (head.has(if_none_match)) conditions.expect_unread(request, {if_modified_since});
  if (!reads_only(head.method)) {
    EXPECT_NE(result.outcome, Precondition::not_modified);
    conditions.expect_unread(request, {if_modified_since});
  }
  if (!head.has(if_match) && !head.has(if_unmodified_since) && !head.has(if_none_match) &&
      !head.has(if_modified_since)) {
    EXPECT_EQ(result.outcome, Precondition::proceed);
  }
  const Request first_steps = request.without(head.method, {if_none_match, if_modified_since});
  if (conditions.evaluate(first_steps).outcome == Precondition::precondition_failed) {
    EXPECT_EQ(result.outcome, Precondition::precondition_failed);
  } else if (reads_only(head.method)) {
    EXPECT_NE(result.outcome, Precondition::precondition_failed);
  }

  // Section 14.2: Range is for GET alone. Section 13.1.5: If-Range decides only about it.
  if (result.range_applies) {
    EXPECT_EQ(result.outcome, Precondition::proceed);
    EXPECT_EQ(head.method, Method::get);
    EXPECT_TRUE(head.has(range) && !head.has_many(range));
  }
  const Request without_if_range = request.without(head.method, {if_range});
  EXPECT_EQ(conditions.evaluate(without_if_range).outcome, result.outcome);
  if (result.range_applies) EXPECT_TRUE(conditions.evaluate(without_if_range).range_applies);
  if (head.method == Method::get) {
    const ConditionalResult of_head = conditions.evaluate(request.without(Method::head, {}));
    EXPECT_EQ(of_head.outcome, result.outcome);
    EXPECT_FALSE(of_head.range_applies);
  }
  // Nothing else is read.
  conditions.expect_unread(request, {other, accept, accept_encoding, host});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  fuzz::FuzzInput input(data, size);
  const auto method = static_cast<Method>(input.choose() % static_cast<unsigned>(Method::other));
  const uint8_t which = input.choose();
  const Request request(method, input.text());
  if (!request.good()) return 0;
  const core::Bytes tags[] = {"\"a\"", "\"2ee2c1ff3ec4a00-1000\"", "\"\"", ""};
  const Validators validators{EntityTag{tags[which % 4], (which & 4) != 0},
                              (which & 8) != 0 ? kNow : kModified};
  check(request, Conditions(validators));
  return 0;
}
