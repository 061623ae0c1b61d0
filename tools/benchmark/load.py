"""Runs of our open-loop load generator (bench/load), and what they say about fairness and overload.

Bars are differences and ratios within one run on one machine, so that they mean the same anywhere.
"""

import contextlib
import json
import os
import subprocess
import sys

from . import documents
from .processes import Failure, child_setup
from .work import Work

# Ours beside the others that the servers module starts.
BACKENDS = ["spate-uring", "spate-epoll"]

SMALL = Work("small", "128 B", size=128)
LARGE = Work("large", "64 MiB", size=64 << 20)
# How much more a greedy client may raise the others' p99 where it shares their loop than where
# another server on the same processor serves it, in milliseconds: four turns of the loop, each a
# quantum of bulk work (one send of 1 MiB, 80 to 120 µs) and as much again for the client itself.
# What it does to them there is the doing of the kernel (ksoftirqd and the server wait for each
# other) and of the load generator: 2 to 5 ms on a machine with two processors.
QUANTUM_MS = 1.0
# Of the peak, at twice and at five times what can be served.
GOODPUT = 0.9
# How much slower an answer may be after an overload than before it. In a pipeline at half of the
# peak it waits for tens of milliseconds already.
LATER_MS = 100


def _target(work):
    return f"/{work.size}.bin"


POLITE = {"target": _target(SMALL), "connections": 32, "rate": 2000}


def write_files(root):
    for item in (SMALL, LARGE):
        path = os.path.join(root, f"{item.size}.bin")
        with open(path, "wb") as file:
            file.write(documents.body_of(item.size))
        os.utime(path, (1700000000, 1700000000))


class Generator:
    """The program of bench/load, on processors of its own."""

    def __init__(self, build, cpus):
        self.path = os.path.join(build, "bench", "load", "load")
        self.cpus = set(cpus)
        if not os.access(self.path, os.X_OK):
            raise Failure(f"{self.path} is not built: cmake --preset release && cmake --build "
                          "--preset release")

    def run(self, server, seconds, **options):
        """Loads the server; what the program printed. Options are those of the program."""
        argv = [self.path, "--port", str(server.port), "--seconds", str(seconds)]
        for name, value in options.items():
            name = "--" + name.replace("_", "-")
            argv += [name] if value is True else [name, str(value)]
        try:
            done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  timeout=seconds + 30, preexec_fn=child_setup(self.cpus))
        except subprocess.TimeoutExpired as error:
            raise Failure(f"the load generator did not end within {seconds + 30} s") from error
        if done.returncode != 0:
            raise Failure(f"the load generator failed: {done.stderr.decode().strip()}")
        return json.loads(done.stdout)


# --- fairness -------------------------------------------------------------------------------------

GREEDY = [
    ("alone", {}),
    ("1 large file", {"greedy_connections": 1, "greedy_depth": 2, "greedy_target": _target(LARGE)}),
    ("16 large files",
     {"greedy_connections": 16, "greedy_depth": 2, "greedy_target": _target(LARGE)}),
    ("1 endless pipeline",
     {"greedy_connections": 1, "greedy_depth": 2000, "greedy_target": _target(SMALL)}),
    ("16 endless pipelines",
     {"greedy_connections": 16, "greedy_depth": 2000, "greedy_target": _target(SMALL)}),
]
# The bar is for one greedy client with one connection; many show how it grows.
JUDGED = ("1 large file", "1 endless pipeline")


def measure_fairness(generator, server, other, seconds, rounds):
    """Rows, one for each kind of greedy client: the median round by p99. `other` serves the greedy
    ones while it is found out what they do to clients with whom they share no loop."""
    here = {name: [] for name, _ in GREEDY}
    elsewhere = {name: [] for name, _ in GREEDY}
    for _ in range(rounds):
        for name, options in GREEDY:
            here[name].append(generator.run(server, seconds, **POLITE, **options))
            if options:
                elsewhere[name].append(generator.run(server, seconds, **POLITE, **options,
                                                     greedy_port=other.port))
    rows = []
    for name, options in GREEDY:
        result = _median_round(here[name])
        apart = _median_round(elsewhere[name]) if options else None
        rise = (result["latency"]["p99_us"] - apart["latency"]["p99_us"]) / 1000 if apart else None
        met = None
        if name in JUDGED:
            met = rise <= QUANTUM_MS and result["good"] == result["offered"]
        rows.append({"type": "fairness", "server": server.name, "beside": name, "result": result,
                     "apart": apart, "p99_rise_ms": rise, "met": met})
    return rows


