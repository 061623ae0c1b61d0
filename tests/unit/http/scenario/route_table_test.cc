#include "http/scenario/route_table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace http::scenario {
namespace {

TEST(RouteTable, EqualComesBeforeTheLongestPrefix) {
  const RouteTable table({{"/", true, 1},
                          {"/api/", true, 2},
                          {"/api/users", false, 3},
                          {"/api/users/", true, 4},
                          {"/api/", false, 5},
                          {"/api", false, 6}});
  EXPECT_EQ(table.find("/api/users"), 3U);
  EXPECT_EQ(table.find("/api/users/"), 4U);
  EXPECT_EQ(table.find("/api/users/5"), 4U);
  EXPECT_EQ(table.find("/api/users5"), 2U);
  EXPECT_EQ(table.find("/api/zebra"), 2U);
  EXPECT_EQ(table.find("/api/"), 5U);
  EXPECT_EQ(table.find("/api"), 6U);
  EXPECT_EQ(table.find("/ap"), 1U);
  EXPECT_EQ(table.find("/"), 1U);
  EXPECT_EQ(table.find("zebra"), RouteTable::kNone);
  EXPECT_EQ(table.find(""), RouteTable::kNone);
}

TEST(RouteTable, EmptyHasNothing) {
  const RouteTable table({});
  EXPECT_EQ(table.find("/"), RouteTable::kNone);
}

// Against looking at all of them, with few letters, so that texts are prefixes of each other.
TEST(RouteTable, IsAsALookAtAll) {
  std::mt19937 random(1);
  const auto text = [&random] {
    std::string text;
    for (auto length = random() % 6; length > 0; --length) text += "ab"[random() % 2];
    return text;
  };
  uint64_t found = 0;
  for (int round = 0; round < 2000; ++round) {
    std::set<std::pair<std::string, bool>> chosen;
    for (auto count = random() % 12; count > 0; --count) chosen.insert({text(), random() % 2 == 0});
    std::vector<RouteTable::Path> paths;
    for (const auto& [path, is_prefix] : chosen) {
      paths.push_back({path, is_prefix, static_cast<uint32_t>(paths.size())});
    }
    std::shuffle(paths.begin(), paths.end(), random);
    const RouteTable table(paths);
    for (int i = 0; i < 20; ++i) {
      const std::string path = text();
      uint32_t expected = RouteTable::kNone;
      std::size_t longest = 0;
      for (const RouteTable::Path& candidate : paths) {
        const bool fits =
            candidate.is_prefix ? path.starts_with(candidate.text) : path == candidate.text;
        const std::size_t rank = candidate.text.size() * 2 + 1 + (candidate.is_prefix ? 0 : 1);
        if (!fits || rank < longest) continue;
        longest = rank;
        expected = candidate.value;
      }
      ASSERT_EQ(table.find(path), expected) << path;
      found += expected != RouteTable::kNone ? 1 : 0;
    }
  }
  EXPECT_GT(found, 10'000U);
}

}  // namespace
}  // namespace http::scenario
