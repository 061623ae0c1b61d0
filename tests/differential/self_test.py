#!/usr/bin/env python3
"""The tool finds what it is there for: verdicts of bytes, majorities, and what fails a case."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "tools")]

# pylint: disable=wrong-import-position
from comparison import explanations  # noqa: E402
from comparison.case import Case, ask  # noqa: E402
from comparison.document_tree import DocumentTree, LARGE_SIZE  # noqa: E402
from comparison.outcome import Outcome, majority  # noqa: E402
from comparison.verdict import verdict_on  # noqa: E402

PLAIN = b"All that is in here is this line of plain text.\n"
AFTER = b"The request after the case.\n"
OPEN = b"HTTP/1.1 200 OK\r\nContent-Length: 28\r\nConnection: close\r\n\r\n" + AFTER


def response(status, *fields, body=b"", length=True):
    lines = [f"HTTP/1.1 {status} Words", *fields]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class VerdictTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.tree = DocumentTree(folder.name)
        cls.addClassCleanup(cls.tree.remove_obstacles)

    def expect(self, verdict, received, end="closed", request=ask(), **more):
        case = Case("a.case", "9110 1", request, "", **more)
        self.assertEqual(verdict_on(self.tree, case, received, end), verdict)

    def test_a_body_has_the_name_of_its_file(self):
        self.expect("200:plain.txt open", response(200, body=PLAIN) + OPEN)
        self.expect("200:?1 open", response(200, body=b"?") + OPEN)
        self.expect("200:plain.txt closed", response(200, body=PLAIN, length=False))
        chunked = b"30\r\n" + PLAIN + b"\r\n0\r\n\r\n"
        self.expect("200:plain.txt open", response(
            200, "Transfer-Encoding: chunked", length=False) + chunked + OPEN)

    def test_an_end_is_told_from_an_open_connection(self):
        self.expect("400 closed", response(400))
        self.expect("400 open", response(400) + OPEN)
        self.expect("400 reset", response(400), end="reset")
        self.expect("waits", b"", end="waits")
        self.expect("+5 bytes closed", b"hello")

    def test_a_smuggled_request_shows(self):
        smuggled = response(200, body=b"A body was read as a request.\n")
        self.expect("200:plain.txt 200:smuggled.txt open",
                    response(200, body=PLAIN) + smuggled + OPEN)

    def test_a_body_that_is_cut_shows(self):
        self.expect("200:?5+cut closed", response(200, body=PLAIN)[:-43])

    def test_a_response_to_head_has_no_body(self):
        head = ask(method="HEAD")
        self.expect("200/48 open", response(200, body=PLAIN)[:-48] + OPEN, request=head)
        self.expect("200/48+body closed", response(200, body=PLAIN), request=head)

    def test_parts_are_compared_with_the_file(self):
        def part(content_range, body):
            return response(206, f"Content-Range: {content_range}", body=body) + OPEN

        self.expect("206:plain.txt[0-2] open", part("bytes 0-2/48", b"All"))
        self.expect("206:?[1-3] open", part("bytes 1-3/48", b"All"))
        self.expect("206:?[0-2] open", part("bytes 0-2/49", b"All"))
        self.expect("206:?[bytes */48] open", part("bytes */48", b"All"))
        last = LARGE_SIZE - 4
        self.expect(f"206:large.bin[{last}-{last + 3}] open",
                    part(f"bytes {last}-{last + 3}/{LARGE_SIZE}", b"last"))

    def test_parts_of_multipart_are_compared_one_by_one(self):
        def parts(second):
            body = (b"--b\r\nContent-Range: bytes 0-2/48\r\n\r\nAll\r\n"
                    b"--b\r\nContent-Range: bytes 4-7/48\r\n\r\n" + second + b"\r\n--b--\r\n")
            return response(206, "Content-Type: multipart/byteranges; boundary=b", body=body)

        self.expect("206:plain.txt[0-2,4-7] open", parts(b"that") + OPEN)
        self.expect("206:?|plain.txt[0-2,4-7] open", parts(b"what") + OPEN)
        self.expect("206:? open", response(206, body=b"All") + OPEN)

    def test_fields_that_matter_show(self):
        self.expect("301>/d/ open", response(301, "Location: http://x:80/d/") + OPEN)
        self.expect("301>//x/d/ open", response(301, "Location: //x/d/") + OPEN)
        self.expect("301>http://evil/ open", response(301, "Location: http://evil/") + OPEN)
        self.expect("405{GET,HEAD} open", response(405, "Allow: HEAD, GET") + OPEN)
        self.expect("416[bytes */48] open", response(416, "Content-Range: bytes */48") + OPEN)
        self.expect("404{Vary: a}{no Age} open", response(404, "vary: a") + OPEN,
                    shown=("Vary", "Age"))

    def test_equal_responses_are_counted(self):
        self.expect("3x404 400 closed", response(404) * 3 + response(400))
        self.expect("2x200:wanted open", response(200, body=PLAIN) + response(200, body=b"1")
                    + OPEN, wanted=("plain.txt", "one.txt"))

    def test_http_2_is_told_from_nonsense(self):
        self.expect("HTTP/2 closed", b"\0\0\0\4\0\0\0\0\0\0\0\x08\7\0\0\0\0\0" + b"\0" * 8)


class OutcomeTest(unittest.TestCase):
    @staticmethod
    def outcome(spate, *rivals, expect="a", explained=False, judged=True):
        verdicts = {"spate": spate, **{f"rival{i}": rival for i, rival in enumerate(rivals)}}
        return Outcome(Case("a.case", "9110 1", "", expect), verdicts, explained, judged)

    def test_a_majority_is_more_than_half(self):
        self.assertEqual(majority(["a", "b", "a", "a"]), "a")
        self.assertIsNone(majority(["a", "b", "a", "b"]))
        self.assertIsNone(majority([]))
        self.assertEqual(majority(["400 reset", "400 closed", "b"]), "400 closed")

    def test_what_passes(self):
        self.assertFalse(self.outcome("a", "a", "a", "b", "b").failed)
        self.assertFalse(self.outcome("a", "b", "b", "c", "c").failed)
        self.assertFalse(self.outcome("a", "b", "b", "b", "a", explained=True).failed)
        self.assertFalse(self.outcome("a", "b", judged=False).failed)
        self.assertFalse(self.outcome("a", "a", explained=True, judged=False).failed)

    def test_what_fails(self):
        self.assertTrue(self.outcome("b", "b", "b", "b").unexpected)
        self.assertTrue(self.outcome("a", "b", "b", "b", "a").unexplained)
        self.assertTrue(self.outcome("a", "a", "a", "a", "b", explained=True).stale)
        self.assertTrue(self.outcome("b", judged=False).failed)


class ExplanationsTest(unittest.TestCase):
    @staticmethod
    def read(text):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            return explanations.read(file.name)

    def test_cases_of_all_blocks_are_read(self):
        text = ("# words\n\nRFC 9110 section 14.2\nWhy.\n  a.one  spate: 1; most: 2\n  a.two\n\n"
                "RFC 9112 appendix C.2\nWhy.\n  b.one\n")
        self.assertEqual(self.read(text), {"a.one", "a.two", "b.one"})

    def test_what_has_no_section_or_reason_is_refused(self):
        for text in ("Why.\n  a.one\n", "RFC 9110 section 1\n  a.one\n",
                     "RFC 9110 section 1\nWhy.\n",
                     "RFC 9110 section 1\nWhy.\n  a.one\n\nRFC 9110 section 1\nWhy.\n  a.one\n"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                self.read(text)


if __name__ == "__main__":
    unittest.main()
