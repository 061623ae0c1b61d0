// A fixed set of seeds, and that a seed always gives the same run.
#include <gtest/gtest.h>

#include "tests/simulator/simulation.h"

namespace simulator {

namespace {

TEST(Simulator, FixedSeedsPass) {
  uint64_t responses = 0;  // compared
  for (uint64_t seed = 1; seed <= SPATE_SIMULATED_SEEDS; ++seed) {
    const Report report = simulate(seed);
    ASSERT_EQ(report.failure, "") << "again: tools/sim --replay " << seed;
    responses += report.responses;
  }
  EXPECT_GT(responses, 5 * SPATE_SIMULATED_SEEDS);
}

TEST(Simulator, SameSeedGivesSameTrace) {
  for (uint64_t seed = 1'000'001; seed <= 1'000'020; ++seed) {
    const Report first = simulate(seed);
    const Report second = simulate(seed);
    EXPECT_EQ(first.hash, second.hash) << seed;
    EXPECT_EQ(first.turns, second.turns) << seed;
  }
}

TEST(Simulator, OtherSeedGivesOtherTrace) {
  EXPECT_NE(simulate(1).hash, simulate(2).hash);
}

}  // namespace

}  // namespace simulator
