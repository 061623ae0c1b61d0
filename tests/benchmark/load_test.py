#!/usr/bin/env python3
"""bench/load tells apart why requests got no answer, and tools/overload says it.

    load_test.py BUILD      a build folder with the load generator
"""

import contextlib
import os
import socket
import struct
import sys
import threading
import time
import unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "tools"))

from benchmark import load  # noqa: E402  pylint: disable=wrong-import-position

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
LAST_ANSWER = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def sent(result):
    """On a busy machine a request may be due when the only connection has not been answered."""
    return result["offered"] - result["unsent"]


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """Does the same to each connection when its first request has come, and ends it."""

    def __init__(self, act):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.act = act
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, contextlib.suppress(ConnectionError):
                    connection.recv(10_000)
                    self.act(connection)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class LoadTest(unittest.TestCase):
    build = ""

    def load(self, act, **options):
        server = Server(act)
        self.addCleanup(server.stop)
        generator = load.Generator(self.build, os.sched_getaffinity(0))
        return generator.run(server, 0.2, patience=0.2, connections=1, **options)

    def expect_all_sent_are_good(self, result):
        self.assertGreater(result["good"], 0)
        self.assertEqual(result["good"], sent(result))

    def errors(self, act, **options):
        return set(self.load(act, close=True, rate=20, **options)["errors"])

    def two_counting_servers(self):
        """Servers that answer, and how many connections each has had so far."""
        counts = [0, 0]

        def answer_as(number):
            def act(connection):
                counts[number] += 1
                connection.sendall(LAST_ANSWER)
            return act

        servers = [Server(answer_as(number)) for number in range(2)]
        for server in servers:
            self.addCleanup(server.stop)
        return servers, counts

    def test_none(self):
        result = self.load(lambda connection: connection.sendall(LAST_ANSWER), close=True, rate=20)
        self.assertEqual(result["errors"], {})
        self.expect_all_sent_are_good(result)

    def test_is_over_when_everything_is_answered(self):
        began = time.monotonic()
        server = Server(lambda connection: connection.sendall(LAST_ANSWER))
        self.addCleanup(server.stop)
        generator = load.Generator(self.build, os.sched_getaffinity(0))
        result = generator.run(server, 0.2, patience=20, connections=1, close=True, rate=20)
        self.expect_all_sent_are_good(result)
        self.assertLess(time.monotonic() - began, 10)

    def test_connections_go_to_the_ports_in_turn(self):
        servers, counts = self.two_counting_servers()
        generator = load.Generator(self.build, os.sched_getaffinity(0))
        result = generator.run(servers[0], 0.2, port=servers[1].port, connections=2, rate=0,
                               waits=True)
        self.assertEqual(result["errors"], {})
        self.assertGreater(min(counts), 0)

    def test_greedy_connections_go_elsewhere(self):
        servers, counts = self.two_counting_servers()
        generator = load.Generator(self.build, os.sched_getaffinity(0))
        result = generator.run(servers[0], 0.2, connections=1, close=True, rate=20,
                               greedy_connections=1, greedy_port=servers[1].port)
        self.assertEqual(counts[0], sent(result))
        self.assertGreaterEqual(counts[1], result["greedy"])
        self.assertGreater(result["greedy"], 0)

    def test_ends(self):
        self.assertEqual(self.errors(lambda connection: None), {"end before an answer"})
        self.assertEqual(self.errors(lambda connection: connection.sendall(ANSWER[:-1])),
                         {"end within an answer"})

    def test_resets(self):
        self.assertEqual(self.errors(reset), {"receive ECONNRESET before an answer"})

    def test_no_http(self):
        self.assertEqual(self.errors(lambda connection: connection.sendall(b"nothing\r\n\r\n")),
                         {"no answer to this request"})

    def test_requests_behind_the_last_answer(self):
        result = self.load(lambda connection: connection.sendall(LAST_ANSWER), depth=3, rate=0)
        self.assertEqual(set(result["errors"]), {"behind the last answer"})
        self.assertEqual(result["errors"]["behind the last answer"], 2 * result["good"])

    def test_refused_connections(self):
        server = Server(None)
        server.stop()
        generator = load.Generator(self.build, os.sched_getaffinity(0))
        result = generator.run(server, 0.2, patience=0.2, connections=1, close=True, rate=20)
        # Which call is told first is a race.
        self.assertLessEqual(set(result["errors"]), {
            "connect ECONNREFUSED", "send ECONNREFUSED", "receive ECONNREFUSED before an answer"})
        self.assertEqual(sum(result["errors"].values()), sent(result))

    def test_what_the_report_says(self):
        percentiles = {"p50_us": 1.0, "p99_us": 2.0}
        result = {"goodput": 1, "server_share": 0.5, "latency": percentiles, "unavailable": 0,
                  "given_up": 0, "unsent": 0, "errors": {"end before an answer": 1437,
                                                         "connect EADDRNOTAVAIL": 2}}
        row = {"server": "spate-uring", "load": "keep-alive", "offered": "2x", "result": result,
               "to_peak": 1, "per_cpu_to_peak": 1, "met": True}
        cells = dict(zip(load.OVERLOAD_TITLES, load.overload_cells(row), strict=True))
        self.assertEqual(cells["errors"], "1,437 end before an answer, 2 connect EADDRNOTAVAIL")
        result["errors"] = {}
        cells = dict(zip(load.OVERLOAD_TITLES, load.overload_cells(row), strict=True))
        self.assertEqual(cells["errors"], "0")


