"""Instructions in user space per request, counted by callgrind.

Callgrind simulates the program, so the number repeats exactly up to timers, on any load of the
machine. The kernel's part is not in it. Two runs that differ only in the number of requests are
subtracted, which cancels start-up and shut-down. It simulates a processor without AVX-512, so the
head parser runs its AVX2 form. One connection, one request per turn: per-turn work is in full.
Valgrind 3.19 cannot read the debug information of clang 14: build with GCC for this.
"""

import os
import re
import shutil

from . import client
from .processes import Failure

WORKS = ["file-128", "pipelined"]

_FEW = 1000    # requests
_MANY = 11000


def count(starter, name, work):
    """Instructions per request."""
    few, many = (requests // work.depth for requests in (_FEW, _MANY))
    difference = _one_run(starter, name, work, many) - _one_run(starter, name, work, few)
    return difference / ((many - few) * work.depth)


def _one_run(starter, name, work, batches):
    """All instructions of a run that answers so many batches of work.depth requests."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise Failure("valgrind is not installed: apt-get install valgrind")
    counts = os.path.join(starter.directory, f"callgrind-{name}-{work.name}-{batches}")
    server = starter.start(name, work, wrapper=[
        valgrind, "--quiet", "--tool=callgrind", f"--callgrind-out-file={counts}"])
    request = starter.expected(name, work, work.requests(starter.root(work)))[0]
    try:
        with client.Client(server) as connection:
            batch = client.bytes_of(server, request) * work.depth
            for _ in range(batches):
                connection.send(batch)
                for _ in range(work.depth):
                    connection.expect(request)
    finally:
        server.stop(patience=60.0)
    try:
        with open(counts, encoding="utf-8") as file:
            total = re.search(r"^(?:totals|summary): (\d+)", file.read(), re.MULTILINE)
    except OSError:
        total = None
    if total is None:
        raise Failure(f"callgrind left no count for {name}:\n{server.output()}")
    return int(total.group(1))
