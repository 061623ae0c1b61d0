#!/usr/bin/env python3
"""tools/soak finds what it is there for: wrong bodies, broken connections, counts that do not fit,
memory that grows, a server that does not end well."""

import pathlib
import random
import shutil
import socket
import stat
import sys
import tempfile
import threading
import time
import types
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))

# pylint: disable=wrong-import-position
from soaking import connection, curves, scenarios, visits  # noqa: E402
from soaking.content import Content, body_of  # noqa: E402
from soaking.crowd import Crowd, Loop  # noqa: E402
from soaking.processes import Counts, Failure, Server, free_port  # noqa: E402
from soaking.run import Run  # noqa: E402
from soaking.tally import Tally  # noqa: E402

PATIENCE = 20


def make_content(clean):
    """clean: called with what takes it away again."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="spate-soak-test-"))
    clean(shutil.rmtree, folder)
    (folder / "root" / "cut").mkdir(parents=True)
    return Content(str(folder / "root"), copies=1, slack=0.0)


def response(body=b"", status="200 OK", fields="", length=None):
    length = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{fields}\r\n".encode() + body


class ContentTest(unittest.TestCase):
    def setUp(self):
        self.content = make_content(self.addCleanup)

    def judge(self, name, body, asked_at=None):
        now = time.monotonic()
        return self.content.judge(name, body, asked_at or now, now)[0]

    def test_the_file_as_it_is(self):
        for name in self.content.names + self.content.cut_names:
            body = pathlib.Path(self.content.root, name).read_bytes()
            self.assertEqual(self.judge(name, body), "")

    def test_a_mixture_of_versions(self):
        self.content.replace("5.bin")
        one, other = body_of("5.bin", 0), body_of("5.bin", 1)
        self.assertEqual(self.judge("5.bin", other), "")
        self.assertIn("no version", self.judge("5.bin", one[:10_000] + other[10_000:]))
        self.assertIn("no version", self.judge("5.bin", other[:-1] + b"\0"))

    def test_another_file(self):
        self.assertIn("no version", self.judge("5.bin", body_of("6.bin", 0)))

    def test_versions_of_another_time(self):
        self.assertIn("before it was there", self.judge("5.bin", body_of("5.bin", 1)))
        self.content.replace("5.bin")
        now = time.monotonic()
        self.assertEqual(self.judge("5.bin", body_of("5.bin", 0), now + 0.9), "")
        self.assertIn("had been replaced", self.judge("5.bin", body_of("5.bin", 0), now + 1.1))

    def test_a_file_that_was_cut(self):
        name = self.content.cut_names[-1]
        before = pathlib.Path(self.content.root, name).read_bytes()
        for _ in range(5):
            self.content.cut(name, random.Random(1))
        after = pathlib.Path(self.content.root, name).read_bytes()
        self.assertNotEqual(before, after)
        self.assertEqual(self.judge(name, after), "")
        self.assertNotEqual(self.judge(name, before[:-1]), "")
        self.assertNotEqual(self.judge(name, before[:-4096] + bytes(4096)), "")


class ClientTest(unittest.TestCase):
    """What a client makes of a server that gives the same answer to everything, and closes."""

    @classmethod
    def setUpClass(cls):
        cls.content = make_content(cls.addClassCleanup)

    def setUp(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)

    def visit(self, answer, reset=False, name="0.bin", patience=PATIENCE):
        def serve():
            peer, _ = self.listener.accept()
            peer.recv(65536)
            peer.sendall(answer)
            if answer == b"wait":
                peer.recv(1)
            if reset:
                time.sleep(0.05)  # what was sent is read before the reset takes it away
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()

        def get(client, _):
            yield from client.connect()
            request = connection.Request(
                name, f"GET /{name} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), closes=True)
            yield from client.ask(request)
            yield from client.read(request)
            yield from client.expect_end()

        thread = threading.Thread(target=serve)
        thread.start()
        loop = Loop(self.listener.getsockname(), None, self.content, random.Random(1), patience)
        loop.run_once(get)
        thread.join()
        return loop.tally

    def expect_wrong(self, text, answer):
        tally = self.visit(answer)
        self.assertEqual((tally.wrong_count, tally.answered), (1, 0))
        self.assertIn(text, tally.wrong[0])

    def expect_end(self, kind, *arguments, **settings):
        tally = self.visit(*arguments, **settings)
        self.assertEqual((dict(tally.ends), tally.wrong), ({kind: 1}, []))

    def test_the_right_answer(self):
        tally = self.visit(response(body_of("0.bin", 0)))
        self.assertEqual((tally.answered, dict(tally.ends), tally.wrong), (1, {}, []))
        self.assertEqual((tally.connections, tally.connections_answered), (1, 1))

    def test_wrong_answers(self):
        body = body_of("0.bin", 0)
        self.expect_wrong("no version", response(body[:-1] + b"?"))
        self.expect_wrong("status 404", response(b"", "404 Not Found"))
        self.expect_wrong("status 503", response(b"", "503 Service Unavailable"))
        self.expect_wrong("not the head", b"HTTP/1.0 200 OK\r\n\r\n")
        self.expect_wrong("no Content-Length", b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n" + body)

    def test_bytes_behind_the_answer(self):
        tally = self.visit(response(body_of("0.bin", 0)) + b"more")
        self.assertIn("4 bytes behind", tally.wrong[0])

    def test_ends_have_their_kind(self):
        body = body_of("0.bin", 0)
        self.expect_end("closed within a response", response(body[:-1], length=len(body)))
        self.expect_end("reset within a response", response(body[:-1], length=len(body)), True)
        self.expect_end("closed before the first response", b"")
        self.expect_end("reset before the first response", b"", True)
        self.expect_end("503 with Retry-After",
                        response(b"", "503 Service Unavailable", "Retry-After: 1\r\n"))
        self.expect_end("closed within a response of a file changed in place",
                        response(b"x", length=2), name=self.content.cut_names[0])

    def test_a_server_that_says_nothing(self):
        self.expect_end("nothing for 0.5 s on a connection without a response before", b"wait",
                        patience=0.5)

    def test_nobody_listens(self):
        address = self.listener.getsockname()
        self.listener.close()
        loop = Loop(address, None, self.content, random.Random(1), PATIENCE)
        loop.run_once(visits.polite)
        self.assertEqual(dict(loop.tally.ends), {"refused": 1})

    def test_a_process_of_clients_that_fails(self):
        def fail(client, _):
            client.leave()
            raise ValueError("a mistake in a visit")

        setting = types.SimpleNamespace(content=self.content, seed=1, patience=PATIENCE)
        crowd = Crowd(setting, self.listener.getsockname(), {fail: 1}, 1, 0, processes=1)
        self.assertIn("a mistake in a visit", crowd.tally().wrong[0])


class CurvesTest(unittest.TestCase):
    MIB = 1 << 20

    def test_what_becomes_resident_first_is_no_growth(self):
        self.assertTrue(curves.is_flat([5 * self.MIB] * 7 + [30 * self.MIB] * 9))
        self.assertTrue(curves.is_flat([30 * self.MIB] * 12 + [20 * self.MIB] * 4))

    def test_what_goes_on_growing_is_not_flat(self):
        self.assertFalse(curves.is_flat([(20 + number) * self.MIB for number in range(16)]))
        self.assertFalse(curves.is_flat([20 * self.MIB] * 12 + [22 * self.MIB] * 4))

    def test_bars(self):
        self.assertEqual(curves.sparkline([0, 4, 8]), "▁▅█")


class VerdictTest(unittest.TestCase):
    SUMMARY = ("spate: served 90 requests on 20 connections (3 bad requests)\n"
               "spate: closed 4 with too slow a body, 7 idle, to make room\n")

    def setUp(self):
        setting = types.SimpleNamespace(seed=1, judges_memory=lambda: True, sanitizer="")
        # pylint: disable=protected-access
        self.run_of = Run(setting, scenarios.Churn(), None)
        self.judge = self.run_of._judge
        self.run_of.requests, self.run_of.connections, self.run_of.bad = 90, 20, 3
        tally = self.run_of.tally = Tally()
        tally.asked, tally.answered, tally.connections, tally.connections_answered = 100, 92, 21, 18
        tally.bad_asked, tally.bad_answered = 4, 3

    def expect(self, *texts):
        self.judge()
        self.assertEqual(len(self.run_of.complaints), len(texts), self.run_of.complaints)
        for text, complaint in zip(texts, self.run_of.complaints):
            self.assertIn(text, complaint)

    def test_counts_that_fit(self):
        self.expect()

    def test_counts_are_read(self):
        counts = Counts(self.SUMMARY)
        self.assertEqual((counts.requests, counts.connections, counts.bad), (90, 20, 3))
        self.assertEqual(counts.closed, {"with too slow a body": 4, "idle": 7})
        with self.assertRaises(Failure):
            Counts("")

    def test_requests_that_nobody_sent(self):
        self.run_of.requests = 98
        self.expect("counted 101 requests")

    def test_answers_that_nobody_counted(self):
        self.run_of.requests = 88
        self.expect("counted 91 requests")

    def test_connections_that_do_not_fit(self):
        self.run_of.connections = 17
        self.expect("counted 17 connections")

    def test_an_end_without_a_reason(self):
        self.run_of.tally.ends["closed between responses"] = 1
        self.expect("unexplained: 1 closed between responses")

    def test_growth(self):
        self.run_of.curves.memory = [number << 20 for number in range(20)]
        self.expect("has grown")


class ServerTest(unittest.TestCase):
    PROGRAM = f"""#!{sys.executable}
