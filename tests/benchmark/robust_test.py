"""The statistics of tools/bench: what a few bad rounds may and may not do."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))

from benchmark import robust  # noqa: E402  pylint: disable=wrong-import-position


class Median(unittest.TestCase):
    def test_one_wild_round_moves_neither_median_nor_deviation(self):
        self.assertEqual(robust.median([10, 11, 12, 13, 900]), 12)
        self.assertEqual(robust.deviation([10, 11, 12, 13, 900]), 1)

    def test_of_two_is_their_mean(self):
        self.assertEqual(robust.median([1, 2]), 1.5)

    def test_of_nothing_or_of_a_gap_is_none(self):
        self.assertIsNone(robust.median([]))
        self.assertIsNone(robust.deviation([]))
        self.assertIsNone(robust.median([1, None]))


class SignTest(unittest.TestCase):
    def test_known_probabilities(self):
        # 2 / 2^n for all on one side; (2 + 2 * 9) / 2^9 for one of nine on the other.
        self.assertAlmostEqual(robust.sign_test([1] * 5), 0.0625)
        self.assertAlmostEqual(robust.sign_test([-1] * 6), 0.03125)
        self.assertAlmostEqual(robust.sign_test([1] * 8 + [-1]), 20 / 512)
        self.assertEqual(robust.sign_test([1, -1]), 1.0)

    def test_zeros_say_nothing(self):
        self.assertEqual(robust.sign_test([0, 0, 0]), 1.0)
        self.assertEqual(robust.sign_test([1, 1, 0]), robust.sign_test([1, 1]))

    def test_fewest_pairs_is_where_it_begins_to_speak(self):
        fewest = robust.fewest_pairs()
        self.assertEqual(fewest, 6)
        self.assertLess(robust.sign_test([1] * fewest), robust.CHANCE)
        self.assertGreaterEqual(robust.sign_test([1] * (fewest - 1)), robust.CHANCE)


class Compare(unittest.TestCase):
    OLD = [10.0, 10.1, 9.9, 10.0, 10.2, 9.8, 10.0, 10.1, 9.9]

    def test_the_same_does_not_differ(self):
        judged = robust.compare(self.OLD, self.OLD[::-1])
        self.assertFalse(judged["differs"])
        self.assertAlmostEqual(judged["ratio"], 1.0, places=2)

    def test_a_clear_change_differs(self):
        judged = robust.compare(self.OLD, [value * 0.9 for value in self.OLD])
        self.assertTrue(judged["differs"])
        self.assertAlmostEqual(judged["ratio"], 0.9)

    def test_steady_but_within_the_noise_does_not(self):
        # Every pair points the same way, and the medians are one deviation apart.
        judged = robust.compare(self.OLD, [value + 0.1 for value in self.OLD])
        self.assertLess(judged["chance"], robust.CHANCE)
        self.assertFalse(judged["differs"])

    def test_far_apart_but_not_steady_does_not(self):
        old = [10.0] * 9
        new = [12.0] * 5 + [9.0] * 4
        judged = robust.compare(old, new)
        self.assertGreaterEqual(judged["chance"], robust.CHANCE)
        self.assertFalse(judged["differs"])


if __name__ == "__main__":
    unittest.main()
