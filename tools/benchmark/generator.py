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
def run_together(commands, patience):
    """Generators that are gone afterwards, for commands and their processors; Failure if one of
    them does not end within `patience` seconds."""
    generators = []
    late = []

    def on_alarm(*_):
        for generator in generators:
            if generator.process.returncode is None:
                late.append(generator.name)
                os.kill(generator.process.pid, signal.SIGKILL)

    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(patience)
    try:
        for argv, cpus in commands:
            generators.append(Generator(argv, cpus))
        yield generators
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
        for generator in generators:
            generator.kill()
    if late:
        raise Failure(f"{late[0]} did not end within {patience} s")


@contextlib.contextmanager
def run(argv, cpus, patience):
    """One Generator, as run_together() does it."""
    with run_together([(argv, cpus)], patience) as generators:
        yield generators[0]