def _median_round(results):
    return sorted(results, key=lambda result: result["latency"]["p99_us"])[len(results) // 2]


# --- overload -------------------------------------------------------------------------------------

# One processor can not offer five times what another serves: a client's part of a request is the
# larger one. So a process of real-time priority takes this much of each millisecond of the server's
# processor. A server of low priority beside a process that spins would not do: the scheduler
# gives more to one that sleeps now and then, as it does at the peak, than to one that never does
# (13.2 and 11.4 % of the processor, measured), and goodput falls with it.
TAKEN = 0.85
_TAKE = f"""
import time
clock, period = time.monotonic, 0.001
begin = clock()
while True:
    while clock() < begin + {TAKEN} * period: pass
    begin = max(begin + period, clock())
    time.sleep(max(0, begin - clock()))
"""


def _take(cpu):
    set_up = child_setup({cpu})

    def set_up_real_time():
        set_up()
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))

    try:
        return subprocess.Popen([sys.executable, "-c", _TAKE], preexec_fn=set_up_real_time)
    except subprocess.SubprocessError as error:
        raise Failure("no right to real-time priority, by which the server's processor is made "
                      "slow enough to overload (root has it, or CAP_SYS_NICE)") from error


@contextlib.contextmanager
def taken(cpus):
    """While it lasts, a process of ours takes most of each millisecond of these processors."""
    processes = []
    try:
        processes += [_take(cpu) for cpu in cpus]
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


# The listener's queue alone (4,096) makes newcomers wait for half a second and more, so whoever
# waits for longer than two gives up.
LOADS = [
    ("keep-alive", {"target": _target(SMALL), "connections": 64, "depth": 16, "patience": 2}, {}),
    ("connection per request", {"target": _target(SMALL), "close": True, "patience": 2},
     {"connections": 10000}),
]
CLOSED_LOOP = 64  # connections that find the peak
OVERLOADS = ("2x", "5x")
RATES = [("0.5x before", 0.5), ("2x", 2), ("5x", 5), ("0.5x after", 0.5)]


def _run_watched(generator, server, seconds, **options):
    before = server.usage()
    result = generator.run(server, seconds, **options)
    used = server.usage().since(before).total
    result["cpu_seconds"] = used
    result["server_share"] = used / seconds
    result["per_cpu"] = result["good"] / max(used, 1e-9)
    return result


def measure_overload(generator, server, seconds, rounds):
    """Rows, one for each load and rate: the peak in a closed loop, then twice and five times that,
    and half of it, to see that it recovers. Each is the median round by goodput."""
    rows = []
    for name, common, open_loop in LOADS:
        found = {}
        for _ in range(rounds):
            peak = _run_watched(generator, server, seconds, rate=0,
                                **{"connections": CLOSED_LOOP, **common})
            found.setdefault("peak", []).append(peak)
            for offered, factor in RATES:
                found.setdefault(offered, []).append(_run_watched(
                    generator, server, seconds, rate=peak["goodput"] * factor, **common,
                    **open_loop))
        median = {offered: sorted(results, key=lambda result: result["goodput"])[len(results) // 2]
                  for offered, results in found.items()}
        rows += [_overload_row(server, name, offered, result, median)
                 for offered, result in median.items()]
    return rows


def _overload_row(server, name, offered, result, median):
    peak, before = median["peak"], median["0.5x before"]
    to_peak = result["goodput"] / max(peak["goodput"], 1)
    per_cpu = result["per_cpu"] / max(peak["per_cpu"], 1)
    met = None
    if offered in OVERLOADS:
        met = to_peak >= GOODPUT
    elif offered == "0.5x after":
        met = result["good"] >= 0.999 * result["offered"] and (
            result["latency"]["p99_us"] <= before["latency"]["p99_us"] + LATER_MS * 1000)
    return {"type": "overload", "server": server.name, "load": name, "offered": offered,
            "result": result, "to_peak": to_peak, "per_cpu_to_peak": per_cpu, "met": met}


# --- tables ---------------------------------------------------------------------------------------


def _verdict(met):
    return {None: "", True: "met", False: "NOT MET"}[met]


def _milliseconds(result, share):
    return f"{result['latency'][share] / 1000:.2f}"


def fairness_cells(row):
    result = row["result"]
    return [row["server"], row["beside"], *(_milliseconds(result, share) for share in
                                            ("p50_us", "p99_us", "p999_us")),
            _milliseconds(row["apart"], "p99_us") if row["apart"] else "",
            f"{row['p99_rise_ms']:+.2f}" if row["apart"] else "",
            f"{result['good']:,}/{result['offered']:,}",
            f"{result['bytes'] / 2**20:,.0f}", _verdict(row["met"])]


FAIRNESS_TITLES = ["server", "beside", "p50 ms", "p99 ms", "p99.9 ms", "p99 apart", "rise",
                   "in time", "MiB in all", "notes"]


def _errors(result):
    return ", ".join(f"{number:,} {why}" for why, number in result["errors"].items()) or "0"


def overload_cells(row):
    result = row["result"]
    return [row["server"], row["load"], row["offered"], f"{result['goodput']:,.0f}",
            f"{row['to_peak']:.2f}", f"{row['per_cpu_to_peak']:.2f}",
            f"{result['server_share']:.0%}", _milliseconds(result, "p50_us"),
            _milliseconds(result, "p99_us"), f"{result['unavailable']:,}",
            f"{result['given_up']:,}", f"{result['unsent']:,}", _errors(result),
            _verdict(row["met"])]


OVERLOAD_TITLES = ["server", "load", "offered", "good/s", "x peak", "per CPU", "core", "p50 ms",
                   "p99 ms", "503", "given up", "unsent", "errors", "notes"]
