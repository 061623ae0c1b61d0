"""Facts of the machine and of the programs, so that a number can be judged later."""

import dataclasses
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


@dataclasses.dataclass(frozen=True)
class Cpus:
    """Processors by number: those of the servers, those of the load generator, and all that may be
    used, whole cores first."""

    server: frozenset
    client: frozenset
    allowed: tuple


def choose_cpus(cores):
    """`cores` processors for the server and as many for the client, each on a physical core of its
    own if possible."""
    allowed = sorted(os.sched_getaffinity(0))
    firsts = [cpu for cpu in allowed if cpu == min(_siblings(cpu) & set(allowed))]
    ordered = firsts + [cpu for cpu in allowed if cpu not in firsts]
    if len(ordered) < 2 * cores:
        raise Failure(f"{len(ordered)} CPUs may be used here; the servers and the load generator "
                      f"need {cores} each")
    return Cpus(frozenset(ordered[:cores]), frozenset(ordered[cores:2 * cores]), tuple(ordered))


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


def facts(repository, build, cpus, programs, arguments):
    """programs: paths by name, of the load generators and "spate"; arguments: of tools/bench."""
    compiler, flags = _compiler(build)
    thp = _read("/sys/kernel/mm/transparent_hugepage/enabled")
    first = min(cpus.server)
    return {
        "type": "machine",
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "arguments": arguments,
        "revision": _run("git", "rev-parse", "HEAD", cwd=repository),
        # Where this run may be writing its own results is no change of what it measures.
        "modified": bool(_run("git", "status", "--porcelain", "--", ".", ":!bench/results",
                              cwd=repository)),
        "cpu": _cpu_model(),
        "cpus_online": os.cpu_count(),
        "cpus_allowed": sorted(cpus.allowed),
        "server_cpus": sorted(cpus.server),
        "client_cpus": sorted(cpus.client),
        "same_physical_core": any(_siblings(cpu) & cpus.client for cpu in cpus.server),
        "memory": _read("/proc/meminfo").partition("\n")[0].partition(":")[2].strip(),
        "virtual": " hypervisor" in _read("/proc/cpuinfo"),
        "governor": _read(f"/sys/devices/system/cpu/cpu{first}/cpufreq/scaling_governor"),
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
        "spate": _first_line(_run(programs["spate"], "--version")) if "spate" in programs else "",
        "wrk": _first_line(_run(programs["wrk"], "-v", statuses=(0, 1))).partition(" Copyright")[0],
        "h2load": _first_line(_run(programs["h2load"], "--version")),
        "python": platform.python_version(),
    }


def _numbers(cpus):
    return f"CPU{'s' if len(cpus) > 1 else ''} {', '.join(map(str, cpus))}"


def describe(facts):
    """The facts a reader needs beside the tables, as lines."""
    place = "a virtual machine" if facts["virtual"] else "bare metal"
    lines = [
        f"{facts['date']}, revision {facts['revision'][:12] or 'unknown'}"
        f"{' with local changes' if facts['modified'] else ''}",
        f"{facts['cpu']}, {len(facts['cpus_allowed'])} CPUs usable, {place}; "
        f"servers on {_numbers(facts['server_cpus'])}, load generator on "
        f"{_numbers(facts['client_cpus'])}",
        f"Linux {facts['kernel'].split(' ')[0]}, congestion control "
        f"{facts['congestion_control']}, load average {facts['load_average']:.2f} before",
        "; ".join(filter(None, [facts["spate"], facts["compiler"], facts["build"], facts["wrk"],
                                facts["h2load"]])),
    ]
    if facts["same_physical_core"]:
        lines.append("servers and load generator share a physical core: expect both to be slower")
    return lines