import signal, socket, sys
host, port = sys.argv[sys.argv.index("--listen") + 1].split(":")
def end(*_):
    print("spate: served 1 requests on 1 connections (0 bad requests)", file=sys.stderr)
    sys.exit(%d)
signal.signal(signal.SIGTERM, end)
listener = socket.create_server((host, int(port)))
while True: listener.accept()[0].close()
"""

    def server(self, status):
        content = make_content(self.addCleanup)
        folder = pathlib.Path(content.root).parent
        program = folder / "program"
        program.write_text(self.PROGRAM % status)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        setting = types.SimpleNamespace(program=str(program), backend="epoll", sanitizer="",
                                        folder=str(folder), content=content, patience=PATIENCE)
        server = Server(setting, ("127.0.0.1", free_port()))
        self.addCleanup(server.kill)
        return server, folder

    def test_one_that_ends_well(self):
        server, _ = self.server(0)
        self.assertEqual(server.stop(PATIENCE).requests, 1)

    def test_one_that_ends_with_an_error(self):
        server, _ = self.server(3)
        with self.assertRaisesRegex(Failure, "ended with 3"):
            server.stop(PATIENCE)

    def test_one_that_has_ended(self):
        server, _ = self.server(0)
        server.kill()
        with self.assertRaisesRegex(Failure, "ended with -9"):
            server.check_alive()

    def test_a_report_of_a_sanitizer(self):
        server, folder = self.server(0)
        (folder / "sanitizer.1").write_text("a data race")
        with self.assertRaisesRegex(Failure, "a data race"):
            server.stop(PATIENCE)


if __name__ == "__main__":
    unittest.main()
