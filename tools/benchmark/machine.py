"""Facts of the machine and of the programs, so that a number can be judged later."""

import datetime
import os
import platform
import subprocess

from .processes import Failure


def _read(path, default=""):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return default


def _run(*argv, cwd=None, statuses=(0,)):
    """The output of a program, or "" if it cannot be had or ends with another status."""
    try:
        done = subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode in statuses else ""


def _first_line(text):
    return text.split("\n")[0].strip()


def _siblings(cpu):
    """Processors that share a physical core with this one, itself among them."""
    text = _read(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", str(cpu))
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def choose_cpus():
    """The processors for the server and the client, on two physical cores if possible."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise Failure(f"only CPU {allowed[0]} may be used here; the server and wrk need one each")
    server = allowed[0]
    apart = [cpu for cpu in allowed if cpu not in _siblings(server)]
    return server, (apart or allowed[1:])[0]


def _cpu_model():
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _vulnerabilities():
    folder = "/sys/devices/system/cpu/vulnerabilities"
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    states = {name: _read(os.path.join(folder, name)) for name in names}
    return {name: state for name, state in states.items() if state != "Not affected"}


def _compiler(build):
    cache = {}
    for line in _read(os.path.join(build, "CMakeCache.txt")).splitlines():
        key, separator, value = line.partition("=")
        if separator:
            cache[key.partition(":")[0]] = value
    compiler = cache.get("CMAKE_CXX_COMPILER")
    if not compiler:
        return "", ""
    kind = cache.get("CMAKE_BUILD_TYPE", "")
    flags = " ".join([cache.get("CMAKE_CXX_FLAGS", ""),
                      cache.get(f"CMAKE_CXX_FLAGS_{kind.upper()}", "")]).strip()
    return _first_line(_run(compiler, "--version")), f"{kind}: {flags}"


def facts(repository, build, cpus, programs):
    """programs: paths by name, of "wrk" and whichever of "nginx" and "spate" are measured."""
    server_cpu, client_cpu = cpus
    compiler, flags = _compiler(build)
    thp = _read("/sys/kernel/mm/transparent_hugepage/enabled")
    nginx = _run(programs["nginx"], "-v") if "nginx" in programs else ""
    spate = _run(programs["spate"], "--version") if "spate" in programs else ""
    return {
        "type": "machine",
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "revision": _run("git", "rev-parse", "HEAD", cwd=repository),
        "modified": bool(_run("git", "status", "--porcelain", cwd=repository)),
        "cpu": _cpu_model(),
        "cpus_online": os.cpu_count(),
        "cpus_allowed": sorted(os.sched_getaffinity(0)),
        "server_cpu": server_cpu,
        "client_cpu": client_cpu,
        "same_physical_core": client_cpu in _siblings(server_cpu),
        "virtual": " hypervisor" in _read("/proc/cpuinfo"),
        "governor": _read(f"/sys/devices/system/cpu/cpu{server_cpu}/cpufreq/scaling_governor"),
        "isolated_cpus": _read("/sys/devices/system/cpu/isolated"),
        "mitigations": _vulnerabilities(),
        "kernel": f"{platform.release()} {platform.version()}",
        "congestion_control": _read("/proc/sys/net/ipv4/tcp_congestion_control"),
        "somaxconn": _read("/proc/sys/net/core/somaxconn"),
        "io_uring_disabled": _read("/proc/sys/kernel/io_uring_disabled"),
        "transparent_huge_pages": thp[thp.find("[") + 1:thp.find("]")] if "[" in thp else thp,
        "load_average": os.getloadavg()[0],
        "compiler": compiler,
        "build": flags,
        "spate": _first_line(spate),
        "wrk": _first_line(_run(programs["wrk"], "-v", statuses=(0, 1))).partition(" Copyright")[0],
        "nginx": _first_line(nginx).partition("version: ")[2],
        "python": platform.python_version(),
    }


def describe(facts):
    """The facts a reader needs beside the tables, as lines."""
    place = "a virtual machine" if facts["virtual"] else "bare metal"
    lines = [
        f"{facts['date']}, revision {facts['revision'][:12] or 'unknown'}"
        f"{' with local changes' if facts['modified'] else ''}",
        f"{facts['cpu']}, {len(facts['cpus_allowed'])} CPUs usable, {place}; "
        f"server on CPU {facts['server_cpu']}, wrk on CPU {facts['client_cpu']}",
        f"Linux {facts['kernel'].split(' ')[0]}, congestion control "
        f"{facts['congestion_control']}, load average {facts['load_average']:.2f}",
        "; ".join(filter(None, [facts["spate"], facts["compiler"], facts["build"], facts["wrk"],
                                facts["nginx"]])),
    ]
    if facts["same_physical_core"]:
        lines.append("server and client share one physical core: expect both to be slower")
    return lines
