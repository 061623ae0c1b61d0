#!/usr/bin/env python3
"""Runs tools/bench for a few seconds and looks at what it writes.

    bench_test.py BUILD      a build folder with spate

Exit status 77: skipped, with the reason.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(REPOSITORY, "tools", "bench")
sys.path.insert(0, os.path.join(REPOSITORY, "tools"))

# pylint: disable=wrong-import-position
from benchmark import (client, documents, machine, processes, servers, work, workers)  # noqa: E402


def bench(*words):
    return subprocess.run([BENCH, *words], capture_output=True, text=True, timeout=100,
                          check=False)


class Bench(unittest.TestCase):
    build = ""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="spate-bench-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def start_another(self):
        """A server that somebody else has started, with the files of tools/bench below /files."""
        done = bench("--files", os.path.join(self.folder, "site", "files"))
        self.assertEqual(done.returncode, 0, done.stderr)
        port = client.free_port()
        server = processes.Server(
            "another", [os.path.join(self.build, "spate"), os.path.join(self.folder, "site"),
                        "--listen", f"127.0.0.1:{port}", "--threads", "1", "--io", "epoll"],
            port, os.sched_getaffinity(0), os.path.join(self.folder, "log"))
        self.addCleanup(server.stop)
        client.wait_until_ready(server)
        return f"127.0.0.1:{port}"

    def test_a_short_run(self):
        another = self.start_another()
        output = os.path.join(self.folder, "output")
        done = bench("--build", self.build, "--output", output, "--rounds", "1", "--only",
                     "file-128,start", "--servers", "spate-epoll,nginx", "--against",
                     f"http://{another}/files/")
        with open(os.path.join(output, "results.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        self.assertEqual(rows[0]["type"], "machine", done.stderr)
        summaries = {row["server"]: row for row in rows
                     if row["type"] == "summary" and row["work"] == "file-128"}
        self.assertEqual(set(summaries), {"spate-epoll", "nginx", another}, done.stderr)
        for name, row in summaries.items():
            self.assertEqual(row["errors"], {}, name)
            self.assertGreater(row["cpu_us"], 0, name)
            self.assertGreater(row["requests_per_second"], 0, name)
            self.assertGreater(row["memory"]["rss"], 0, name)
        self.assertGreater(summaries["spate-epoll"]["to_nginx"], 0)
        starts = {row["server"]: row["first_response_ms"] for row in rows
                  if row["type"] == "summary" and row["work"] == "start"}
        self.assertEqual(set(starts), {"spate-epoll", "nginx"})
        self.assertGreater(min(starts.values()), 0)
        features = {row["server"]: row["differences"] for row in rows
                    if row["type"] == "features"}
        self.assertEqual(features["spate-epoll"], [])
        with open(os.path.join(output, "report.md"), encoding="utf-8") as file:
            self.assertIn("| nginx ", file.read())

    def test_floors_answer_each_target_of_a_site(self):
        done = bench("--build", self.build, "--output", self.folder, "--rounds", "1", "--only",
                     "site", "--servers", "spate-epoll,floor,nginx")
        with open(os.path.join(self.folder, "results.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        summaries = {row["server"]: row for row in rows if row["type"] == "summary"}
        self.assertEqual(set(summaries), {"spate-epoll", "floor-uring", "floor-epoll", "nginx"},
                         done.stderr)
        for name, row in summaries.items():
            self.assertEqual(row["errors"], {}, name)
            # They send the same siblings; what is left of the difference are heads.
            self.assertLess(row["bytes_to_smallest"], 1.02, name)
        self.assertGreater(summaries["spate-epoll"]["to_floor"], 0)
        self.assertGreater(summaries["floor-uring"]["to_nginx"], 0)

    def test_the_load_test_target_beside_others_that_answer_the_same(self):
        done = bench("--build", self.build, "--output", self.folder, "--rounds", "1", "--only",
                     "plaintext,bytes-1024", "--servers", "spate-epoll,floor-epoll,nginx,h2o")
        with open(os.path.join(self.folder, "results.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        for name, size in [("plaintext", 13), ("bytes-1024", 1024)]:
            summaries = {row["server"]: row for row in rows
                         if row["type"] == "summary" and row["work"] == name}
            self.assertEqual(set(summaries), {"spate-epoll", "floor-epoll", "nginx"}, done.stderr)
            for server, row in summaries.items():
                self.assertEqual(row["errors"], {}, server)
                self.assertGreater(row["response_bytes"], size + 100, server)
                self.assertLess(row["response_bytes"], size + 400, server)
            self.assertGreater(summaries["spate-epoll"]["to_floor"], 0)
            self.assertGreater(summaries["spate-epoll"]["to_nginx"], 0)
        bars = {row["bar"] for row in rows if row["type"] == "bar"}
        self.assertEqual(bars, {"/plaintext: CPU/request to the floor",
                                "/bytes/1024: CPU/request to the floor"})
        commands = {row["server"]: row for row in rows if row["type"] == "server"}
        self.assertNotIn("--target", commands["spate-epoll"]["command"])
        self.assertIn("--target", commands["spate-epoll, as a load-test target"]["command"])
        nginx = commands["nginx, as a load-test target"]["configuration"]
        self.assertIn("location = /plaintext { default_type text/plain; return 200 "
                      "'Hello, World!'; }", nginx)
        self.assertNotIn("location", commands["nginx"]["configuration"])
        self.assertNotIn("h2o, as a load-test target", commands)

    def test_made_answers_are_looked_at(self):
        class Answering(client.Client):  # pylint: disable=super-init-not-called
            def __init__(self, body):
                self.name = "somebody"
                self.buffer = bytearray(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" %
                                        (len(body), body))

        plaintext, by_chance = (
            next(item for item in work.WORKS if item.name == name).requests("")[0]
            for name in ("plaintext", "bytes-1024"))
        Answering(b"Hello, World!").expect(plaintext)
        Answering(b"abcdefghijklm").expect(plaintext.of_any_bytes())
        Answering(b"x" * 1024).expect(by_chance)
        for body, request in [(b"abcdefghijklm", plaintext), (b"x" * 1023, by_chance),
                              (b"Hello, World", plaintext.of_any_bytes())]:
            with self.assertRaises(processes.Failure):
                Answering(body).expect(request)

    def test_two_workers_are_compared_with_two_processes(self):
        item = next(item for item in work.WORKS if item.kind == "workers")
        root = os.path.join(self.folder, "root")
        documents.write(root, [item])
        cpus = machine.choose_cpus(1)
        starter = servers.Servers(REPOSITORY, self.build, root, self.folder, cpus.server)
        rows = []
        with mock.patch.object(workers, "FEWEST_ROUNDS", 1):
            found = workers.measure(starter, cpus, item, ["spate-epoll"], 1, 1, rows.append)
        self.assertEqual([row["server"] for row in rows if row["type"] == "round"],
                         ["spate-epoll, two processes", "spate-epoll, two workers"])
        self.assertEqual(found[0]["errors"], {})
        self.assertGreater(min(found[0][key] for key in ("one_us", "two_us", "one_client_us",
                                                         "two_client_us", "speed_up")), 0)
        command = next(row["command"] for row in rows if row["type"] == "command")
        self.assertEqual(command.count("--port"), 2)

    def test_wrong_bytes_are_refused(self):
        site = os.path.join(self.folder, "site", "files")
        another = self.start_another()
        with open(os.path.join(site, "128.bin"), "wb") as file:
            file.write(b"x" * 128)
        done = bench("--build", self.build, "--output", self.folder, "--rounds", "1", "--only",
                     "file-128", "--servers", "nginx", "--against", f"http://{another}/files/")
        self.assertEqual(done.returncode, 1)
        self.assertIn("sent a wrong body for /128.bin", done.stderr)


def main():
    missing = [name for name in ("wrk", "h2load", "brotli") if shutil.which(name) is None]
    if missing:
        print(f"skipped: not installed: {', '.join(missing)}")
        return 77
    if len(os.sched_getaffinity(0)) < 2:
        print("skipped: one CPU is not enough for a server and a load generator")
        return 77
    Bench.build = os.path.abspath(sys.argv.pop(1))
    unittest.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
