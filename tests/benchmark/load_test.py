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

    def errors(self, act, **options):
        return set(self.load(act, close=True, rate=20, **options)["errors"])

    def test_none(self):
        result = self.load(lambda connection: connection.sendall(LAST_ANSWER), close=True, rate=20)
        self.assertEqual(result["errors"], {})
        self.assertEqual(result["good"], result["offered"])

    def test_is_over_when_everything_is_answered(self):
        began = time.monotonic()
        server = Server(lambda connection: connection.sendall(LAST_ANSWER))
        self.addCleanup(server.stop)
        generator = load.Generator(self.build, os.sched_getaffinity(0))
        result = generator.run(server, 0.2, patience=20, connections=1, close=True, rate=20)
        self.assertEqual(result["good"], result["offered"])
        self.assertLess(time.monotonic() - began, 10)

    def test_connections_go_to_the_ports_in_turn(self):
        counts = [0, 0]

        def answer_as(number):
            def act(connection):
                counts[number] += 1
                connection.sendall(LAST_ANSWER)
            return act

        servers = [Server(answer_as(number)) for number in range(2)]
        for server in servers:
            self.addCleanup(server.stop)
        generator = load.Generator(self.build, os.sched_getaffinity(0))
        result = generator.run(servers[0], 0.2, port=servers[1].port, connections=2, rate=0,
                               waits=True)
        self.assertEqual(result["errors"], {})
        self.assertGreater(min(counts), 0)

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
        self.assertEqual(sum(result["errors"].values()), result["offered"])

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


if __name__ == "__main__":
    LoadTest.build = os.path.abspath(sys.argv.pop(1))
    unittest.main()