class Scripted:
    """In the place of the load generator: what each run found, by what it was asked for."""

    def __init__(self, answer):
        self.answer = answer
        self.cpu_seconds = 0.0
        self.name = "scripted"
        self.port = 1

    def run(self, _, seconds, **options):
        found = {"good": 100, "offered": 100, "goodput": 100, "cpu_seconds": seconds / 2,
                 "latency": {"p99_us": 1000}, **self.answer(options)}
        self.cpu_seconds += found["cpu_seconds"]
        return found

    def usage(self):
        return Used(self.cpu_seconds)


class Used:
    def __init__(self, total):
        self.total = total

    def since(self, before):
        return Used(self.total - before.total)


class VerdictTest(unittest.TestCase):
    def fairness(self, here_us, apart_us, **found):
        def answer(options):
            p99 = apart_us if "greedy_port" in options else here_us
            return {"latency": {"p99_us": p99}, **found}

        scripted = Scripted(answer)
        rows = load.measure_fairness(scripted, scripted, scripted, 1, 3)
        return {row["beside"]: row["met"] for row in rows}

    def test_fairness(self):
        fair = self.fairness(4000, 3500)
        self.assertEqual(fair, {"alone": None, "1 large file": True, "16 large files": None,
                                "1 endless pipeline": True, "16 endless pipelines": None})
        self.assertFalse(self.fairness(4600, 3500)["1 large file"])
        self.assertFalse(self.fairness(3000, 3500, good=99)["1 large file"], "one is lost")

    def overload(self, **found):
        """found: what differs at twice the peak and after all, from 100 of half a second."""
        def answer(options):
            if options["rate"] == 200:
                return found
            return {"goodput": 50, "good": 50, "offered": 50} if options["rate"] == 50 else {}

        scripted = Scripted(answer)
        rows = load.measure_overload(scripted, scripted, 1, 3)
        return {row["offered"]: row["met"] for row in rows if row["load"] == "keep-alive"}

    def test_overload(self):
        self.assertEqual(self.overload(), {"peak": None, "0.5x before": None, "2x": True,
                                           "5x": True, "0.5x after": True})
        self.assertTrue(self.overload(good=90, goodput=90)["2x"])
        self.assertFalse(self.overload(good=89, goodput=89)["2x"])
        self.assertFalse(self.overload(good=89, goodput=89, cpu_seconds=0.4)["2x"],
                         "of less time as much is no excuse")

    def test_the_median_counts(self):
        for goodputs, met in (([100, 100, 10], True), ([100, 10, 10], False)):
            values = iter(goodputs * len(load.LOADS))

            def answer(options, values=values):
                if options["rate"] != 200:
                    return {}
                value = next(values)
                return {"goodput": value, "good": value}

            scripted = Scripted(answer)
            rows = load.measure_overload(scripted, scripted, 1, 3)
            self.assertEqual({row["met"] for row in rows if row["offered"] == "2x"}, {met})


if __name__ == "__main__":
    LoadTest.build = os.path.abspath(sys.argv.pop(1))
    unittest.main()
