// That each vector parser does the work itself, and that SPATE_ISA chooses which one runs.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "core/cpu.h"
#include "http/h1/head_parser.h"
#include "http/h1/head_parser_vector.h"
#include "tests/unit/http/h1/head_parser_cases.h"
#include "tests/unit/http/h1/head_parser_support.h"

namespace http::h1::head_parser_test {
namespace {

class HeadParserIsa : public testing::TestWithParam<core::Isa> {
 protected:
  void SetUp() override {
    if (!core::isa_supported(GetParam())) {
      GTEST_SKIP() << "this machine does not run " << core::isa_name(GetParam());
    }
  }
};

std::string name_of_parameter(const testing::TestParamInfo<core::Isa>& info) {
  return std::string(core::isa_name(info.param));
}

INSTANTIATE_TEST_SUITE_P(Each, HeadParserIsa, testing::ValuesIn(core::kIsas), name_of_parameter);

uint32_t parse_alone(core::Isa isa, const std::string& text) {
  const auto head = std::make_unique<RequestHead>();
  const std::string padded = text + std::string(core::kPadding, ' ');
  return vector_parser(isa)(padded.data(), text.size(), HeadLimits{}, *head);
}

// Without this, a vector parser that always declined would pass every other test.
TEST_P(HeadParserIsa, AcceptsByItselfAllButTheRare) {
  for (const AcceptedCase& accepted : accepted_cases()) {
    const bool declines = accepted.scalar_only || GetParam() == core::Isa::scalar;
    EXPECT_EQ(parse_alone(GetParam(), accepted.text), declines ? 0 : accepted.text.size())
        << accepted.what;
  }
}

TEST_P(HeadParserIsa, AcceptsByItselfWhereverTheBlocksEnd) {
  for (size_t padding = 0; padding < 200; ++padding) {
    const std::string text =
        "GET /" + std::string(padding, 'p') + " HTTP/1.1\r\nHost: a\r\nX:y\r\nZ:\r\n\r\n";
    const bool declines = GetParam() == core::Isa::scalar;
    EXPECT_EQ(parse_alone(GetParam(), text), declines ? 0 : text.size()) << padding;
  }
}

TEST_P(HeadParserIsa, DeclinesWhatIsNotCompleteAndValid) {
  for (const RejectedCase& rejected : rejected_cases()) {
    EXPECT_EQ(parse_alone(GetParam(), rejected.text), 0u) << rejected.what;
  }
  for (const AcceptedCase& accepted : accepted_cases()) {
    const std::string cut = accepted.text.substr(0, accepted.text.size() - 1);
    EXPECT_EQ(parse_alone(GetParam(), cut), 0u) << accepted.what;
  }
}

// SPATE_ISA as it is during a test; what it was comes back afterwards.
class ScopedIsaVariable {
 public:
  explicit ScopedIsaVariable(const std::string& value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    setenv(kName, value.c_str(), 1);
  }
  ~ScopedIsaVariable() {
    if (before_) {
      setenv(kName, before_->c_str(), 1);
    } else {
      unsetenv(kName);
    }
  }
  ScopedIsaVariable(const ScopedIsaVariable&) = delete;
  ScopedIsaVariable& operator=(const ScopedIsaVariable&) = delete;

 private:
  static constexpr const char* kName = "SPATE_ISA";
  std::optional<std::string> before_;
};

constexpr int kExitBase = 40;

// Parses first, so that it is the first call that chooses, and tells what ran by the exit status.
[[noreturn]] void parse_and_exit() {
  const auto head = std::make_unique<RequestHead>();
  const std::string text = "GET / HTTP/1.1\r\n\r\n";
  const std::string padded = text + std::string(core::kPadding, ' ');
  const HeadResult result = parse_head({padded.data(), text.size()}, HeadLimits{}, *head);
  std::_Exit(result.verdict == HeadVerdict::complete
                 ? kExitBase + static_cast<int>(head_parser_isa())
                 : 1);
}

using HeadParserIsaDeathTest = HeadParserIsa;

INSTANTIATE_TEST_SUITE_P(Each, HeadParserIsaDeathTest, testing::ValuesIn(core::kIsas),
                         name_of_parameter);

// In a process of its own: a process chooses once. "threadsafe" starts the program anew.
TEST_P(HeadParserIsaDeathTest, RunsWhenTheEnvironmentForcesIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ScopedIsaVariable forced{std::string(core::isa_name(GetParam()))};
  EXPECT_EXIT(parse_and_exit(), testing::ExitedWithCode(kExitBase + static_cast<int>(GetParam())),
              "");
}

TEST(HeadParserDispatchDeathTest, TheBestIsaRunsWhenNothingIsForced) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ScopedIsaVariable none{""};
  EXPECT_EXIT(parse_and_exit(),
              testing::ExitedWithCode(kExitBase + static_cast<int>(core::best_isa())), "");
}

TEST(HeadParserDispatchDeathTest, AWrongValueIsAnErrorForMainAndNoParserRuns) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ScopedIsaVariable wrong{"pentium"};
  EXPECT_EXIT(std::_Exit(core::active_isa().ok() ? 1 : 0), testing::ExitedWithCode(0), "");
  EXPECT_DEATH(parse_and_exit(), "check failed");
}

}  // namespace
}  // namespace http::h1::head_parser_test
