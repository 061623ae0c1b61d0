"""Starting servers, measuring them from outside, and ending them, whatever happens.

Every server is named by its process id and its descendants' and is ended by those. A server that
outlives its driver (killed hard) is ended by the kernel: PR_SET_PDEATHSIG.
"""

import ctypes
import os
import resource
import signal
import subprocess
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """What a person has to read: one message that says what happened and what to do."""


def raise_descriptor_limit():
    """Lets this process and the servers it starts use all descriptors that the hard limit allows.
    Returns that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def child_setup(cpus):
    """What runs in a child before its program: its processors, and its end with this process."""

    def setup():
        os.sched_setaffinity(0, cpus)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return setup


def processor_time(pid):
    """Processor seconds of a process so far: all its threads, the kernel's io_uring workers among
    them, and those that have ended; exact to the nanosecond."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def tree_of(root):
    """A process and its descendants, parents first."""
    found = [root]
    for pid in found:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                    found.extend(int(child) for child in children.read().split())
        except OSError:
            continue  # ended meanwhile
    return found


class Usage:
    """What a process tree has used so far. Seconds; total is exact, user and system are its parts
    in the proportion that the kernel's tick sampling found (10 ms)."""

    def __init__(self, total, user, system):
        self.total = total
        self.user = user
        self.system = system

    def plus(self, *others):
        usages = [self, *others]
        return Usage(sum(usage.total for usage in usages), sum(usage.user for usage in usages),
                     sum(usage.system for usage in usages))

    def since(self, earlier):
        total = self.total - earlier.total
        user = self.user - earlier.user
        system = self.system - earlier.system
        sampled = user + system
        share = user / sampled if sampled > 0 else 0.0
        return Usage(total, total * share, total * (1 - share))


def usage_of(pids):
    total = user = system = 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    for pid in pids:
        total += processor_time(pid)
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
        user += int(fields[11]) / ticks
        system += int(fields[12]) / ticks
    return Usage(total, user, system)


def waited(pids):
    """Seconds that the threads of processes have been ready to run and had no processor, so far;
    None where the kernel does not count them."""
    total = 0
    try:
        for pid in pids:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as stat:
                    total += int(stat.read().split()[1])
    except OSError:
        return None
    return total / 1e9


class Memory:
    """Resident memory of a process tree in bytes.

    user: what the processes would not share with any other instance: anonymous and shared memory
    and dirty pages of files, each page split between the processes that map it. Program text and
    clean file pages are in rss and pss only.
    """

    def __init__(self, rss=0, pss=0, private=0, anonymous=0, user=0):
        self.rss = rss
        self.pss = pss
        self.private = private
        self.anonymous = anonymous
        self.user = user

    def __add__(self, other):
        return Memory(*(a + b for a, b in zip(self.values(), other.values())))

    def values(self):
        return (self.rss, self.pss, self.private, self.anonymous, self.user)

    def as_json(self):
        return dict(zip(("rss", "pss", "private", "anonymous", "user"), self.values()))


class Server:
    """A running server, pinned to some processors. Ends with stop()."""

    def __init__(self, name, argv, port, cpus, log_path):
        self.name = name
        self.argv = argv
        self.host = "127.0.0.1"
        self.port = port
        self.prefix = ""  # of every path that is asked for
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.began = time.monotonic()
            try:
                self.process = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    start_new_session=True, preexec_fn=child_setup(set(cpus)))
            except OSError as error:
                raise Failure(f"{name}: cannot start {argv[0]}: {error.strerror}") from error

    def output(self):
        with open(self.log_path, "rb") as log:
            return log.read().decode("utf-8", "replace").strip()

    def has_ended(self):
        return self.process.poll() is not None

    def pids(self):
        """The process and its descendants, parents first."""
        return tree_of(self.process.pid)

    def usage(self):
        return usage_of(self.pids())

    def memory(self):
        return memory_of(self.pids())

    def stop(self, patience=5.0):
        """SIGTERM, and SIGKILL for what is left after `patience` seconds. Any number of calls."""
        if self.has_ended():
            return
        pids = self.pids()
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()


def memory_of(pids):
    return sum((_memory_of(pid) for pid in pids), Memory())


def _memory_of(pid):
    kilobytes = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        for line in rollup.readlines()[1:]:
            name, value = line.split()[:2]
            kilobytes[name.rstrip(":")] = int(value)
    huge = kilobytes.get("Private_Hugetlb", 0) + kilobytes.get("Shared_Hugetlb", 0)
    unshared = kilobytes.get("Pss_Anon", kilobytes["Anonymous"]) + kilobytes.get("Pss_Shmem", 0)
    user = max(unshared, kilobytes.get("Pss_Dirty", kilobytes["Private_Dirty"])) + huge
    return Memory(rss=(kilobytes["Rss"] + huge) * 1024,
                  pss=(kilobytes["Pss"] + huge) * 1024,
                  private=(kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) * 1024,
                  anonymous=kilobytes["Anonymous"] * 1024,
                  user=user * 1024)
