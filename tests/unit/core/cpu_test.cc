#include "core/cpu.h"

#include <gtest/gtest.h>

#include <string>

namespace core {
namespace {

TEST(Cpu, NamesAreThoseOfTheEnvironmentVariable) {
  EXPECT_EQ(isa_name(Isa::scalar), "scalar");
  EXPECT_EQ(isa_name(Isa::sse42), "sse42");
  EXPECT_EQ(isa_name(Isa::avx2), "avx2");
}

TEST(Cpu, ScalarRunsEverywhereAndTheBestIsSupported) {
  EXPECT_TRUE(isa_supported(Isa::scalar));
  EXPECT_TRUE(isa_supported(best_isa()));
}

TEST(Cpu, NothingBetterThanTheBestIsSupported) {
  for (Isa isa : kIsas) {
    if (isa > best_isa()) {
      EXPECT_FALSE(isa_supported(isa)) << isa_name(isa);
    }
  }
}

TEST(Cpu, NoNameMeansTheBest) {
  ASSERT_TRUE(choose_isa(nullptr).ok());
  EXPECT_EQ(choose_isa(nullptr).value(), best_isa());
  ASSERT_TRUE(choose_isa("").ok());
  EXPECT_EQ(choose_isa("").value(), best_isa());
}

TEST(Cpu, EverySupportedNameIsChosen) {
  for (Isa isa : kIsas) {
    if (!isa_supported(isa)) continue;
    const Result<Isa> chosen = choose_isa(std::string(isa_name(isa)).c_str());
    ASSERT_TRUE(chosen.ok()) << isa_name(isa);
    EXPECT_EQ(chosen.value(), isa);
  }
}

TEST(Cpu, UnsupportedNameIsAnError) {
  for (Isa isa : kIsas) {
    if (isa_supported(isa)) continue;
    EXPECT_FALSE(choose_isa(std::string(isa_name(isa)).c_str()).ok()) << isa_name(isa);
  }
}

TEST(Cpu, UnknownNameIsAnErrorThatListsWhatCanBeUsed) {
  for (const char* name : {"AVX2", "avx", "avx2 ", "neon", "1"}) {
    const Result<Isa> chosen = choose_isa(name);
    ASSERT_FALSE(chosen.ok()) << name;
    const std::string& message = chosen.error().message;
    EXPECT_EQ(message.find("SPATE_ISA=" + std::string(name)), 0u) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    for (Isa isa : kIsas) {
      const std::string list = message.substr(message.rfind(':'));
      EXPECT_EQ(list.find(isa_name(isa)) != std::string::npos, isa_supported(isa)) << message;
    }
  }
}

TEST(Cpu, ActiveIsaDoesNotChange) {
  const Result<Isa>* first = &active_isa();
  EXPECT_EQ(first, &active_isa());
}

}  // namespace
}  // namespace core
