"""Two revisions of spate, measured in turns: `tools/bench --ab REV`."""

import os
import subprocess
import sys

from . import robust
from .processes import Failure

# What a change of the request path shows in.
WORKS = ["file-128", "file-64k", "pipelined", "new-connection", "site"]

_MEASURES = [("cpu_us", "CPU µs/request"), ("p99_us", "p99 µs")]


def _run(*argv, cwd=None):
    done = subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(argv)} failed:\n{done.stdout[-2000:].strip()}")
    return done.stdout.strip()


def _build(source, folder):
    print(f"building {source}", file=sys.stderr, flush=True)
    _run("cmake", "-S", source, "--preset", "release", "-B", folder, "-DSPATE_TESTS=OFF",
         "-DSPATE_BENCHMARKS=OFF", cwd=source)
    _run("cmake", "--build", folder, "--target", "spate", "-j", str(os.cpu_count()))
    return os.path.join(folder, "spate")


def add_builds(starter, arguments, directory):
    """Builds the other revision from a clone of its own, and this tree in the same way, and makes
    them the servers that are measured. Returns the label of the other."""
    backends = [name.rpartition("-")[2] for name in arguments.names if name.startswith("spate-")]
    if not backends:
        raise Failure("--ab compares spate: name spate-uring or spate-epoll in --servers")
    revision = _run("git", "rev-parse", "--verify", "--short", arguments.ab + "^{commit}",
                    cwd=starter.repository)
    source = os.path.join(directory, "source")
    _run("git", "clone", "--quiet", "--shared", "--no-checkout", starter.repository, source)
    _run("git", "checkout", "--quiet", "--detach",
         _run("git", "rev-parse", arguments.ab + "^{commit}", cwd=starter.repository), cwd=source)
    starter.builds = {
        revision: _build(source, os.path.join(directory, "old")),
        "spate": _build(starter.repository, os.path.join(directory, "new")),
    }
    arguments.names[:] = [f"{label}-{backend}" for backend in backends
                          for label in (revision, "spate")]
    return revision


def _verdict(judged):
    if not judged["differs"]:
        return "no difference shown"
    return "more" if judged["new"] > judged["old"] else "less"


def judge(work, log, old_label):
    """A row for each backend and measure of one work item, from its rounds."""
    rounds = {}
    for row in log.of_type("round"):
        if row["work"] == work.name:
            rounds.setdefault(row["server"], []).append(row)
    rows = []
    for new_name, new in rounds.items():
        label, _, backend = new_name.rpartition("-")
        old = rounds.get(f"{old_label}-{backend}")
        if label == old_label or old is None:
            continue
        for key, measure in _MEASURES:
            pairs = [(a[key], b[key]) for a, b in zip(old, new) if key in a and key in b]
            if pairs:
                judged = robust.compare(*zip(*pairs))
                rows.append({"type": "comparison", "work": work.name, "server": backend,
                             "measure": measure, **judged, "verdict": _verdict(judged)})
    return rows
