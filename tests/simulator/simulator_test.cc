// A fixed set of seeds, and that a seed always gives the same run.
#include <gtest/gtest.h>

#include "tests/simulator/simulation.h"

namespace simulator {

namespace {

TEST(Simulator, FixedSeedsPassAndInjectEveryFault) {
  Report sums;
  for (uint64_t seed = 1; seed <= SPATE_SIMULATED_SEEDS; ++seed) {
    const Report report = simulate(seed);
    ASSERT_EQ(report.failure, "") << "again: tools/sim --replay " << seed;
    sums.add(report);
  }
  EXPECT_GT(sums.responses, 5 * SPATE_SIMULATED_SEEDS);
  if (SPATE_SIMULATED_SEEDS < 3'000) return;  // too few for the rarest
  for (std::size_t fault = 0; fault < kFaults; ++fault) {
    for (std::size_t way = 0; has_way(kFaultKinds[fault], way); ++way) {
      EXPECT_GT(sums.faults.of(static_cast<Fault>(fault), way), 0u)
          << kFaultKinds[fault].name << " " << kFaultKinds[fault].errors[way];
    }
  }
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
