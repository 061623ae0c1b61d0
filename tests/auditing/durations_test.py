#!/usr/bin/env python3
"""Percentiles of durations, and the correction for an interval that was expected."""

import os
import random
import sys
import unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "tools"))

# pylint: disable=wrong-import-position
from auditing.durations import Corrected, Durations  # noqa: E402


def corrected_one_by_one(durations, interval):
    """As HdrHistogram's recordValueWithExpectedInterval() does it."""
    values = []
    for duration, count in durations.counts.items():
        for _ in range(count):
            values.append(duration)
            missing = duration - interval
            while missing >= interval:
                values.append(missing)
                missing -= interval
    return sorted(values)


class DurationsTest(unittest.TestCase):
    def test_percentiles(self):
        durations = Durations({10: 7, 30: 2, 1000: 1})
        self.assertEqual(durations.count(), 10)
        self.assertEqual([durations.percentile(share) for share in (0, 0.7, 0.71, 0.9, 0.91, 1)],
                         [10, 10, 30, 30, 1000, 1000])
        self.assertEqual(durations.mean(), 113)
        self.assertEqual(durations.max(), 1000)

    def test_none(self):
        self.assertEqual((Durations().percentile(0.5), Durations().mean(), Durations().max()),
                         (0, 0, 0))

    def test_of_a_run(self):
        before = Durations.parse({"buckets": [[0.001, 2], [0.5, 1]]})
        after = Durations.parse({"buckets": [[0.001, 5], [0.5, 1], [1.003, 3]]})
        run = after.since(before)
        self.assertEqual(dict(run.counts), {1_000_000: 3, 1_003_000_000: 3})
        self.assertEqual(dict(run.at_most(1_000_000_000).counts),
                         {1_000_000: 3, 1_000_000_000: 3})
        self.assertEqual((before + before).count(), 6)


class CorrectedTest(unittest.TestCase):
    def test_of_one(self):
        # 100, and 70 and 40; the next one, 10, is below the interval.
        corrected = Corrected(Durations({100: 1}), 30)
        self.assertEqual(corrected.count(), 3)
        self.assertEqual([corrected.percentile(share) for share in (0.3, 0.6, 1)], [40, 70, 100])
        self.assertEqual(corrected.mean(), 70)

    def test_nothing_is_added_to_short_ones(self):
        corrected = Corrected(Durations({100: 5, 59: 1}), 60)
        self.assertEqual((corrected.count(), corrected.percentile(0.1), corrected.max()),
                         (6, 59, 100))

    def test_against_one_by_one(self):
        rng = random.Random(1)
        for _ in range(200):
            durations = Durations({rng.randint(1, 2000): rng.randint(1, 5) for _ in range(6)})
            interval = rng.randint(1, 300)
            corrected = Corrected(durations, interval)
            values = corrected_one_by_one(durations, interval)
            self.assertEqual(corrected.count(), len(values))
            self.assertAlmostEqual(corrected.mean(), sum(values) / len(values))
            for rank in range(1, len(values) + 1, max(len(values) // 20, 1)):
                self.assertEqual(corrected.percentile(rank / len(values)), values[rank - 1])


if __name__ == "__main__":
    unittest.main()
