"""What tools/bench makes of the rows of a run: text, and the table in the README."""

import os
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "../../tools"))

# pylint: disable=wrong-import-position
from benchmark import markdown, records, tables  # noqa: E402
from benchmark.processes import Failure  # noqa: E402

ROWS = os.path.join(FOLDER, "report.jsonl")


def in_file(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".md", encoding="utf-8")
    file.write(text)
    file.flush()
    return file


class Records(unittest.TestCase):
    def test_a_file_that_is_no_report_is_refused_with_its_line(self):
        for text, complaint in [("", "does not begin"), ("{}\n", ":1: no row"),
                                ('{"type": "machine"}\nnothing\n', ":2: "),
                                ('{"type": "summary"}\n', "does not begin")]:
            with self.subTest(text), in_file(text) as file:
                with self.assertRaises(Failure) as caught:
                    records.load(file.name)
                self.assertIn(complaint, str(caught.exception))

    def test_rows_come_back_as_they_were_written(self):
        with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
            log = records.Records(file=file)
            log.add({"type": "machine", "cpu": "µ"})
            file.seek(0)
            self.assertEqual(file.read(), '{"type": "machine", "cpu": "µ"}\n')


class Tables(unittest.TestCase):
    TABLE = tables.Table(["server", "req/s", "notes"], [["a", "1", "x"], ["bcd", "1,000", ""]],
                         note="of one run")

    def test_markdown_is_aligned(self):
        self.assertEqual(self.TABLE.markdown(), "\n".join([
            "| server | req/s | notes |",
            "|--------|------:|-------|",
            "| a      |     1 | x     |",
            "| bcd    | 1,000 |       |",
            "",
            "of one run"]))

    def test_html_means_what_the_text_says(self):
        text = tables.Table(["server"], [["<a & b>"]]).html()
        self.assertIn("&lt;a &amp; b&gt;", text)
        self.assertNotIn("<a &", text)


class Report(unittest.TestCase):
    def test_has_every_work_item_and_says_who_was_the_limit(self):
        text = markdown.report(records.load(ROWS))
        for work in ("file-128", "connections-1000", "site", "open-loop", "workers", "start",
                     "idle-memory"):
            self.assertIn(f"(`{work}`)", text)
        self.assertIn("client-bound", text)
        self.assertIn("nobody is ranked by it", text)


class Readme(unittest.TestCase):
    BEGIN = "<!-- begin: made by tools/bench --report FILE --readme -->"
    END = "<!-- end -->"

    def update(self, text):
        with in_file(text) as file:
            markdown.update_readme(file.name, records.load(ROWS), "a/chart.png")
            with open(file.name, encoding="utf-8") as updated:
                return updated.read()

    def test_only_what_stands_between_the_markers_is_replaced(self):
        text = self.update(f"before\n{self.BEGIN}\nold\n{self.END}\nafter\n")
        self.assertTrue(text.startswith(f"before\n{self.BEGIN}\n![CPU time"))
        self.assertTrue(text.endswith(f".\n{self.END}\nafter\n"))
        self.assertNotIn("old", text)
        self.assertIn("| 128 B ", text)
        self.assertIn("bytes for each of 8,000 idle connections", text)
        self.assertEqual(self.update(text), text, "a second time changes nothing")

    def test_a_file_without_markers_stays_as_it_is(self):
        with self.assertRaises(Failure):
            self.update("nothing\n")

    def test_the_one_of_this_repository_has_them(self):
        with open(os.path.join(FOLDER, "../../README.md"), encoding="utf-8") as file:
            text = file.read()
        self.assertEqual((text.count(self.BEGIN), text.count(self.END)), (1, 1))


if __name__ == "__main__":
    unittest.main()
