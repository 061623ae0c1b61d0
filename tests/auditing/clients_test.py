#!/usr/bin/env python3
"""What load generators printed in the end, as it was recorded, and what is read from it."""

import os
import pathlib
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, os.path.join(TESTS.parent.parent, "tools"))

from auditing import clients  # noqa: E402  pylint: disable=wrong-import-position


def report(client, kind=""):
    path = TESTS / "outputs" / f"{client}{kind and '-' + kind}.txt"
    return clients.KNOWN[client].parse(path.read_text(encoding="utf-8"))


class ClientsTest(unittest.TestCase):
    def durations(self, found, expected):
        """expected: milliseconds."""
        self.assertEqual(set(found.durations), set(expected))
        for name, duration in expected.items():
            self.assertAlmostEqual(found.durations[name] / 1e6, duration, msg=name)

    def test_wrk(self):
        found = report("wrk")
        self.assertEqual((found.requests, found.errors), (20450, {}))
        self.durations(found, {"mean": 188.03, 0.5: 3.83, 0.75: 325.49, 0.9: 733.41, 0.99: 977.72,
                               "max": 1010})
        self.assertEqual(report("wrk", "statuses").errors, {"not 2xx or 3xx": 7994})
        self.assertEqual(report("wrk", "statuses").durations[0.5], 23_000)
        self.assertEqual(report("wrk", "timeouts").errors, {"timeout": 4})

    def test_h2load(self):
        found = report("h2load")
        self.assertEqual((found.requests, found.errors), (17418, {}))
        self.durations(found, {"mean": 8.99, "max": 1010})
        found = report("h2load", "statuses")
        self.assertEqual((found.requests, found.errors), (200, {"failed": 15}))
        self.durations(found, {"mean": 0.037, "max": 0.148})

    def test_ab(self):
        found = report("ab")
        self.assertEqual((found.requests, found.errors), (17548, {}))
        self.durations(found, {"mean": 9, 0.5: 4, 0.66: 4, 0.75: 6, 0.8: 6, 0.9: 7, 0.95: 10,
                               0.98: 10, 0.99: 12, "max": 1011})
        found = report("ab", "statuses")
        self.assertEqual((found.requests, found.errors), (200, {"not 2xx": 25}))

    def test_hey(self):
        found = report("hey")
        self.assertEqual((found.requests, found.errors), (17107, {}))
        self.durations(found, {"mean": 9.5, 0.1: 2.2, 0.25: 2.4, 0.5: 4.1, 0.75: 6.2, 0.9: 8.2,
                               0.95: 9.8, 0.99: 12.2, "max": 1012.1})
        found = report("hey", "statuses")
        self.assertEqual((found.requests, found.errors), (200, {"status 503": 13}))
        found = report("hey", "timeouts")
        self.assertEqual(found.errors, {"context deadline exceeded (Client.Timeout exceeded while "
                                        "awaiting headers)": 9})
        self.assertEqual((found.requests, 0.0 in found.durations), (51, False))

    def test_bombardier(self):
        found = report("bombardier")
        self.assertEqual((found.requests, found.errors), (7318, {}))
        self.durations(found, {"mean": 7.27, 0.5: 2.16, 0.75: 2.27, 0.9: 2.41, 0.95: 2.51,
                               0.99: 3.31, "max": 1000})
        found = report("bombardier", "statuses")
        self.assertEqual((found.requests, found.errors), (200, {"5xx": 18}))
        self.durations(found, {"mean": 0.84793, "max": 7.08})
        found = report("bombardier", "errors")
        self.assertEqual((found.requests, found.errors), (85, {"empty hex number": 15}))

    def test_what_is_not_said_is_not_reported(self):
        for name, client in clients.KNOWN.items():
            for text in ("", "connection refused\n", "\0\xff"):
                found = client.parse(text)
                self.assertEqual((found.requests, found.durations, found.errors), (None, {}, {}),
                                 name)

    def test_which_are_known(self):
        self.assertIs(clients.parser_of("/usr/bin/wrk"), clients.parse_wrk)
        self.assertIsNone(clients.parser_of("wrk2"))

    def test_commands(self):
        self.assertEqual(clients.fill_in(["a", "-d{seconds}s", "{url}", "{x}", "{}"],
                                         {"seconds": 3, "url": "http://a/?{seconds}"}),
                         ["a", "-d3s", "http://a/?{seconds}", "{x}", "{}"])


if __name__ == "__main__":
    unittest.main()
