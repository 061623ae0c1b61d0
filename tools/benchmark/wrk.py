"""One run of wrk, and what the server and the machine did meanwhile."""

import json
import os
import shutil
import signal
import subprocess

from . import work as works
from .processes import Failure, child_setup

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pipeline.lua")
_MARK = "bench-result "


def program():
    path = shutil.which("wrk")
    if path is None:
        raise Failure("wrk is not installed: apt-get install wrk")
    return path


class _CpuTimes:
    """How a processor has spent its time so far, by /proc/stat; seconds, 10 ms coarse."""

    def __init__(self, cpu):
        ticks = os.sysconf("SC_CLK_TCK")
        with open("/proc/stat", encoding="ascii") as stat:
            for line in stat:
                if line.startswith(f"cpu{cpu} "):
                    fields = [int(field) / ticks for field in line.split()[1:9]]
        user, nice, system, idle, iowait, irq, softirq, steal = fields
        self.busy = user + nice + system + irq + softirq
        self.idle = idle + iowait
        self.steal = steal


def _finish(process, patience):
    """Output, exit status and processor seconds of a wrk process."""
    timer_fired = False

    def on_alarm(*_):
        nonlocal timer_fired
        timer_fired = True
        process.kill()

    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(patience)
    try:
        output = process.stdout.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
    if timer_fired:
        raise Failure(f"wrk did not end within {patience} s")
    return output, usage.ru_utime + usage.ru_stime


def run(server, work, seconds, cpus):
    """Loads the server for some seconds. cpus: the server's and the client's processor.

    Returns a dictionary, ready for JSON. Times of processors cover wrk's whole run, requests are
    those that wrk saw completed; the at most 64 x depth requests in flight at the end are not
    counted, for any server.
    """
    server_cpu, client_cpu = cpus
    argv = [program(), "-t", "1", "-c", str(works.CONNECTIONS), "-d", f"{seconds}s", "--latency",
            "-s", _SCRIPT]
    if work.close:
        argv += ["-H", "Connection: close"]
    argv += [f"http://127.0.0.1:{server.port}{work.target}", "--", str(work.depth)]

    server_core, client_core = _CpuTimes(server_cpu), _CpuTimes(client_cpu)
    usage = server.usage()
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, preexec_fn=child_setup({client_cpu}))
    try:
        output, client_seconds = _finish(process, patience=seconds + 30)
    except BaseException:
        if process.returncode is None:
            process.kill()
            process.wait()
        raise
    if server.has_ended():
        raise Failure(f"{server.name} ended during the run of {work.name}, status "
                      f"{server.process.returncode}:\n{server.output()}")
    used = server.usage().since(usage)
    server_core_after, client_core_after = _CpuTimes(server_cpu), _CpuTimes(client_cpu)

    result = next((json.loads(line[len(_MARK):]) for line in output.splitlines()
                   if line.startswith(_MARK)), None)
    if result is None or process.returncode != 0:
        raise Failure(f"wrk against {server.name} failed:\n{output.strip()}")
    if result["requests"] == 0:
        raise Failure(f"{server.name} answered no request of wrk:\n{output.strip()}")
    duration = result["duration_us"] / 1e6
    requests = result["requests"]

    def microseconds(time):
        return time * 1e6 / requests

    server_busy = server_core_after.busy - server_core.busy
    client_idle = client_core_after.idle - client_core.idle
    return {
        "requests": requests,
        "seconds": duration,
        "bytes": result["bytes"],
        "requests_per_second": requests / duration,
        "cpu_us": microseconds(used.total),
        "cpu_user_us": microseconds(used.user),
        "cpu_system_us": microseconds(used.system),
        "p50_us": result["p50_us"],
        "p99_us": result["p99_us"],
        "errors": {kind: count for kind, count in result["errors"].items() if count},
        "server_share": used.total / duration,
        "client_share": client_seconds / duration,
        "client_core_idle": client_idle / duration,
        # What others took of the server's core, and what the hypervisor took of both.
        "others_share": max(0.0, server_busy - used.total) / duration,
        "steal_share": (server_core_after.steal - server_core.steal + client_core_after.steal -
                        client_core.steal) / duration,
    }


def client_was_the_limit(rounds):
    """Whether, in most rounds, wrk had all it could get of its core while the server had room."""
    full = sum(1 for r in rounds
               if (r["client_share"] >= 0.97 or
                   (r["client_core_idle"] <= 0.03 and r["client_share"] >= 0.8))
               and r["server_share"] < 0.97)
    return full * 2 > len(rounds)
