#!/usr/bin/env python3
"""What is concluded from figures."""

import os
import sys
import unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "tools"))

# pylint: disable=wrong-import-position
from auditing import clients, run, telling  # noqa: E402
from auditing.durations import Durations  # noqa: E402

MS = 1_000_000


def audit_of(durations, requests=1000, measured_ms=970, **others):
    """1,000 requests in 0.5 s on 10 connections: 995 of 2 ms, and 5 of 1 s."""
    report = clients.Report(requests=requests, durations=durations)
    latency = {f"{key}_us": measured_ms * 1000
               for key in ("mean", "p50", "p75", "p90", "p95", "p99", "p999", "max")}
    measured = {"good": 100, "unavailable": 0, "other": 0, "given_up": 0, "errors": {},
                "latency": latency}
    values = {"name": "tool", "backend": "epoll", "command": ["tool", "-x"], "output": "says\n",
              "status": 0, "report": report,
              "delivered": Durations({2 * MS: 995, 1000 * MS: 5}), "lateness": Durations(),
              "statuses": {"200": 1000}, "connections": 10, "opened": 10,
              "verdict": "it was the client\n  details\n", "seconds": 0.5, "rate": 1000.0,
              "measured": measured}
    return run.Audit(**values | others)


class TellingTest(unittest.TestCase):
    def test_coordinated_omission(self):
        audit = audit_of({0.5: 2 * MS, 0.99: 2.01 * MS})
        self.assertEqual(telling.conclusion(audit), (
            "tool reported a p99 of 2.01 ms, as it was delivered (2.00 ms). Requests that are due "
            "at a steady 1,000 in a second, on as many connections, had a p99 of 970.00 ms: what "
            "falls due while tool waits is asked for later and is not in its figures (coordinated "
            "omission)."))

    def test_a_client_that_is_late(self):
        said = telling.conclusion(audit_of({0.99: 7 * MS}))
        self.assertIn("a p99 of 7.00 ms, 5.00 ms more than was delivered. Requests", said)
        self.assertIn("(coordinated omission)", said)

    def test_a_client_that_corrects(self):
        # At its own rate, 2,000/s, each connection asks every 5 ms: of 200 requests 398 are made.
        audit = audit_of({0.5: 2 * MS, 0.9: 800 * MS})
        self.assertAlmostEqual(audit.at_own_rate().percentile(0.9) / MS, 800, delta=15)
        said = telling.conclusion(audit)
        self.assertIn("a p90 of 800.00 ms where 2.00 ms were delivered: it adds requests", said)
        self.assertNotIn("coordinated omission", said)

    def test_a_client_that_keeps_a_steady_rate(self):
        said = telling.conclusion(audit_of({0.99: 950 * MS}, rate=1000, seconds=5))
        self.assertIn("950.00 ms", said)
        self.assertNotIn("coordinated omission", said)

    def test_where_there_is_nothing_to_omit(self):
        audit = audit_of({0.99: 2 * MS}, measured_ms=2.1)
        self.assertTrue(telling.conclusion(audit).endswith("; a steady rate makes no more of it."))

    def test_a_client_without_percentiles(self):
        self.assertIn("tool reported a mean of 7.00 ms, as it was delivered (6.99 ms). Requests",
                      telling.conclusion(audit_of({"mean": 7 * MS, "max": 1000 * MS})))

    def test_a_client_that_is_not_known(self):
        audit = audit_of({}, report=None)
        self.assertIn("\n\nsays\n\n", telling.text(audit))
        self.assertIn("what the client counted is not known", telling.text(audit))
        self.assertEqual(telling.conclusion(audit),
                         "What tool reported is above; compare it with what was delivered.")

    def test_counts(self):
        self.assertEqual(telling.counts(audit_of({})),
                         "Client and server counted the same 1,000 requests.")
        self.assertIn("the server 1,000: 10 were under way", telling.counts(audit_of({}, 990)))
        for requests in (989, 1001):
            self.assertIn("The counts do not agree: the client says",
                          telling.counts(audit_of({}, requests)))

    def test_errors(self):
        self.assertEqual(telling.errors(audit_of({})), [])
        self.assertEqual(telling.errors(audit_of({}, opened=11)), [])  # wrk's
        audit = audit_of({}, status=3, statuses={"200": 5, "400": 2000}, opened=2000)
        audit.report.errors = {"timeout": 1234}
        audit.measured |= {"given_up": 7, "errors": {"end before an answer": 1}}
        self.assertEqual(telling.errors(audit), [
            "Errors, by the client: 1,234 timeout.",
            "The client ended with status 3.",
            "Answers other than 200, by the server: 2,000 of 400.",
            "Of the steady requests: 7 given up, 1 end before an answer.",
            "The client opened 2,000 connections and not 10, for which the steady rate was "
            "computed and measured."])

    def test_a_rate_that_is_too_much(self):
        self.assertAlmostEqual(audit_of({}).capacity(), 10 / 0.00699)
        self.assertEqual(telling.errors(audit_of({}, rate=1430)), [])
        self.assertIn("1,440 requests/s are more than 10 connections take with these times (1,431)",
                      telling.errors(audit_of({}, rate=1440))[0])
        self.assertNotIn("omission", telling.conclusion(audit_of({0.99: 2 * MS}, rate=1440)))
        self.assertIn("omission", telling.conclusion(audit_of({0.99: 2 * MS}, rate=1430)))

    def test_table(self):
        table = telling.table(audit_of({0.99: 3 * MS}))
        rows = {row[0]: row[1:] for row in table.rows}
        self.assertEqual(rows["p99"], ["2.00", "3.00", "+50.0%", "980.00", "970.00"])
        self.assertEqual(rows["p95"][1:3], ["", ""])
        rows = {row[0]: row for row in telling.table(audit_of({0.99: 300 * MS})).rows}
        self.assertEqual(rows["p99"][3], "x 150")
        said = telling.text(audit_of({0.99: 3 * MS}))
        self.assertTrue(said.startswith("== tool, epoll: tool -x\n"))
        self.assertIn("The server's verdict: it was the client.\n", said)

    def test_nothing_was_answered_at_the_steady_rate(self):
        audit = audit_of({0.99: 2 * MS})
        audit.measured["good"] = 0
        self.assertEqual(telling.as_json(audit)["durations_ns"]["p99"]["measured"], None)
        self.assertTrue(telling.conclusion(audit).endswith(
            "(2.00 ms). No request at a steady 1,000 in a second was answered."))


if __name__ == "__main__":
    unittest.main()
