"""What the tests of real clients share: a folder, spate serving it, programs run to their end.

A test file is a program, SPATE is the binary and BACKEND is uring or epoll:

  python3 NAME_test.py SPATE BACKEND

Exit status 0: all held; 1: some did not; 77: skipped, with the reason.
"""

import ctypes
import hashlib
import importlib.util
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

# Longer than anything here takes on a loaded machine under a sanitizer.
PATIENCE = 60  # seconds

_SKIPPED = 77
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_SIGNS_OF_A_BUG = ("Sanitizer", "runtime error:", "check failed:", "terminate called")

_spate = ""
_backend = ""


def main(*programs, modules=()):
    """Runs the tests of the calling file, or tells which of what they need is missing."""
    global _spate, _backend
    if len(sys.argv) != 3 or sys.argv[2] not in ("uring", "epoll"):
        sys.exit(f"usage: {sys.argv[0]} SPATE uring|epoll")
    _spate, _backend = sys.argv[1:]
    for program in programs:
        if shutil.which(program) is None:
            _skip(f"there is no {program} on PATH")
    for module in modules:
        if importlib.util.find_spec(module) is None:
            _skip(f"{sys.executable} has no module {module}")
    check = subprocess.run([_spate, "--check-system", "--io", _backend], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, check=False)
    if check.returncode != 0:
        _skip(check.stderr.strip())
    unittest.main(argv=sys.argv[:1], verbosity=2)


def _skip(reason):
    print("skipped: " + reason)
    sys.exit(_SKIPPED)


def content(seed, size):
    """Bytes that look like nothing else, the same ones for the same seed."""
    return random.Random(seed).randbytes(size)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class ServingTest(unittest.TestCase):
    """root is served once start() was called; copies is where clients put what they get. Clients
    see no settings of whoever runs the tests, and no proxy."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spate-client-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self._make_folder("root")
        self.copies = self._make_folder("copies")
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.lower().endswith("_proxy")}
        self.environment.update(HOME=str(self._make_folder("home")), LC_ALL="C.UTF-8")
        self.url = ""

    def _make_folder(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def write(self, name, data, age=3600):
        """A file below root that was last changed `age` seconds ago. It takes its name when it is
        whole, so that what was there before is replaced and not changed."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / "unfinished"
        unfinished.write_bytes(data)
        changed = time.time() - age
        os.utime(unfinished, (changed, changed))
        unfinished.rename(path)
        return path

    def start(self, *options):
        """Serves root; the test fails in the end if spate does not stop as it should."""
        command = [_spate, self.root, "--listen", "127.0.0.1:0", "--io", _backend,
                   "--threads", "2", *options]
        output = self.folder / "spate.out"
        errors = self.folder / "spate.err"
        with open(output, "wb") as standard_output, open(errors, "wb") as standard_error:
            server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=standard_output, stderr=standard_error,
                preexec_fn=lambda: _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM))
        self.addCleanup(self._stop, server, errors)
        line = re.compile(r"http://127\.0\.0\.1:\d+/(?=\n)")
        self.wait_until(lambda: server.poll() is not None or line.search(output.read_text()))
        found = line.search(output.read_text())
        self.assertTrue(found, errors.read_text())
        self.url = found[0]

    def _stop(self, server, errors):
        server.terminate()
        try:
            status = server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            status = server.wait()
        report = errors.read_text(errors="replace")
        self.assertEqual(status, 0, report)
        for sign in _SIGNS_OF_A_BUG:
            self.assertNotIn(sign, report)

    def begin(self, *command, **options):
        """A client that runs beside the test."""
        return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                env=self.environment, cwd=options.pop("cwd", self.copies),
                                **options)

    def run_to_end(self, *command, status=0, **options):
        """A client's whole run: its output with what it complained about. status: None for any."""
        with self.begin(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                        **options) as client:
            try:
                output = client.communicate(timeout=PATIENCE)[0].decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                client.kill()
                self.fail(f"{command} does not end")
        if status is not None:
            self.assertEqual(client.returncode, status, f"{command}\n{output}")
        return output

    def curl(self, *arguments, **options):
        """curl as a script has it: silent, but for what goes wrong and --write-out."""
        return self.run_to_end("curl", "--silent", "--show-error", "--max-time", PATIENCE - 10,
                               *arguments, **options)

    def wait_until(self, condition):
        give_up = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), give_up, "waited in vain")
            time.sleep(0.005)

    def let_a_second_pass(self):
        """Changed content is served a second after the change at the latest."""
        time.sleep(1)

    def assert_same(self, copy, original):
        """Two files hold the same; a difference is not printed, for it can be long."""
        self.assertEqual(sha256(pathlib.Path(copy).read_bytes()),
                         sha256(pathlib.Path(original).read_bytes()), f"{copy} {original}")
