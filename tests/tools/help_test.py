#!/usr/bin/env python3
"""Every program in tools tells what it does and how it is called, and does nothing else then."""

import pathlib
import subprocess
import sys
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent.parent / "tools"
# --help of tools/serve is that of spate, which it builds first.
PROGRAMS = [file for file in sorted(TOOLS.iterdir())
            if file.is_file() and file.name != "serve" and file.read_bytes().startswith(b"#!")]


class HelpTest(unittest.TestCase):
    def test_tells(self):
        self.assertGreaterEqual(len(PROGRAMS), 8)
        for program in PROGRAMS:
            with self.subTest(program=program.name):
                done = subprocess.run([program, "--help"], cwd="/", stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"tools/{program.name} ", done.stdout)

    def test_unknown_option(self):
        for name in ("fuzz", "test", "install_dependencies"):
            with self.subTest(program=name):
                done = subprocess.run([TOOLS / name, "--no-such-option"], stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("--no-such-option", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
