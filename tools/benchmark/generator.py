"""Load generators as child processes: bounded in time, on the client's processors."""

import contextlib
import os
import shutil
import signal
import subprocess

from .processes import Failure, child_setup


def find(name):
    path = shutil.which(name)
    if path is None:
        raise Failure(f"{name} is not installed: tools/install_dependencies bench")
    return path


def write_requests(path, requests):
    """Whole requests, each followed by a byte 0."""
    with open(path, "wb") as file:
        for request in requests:
            file.write(request + b"\0")


class Generator:
    """A running load generator. `lines()` reads what it prints; then finish()."""

    def __init__(self, argv, cpus):
        self.name = os.path.basename(argv[0])
        self.process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True, preexec_fn=child_setup(set(cpus)))
        self.seconds = 0.0  # of processors, when it has ended

    def lines(self):
        return self.process.stdout

    def finish(self):
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = usage.ru_utime + usage.ru_stime

    def kill(self):
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def run(argv, cpus, patience):
    """A Generator that is gone afterwards; Failure if it does not end within `patience` seconds."""
    generator = Generator(argv, cpus)
    timer_fired = False

    def on_alarm(*_):
        nonlocal timer_fired
        timer_fired = True
        generator.process.kill()

    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(patience)
    try:
        yield generator
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
        generator.kill()
    if timer_fired:
        raise Failure(f"{generator.name} did not end within {patience} s")
