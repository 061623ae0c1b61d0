#include "http/scenario/size_distribution.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace http::scenario {
namespace {

TEST(SizeDistribution, Constants) {
  core::Random random(1);
  const auto size = [&random](const std::string& text) {
    const auto parsed = SizeDistribution::parse(text);
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() ? parsed.value().sample(random) : 0;
  };
  EXPECT_EQ(size("0"), 0U);
  EXPECT_EQ(size("1000"), 1000U);
  EXPECT_EQ(size("7B"), 7U);
  EXPECT_EQ(size("10KiB"), 10'240U);
  EXPECT_EQ(size("2MiB"), 2U << 20);
  EXPECT_EQ(size("3GiB"), uint64_t{3} << 30);
  EXPECT_EQ(size("1TiB"), uint64_t{1} << 40);
}

TEST(SizeDistribution, UniformHasBothEndsAndAllBetween) {
  const auto sizes = SizeDistribution::parse("uniform:3,6B");
  ASSERT_TRUE(sizes.ok());
  core::Random random(1);
  std::set<uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(sizes.value().sample(random));
  EXPECT_EQ(seen, (std::set<uint64_t>{3, 4, 5, 6}));
}

TEST(SizeDistribution, SaysWhatIsWrong) {
  const auto error = [](const std::string& text) {
    const auto parsed = SizeDistribution::parse(text);
    EXPECT_FALSE(parsed.ok()) << text;
    return parsed.ok() ? std::string() : std::string(parsed.error().text());
  };
  const std::string size = "expected a size up to 1TiB, such as 1000, 10KiB or 2MiB, found ";
  EXPECT_EQ(error(""), "expected a size such as 10KiB, or uniform:, found the end at character 1");
  EXPECT_EQ(error("big"),
            "expected a size such as 10KiB, or uniform:, found \"big\" at character 1");
  EXPECT_EQ(error("5KB"), size + "\"5KB\" at character 1");
  EXPECT_EQ(error("1.5KiB"), size + "\"1.5KiB\" at character 1");
  EXPECT_EQ(error("2TiB"), size + "\"2TiB\" at character 1");
  EXPECT_EQ(error("99999999999999999999"), size + "\"99999999999999999999\" at character 1");
  EXPECT_EQ(error("uniform:1"), "expected \",\", found the end at character 10");
  EXPECT_EQ(error("uniform:1,x"), size + "\"x\" at character 11");
  EXPECT_EQ(error("uniform:2,1"),
            "expected an upper end that is not below the lower one, found \"1\" at character 11");
  EXPECT_EQ(error("5,6"), "expected the end, found \",\" at character 2");
}

}  // namespace
}  // namespace http::scenario
