#!/usr/bin/env python3
"""tools/audit_client with wrk and with a client that is not known, for a second each.

    run_test.py BUILD uring|epoll      a build folder with spate and bench/load

Exit status 77: skipped, with the reason.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(REPOSITORY, "tools", "audit_client")


class RunTest(unittest.TestCase):
    build = ""
    backend = ""

    def audit(self, *words):
        return subprocess.run([TOOL, "--build", self.build, "--io", self.backend, "--seconds", "1",
                               "--connections", "4", *words], capture_output=True, text=True,
                              timeout=100, check=False)

    def row(self, *words):
        """The output and the row of JSON."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.jsonl")
            done = self.audit("--json", path, *words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            with open(path, encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
        self.assertEqual(len(rows), 1)
        return done.stdout, rows[0]

    def test_wrk(self):
        # Some are answered at once: those are counted too.
        output, row = self.row("--delay", "0.5*0;0.3*5ms;0.2*20ms", "wrk", "-t", "1", "-c",
                               "{connections}", "-d", "{seconds}s", "--latency", "{url}")
        self.assertIn("== wrk, " + self.backend, output)
        self.assertIn("| delivered | reported | difference |", output)
        self.assertIn("The server's verdict: ", output)
        self.assertIn(row["opened"], (4, 5))  # wrk tries the address with one more
        self.assertEqual(row["client_errors"], {})
        self.assertEqual(set(row["statuses"]), {"200"})
        self.assertGreater(row["client_requests"], 10)
        # What is under way in the end has been counted by the server only.
        self.assertGreaterEqual(row["server_requests"], row["client_requests"])
        self.assertLessEqual(row["server_requests"], row["client_requests"] + 4)
        self.assertNotIn("do not agree", output)
        durations = row["durations_ns"]
        # Never too short; and what was drawn is what came.
        self.assertLess(durations["p50"]["delivered"], 20e6)
        self.assertGreaterEqual(durations["p90"]["delivered"], 20e6)
        for name in ("p50", "p99", "max"):
            for column in ("delivered", "reported", "computed", "measured"):
                self.assertGreater(durations[name][column], 0, (name, column))
        self.assertGreaterEqual(durations["max"]["measured"], 20e6)
        self.assertEqual(row["steady"]["given_up"], 0)
        self.assertGreater(row["steady"]["good"], 0)
        self.assertIn(row["conclusion"], output)

    def test_a_client_that_is_not_known(self):
        output, row = self.row("--rate", "50", "--delay", "1ms", "--", sys.executable, "-c",
                               "import sys, urllib.request as r\n"
                               "for i in range(int(sys.argv[2])): r.urlopen(sys.argv[1]).read()\n"
                               "print('what it says')", "{url}", "{rate}")
        self.assertIn("\nwhat it says\n", output)
        self.assertEqual(row["server_requests"], 50)
        self.assertEqual(row["opened"], 50)
        self.assertEqual(row["rate"], 50)
        self.assertIsNone(row["client_requests"])
        self.assertIn("The client opened 50 connections and not 4", output)

    def test_a_delay_that_can_not_be_read(self):
        done = self.audit("--delay", "soon", "true")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("tools/audit_client: --delay: ", done.stderr)
        self.assertIn("delay", done.stderr.partition("--delay: ")[2])

    def test_clients_that_do_not_work(self):
        done = self.audit("true")
        self.assertEqual(done.returncode, 1)
        self.assertIn("true got no answer", done.stderr)
        done = self.audit("/none/such")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot start /none/such: No such file or directory", done.stderr)

    def test_usage(self):
        for words, message in ((["--seconds", "0"], "--seconds must be"),
                               (["--connections", "0"], "--connections must be"),
                               (["--rate", "0"], "--rate must be"),
                               (["wrk2", "-R", "{rate}"], "needs --rate")):
            done = self.audit(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(message, done.stderr)


if __name__ == "__main__":
    RunTest.backend = sys.argv.pop(2)
    RunTest.build = os.path.abspath(sys.argv.pop(1))
    if shutil.which("wrk") is None:
        print("skipped: wrk is not installed")
        sys.exit(77)
    if len(os.sched_getaffinity(0)) < 2:
        print("skipped: server and client need a processor each")
        sys.exit(77)
    unittest.main()
