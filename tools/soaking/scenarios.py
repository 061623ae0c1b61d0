"""The scenarios: who comes, what happens meanwhile, and which broken connections that explains."""

import os
import resource
import subprocess

from . import machine, visits
from .connection import SILENCES
from .processes import Skip

# What browsers, scripts and the careless do.
_ALL_SORTS = {visits.polite: 6, visits.pipelining: 3, visits.half_closing: 2, visits.trickling: 1,
              visits.aborting: 6, visits.garbling: 1, visits.downloading: 0.3}
_WELL_BEHAVED = {visits.polite: 4, visits.pipelining: 2, visits.half_closing: 1,
                 visits.downloading: 0.2}
# Who was closed after having said nothing for so long.
_SILENT = [f"{how} before the first response, after {limit} s of silence"
           for how in ("closed", "reset") for limit in SILENCES]


class Scenario:
    """explained: kinds of broken connections that are to be expected here, with the reason."""

    name = ""
    title = ""
    visits = _WELL_BEHAVED
    width = 60  # connections at a time of each of two processes
    # A client on a busy machine may be late; nobody is closed for it.
    options = ("--header-timeout", "1m")
    sparse = 0
    explained = {}
    counted = True  # what spate says at its end can be read
    has_strangers = False  # there are clients that are not ours
    stays = True  # one server from start to end, whose memory is to stay the same

    def address(self, port):
        return ("127.0.0.1", port)

    def start(self, run):
        run.start_server()

    def disturb(self, _):
        """Yields seconds between what it does; closed when the time is over."""
        yield from ()

    def judge(self, run):
        """More complaints, and notes."""

    def clean(self, run):
        """Takes back what was done to the machine."""


class Churn(Scenario):
    name = "churn"
    title = "connections come and go by the thousand, and leave at any point"
    visits = _ALL_SORTS
    width = 150


class Replace(Scenario):
    name = "replace"
    title = "files are replaced by renaming, and cut and extended in place, while clients verify"
    visits = {**_WELL_BEHAVED, visits.cutting: 3}
    explained = {
        "closed within a response of a file changed in place":
            "never a mixture: a file that changes while it is sent ends its response",
        "closed between responses of a file changed in place":
            "one that changed while its response waited behind others",
        "closed before the first response of a file changed in place":
            "the same, and it was the first of the connection",
        "reset within a response of a file changed in place":
            "the same, and more requests had come",
        "reset between responses of a file changed in place":
            "the same, and more requests had come",
        "503 with Retry-After for a file changed in place":
            "a small file that is written at each look can not be read whole",
    }

    def start(self, run):
        if not run.setting.content.cut_names:
            # Nothing to cut: see content.py.
            self.visits = _WELL_BEHAVED
            run.notes.append("no files are changed in place: that needs a tmpfs, which only root "
                             "may mount")
        run.start_server()

    def disturb(self, run):
        content = run.setting.content
        replaced = cut = 0
        try:
            while True:
                for _ in range(3):
                    content.replace(run.generator.choice(content.names[:-1]))
                for name in content.cut_names:
                    content.cut(name, run.generator)
                replaced += 3
                cut += len(content.cut_names)
                yield 0.005
        finally:
            run.notes.append(f"{replaced} files replaced, {cut} changed in place")


class Stop(Scenario):
    name = "stop"
    title = "the server is stopped and continued (SIGSTOP, SIGCONT) under load"
    visits = _ALL_SORTS

    def disturb(self, run):
        stops = 0
        try:
            while True:
                yield run.generator.uniform(0.02, 0.3)
                run.pause_server()
                stops += 1
                yield run.generator.uniform(0.02, 0.5)
                run.resume_server()
        finally:
            run.resume_server()
            run.notes.append(f"stopped {stops} times")


class Slow(Scenario):
    name = "slow"
    title = "slowloris, slow bodies and slow readers (slowhttptest) beside others"
    options = ("--header-timeout", "4s", "--body-timeout", "4s", "--write-timeout", "4s")
    has_strangers = True
    explained = {kind: "a head has 4 s to come; the client was late"
                 for kind in _SILENT if ", after 4 s" in kind}
    # slowhttptest asks for the end with its request and so gets it with the answer, whatever is
    # left of its body; the slow bodies that last are ours.
    visits = {**_WELL_BEHAVED, visits.stalling: 0.1}
    # Kinds of slowness, and what spate says of those that it closed for it.
    attacks = {"header": "without a whole head in time", "body": "with too slow a body",
               "read": "with too slow a reader"}
    # A reader is judged after its second period.
    needed_seconds = 14

    def start(self, run):
        if subprocess.run(["which", "slowhttptest"], capture_output=True, check=False).returncode:
            raise Skip("there is no slowhttptest on PATH")
        run.start_server()

    def disturb(self, run):
        url = "http://%s:%d/" % run.address
        seconds = str(max(1, int(run.setting.seconds)))
        # 300 connections each, some bytes a second. A reader asks for more than sockets buffer.
        common = ["-c", "300", "-r", "300", "-i", "1", "-l", seconds]
        commands = {
            "header": ["-H", "-u", url + "0.bin", "-x", "10"],
            "body": ["-B", "-u", url + "0.bin", "-s", "8192", "-x", "10"],
            "read": ["-X", "-u", url + run.setting.content.names[-1], "-w", "512", "-y", "1024",
                     "-n", "1", "-z", "32", "-k", "3"],
        }
        running = {}
        rounds = 0
        try:
            while True:
                for attack, words in commands.items():
                    # One ends when the server has closed all its connections; then the next.
                    if attack not in running or running[attack].poll() is not None:
                        running[attack] = subprocess.Popen(
                            ["slowhttptest", *words, *common], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                        rounds += 1
                yield 0.1
        finally:
            for process in running.values():
                process.kill()
                process.wait()
            run.notes.append(f"slowhttptest was run {rounds} times with 300 connections each")

    def judge(self, run):
        for attack, reason in self.attacks.items():
            if run.setting.seconds >= self.needed_seconds and not run.closed.get(reason):
                run.complaints.append(f"slow {attack}: nobody was closed {reason}")


class SynFlood(Scenario):
    name = "syn"
    title = "bursts of SYN segments from addresses that never answer"
    needed_seconds = 4  # until the queue of half-open connections is full, on a busy machine

    def address(self, port):
        return (machine.SERVER_ADDRESS, port)

    def start(self, run):
        if not run.setting.isolated:
            raise Skip("needs a network of its own, which only root may make")
        machine.make_silent_network()
        run.start_server()

    def disturb(self, run):
        names = ("SyncookiesSent", "TCPReqQFullDoCookies", "ListenOverflows", "ListenDrops")
        before = machine.network_counters(*names)
        flood = machine.SynFlood(run.address[1], run.setting.seconds, run.setting.seed)
        try:
            while True:
                yield 1
        finally:
            sent = flood.stop()
            after = machine.network_counters(*names)
            told = ", ".join(f"{name} {after[name] - before[name]}" for name in names)
            run.notes.append(f"{sent} SYN segments; the kernel counted {told}")
            full = after["SyncookiesSent"] > before["SyncookiesSent"]
            if not full and run.setting.seconds >= self.needed_seconds:
                run.complaints.append("the flood did not fill the queue of half-open connections")

    def clean(self, run):
        if run.setting.isolated:
            machine.remove_silent_network()


class Descriptors(Scenario):
    name = "descriptors"
    title = "more clients than descriptors, and the limit is lowered below what spate counts on"
    visits = {visits.lingering: 4, visits.polite: 2, visits.downloading: 0.2,
              visits.aborting: 2}
    width = 300
    most = 500
    explained = {
        "503 with Retry-After": "no descriptor was left to open the file with",
        "closed between responses": "the longest idle make room for those that wait",
        "reset between responses": "the same, and the next request was on its way",
        **dict.fromkeys(_SILENT, "whoever says nothing for a second makes room as well"),
    }

    def start(self, run):
        run.start_server(descriptors=self.most)
        # UBSan looks at each type of object once, through a pipe, and complains if it gets none.
        run.visit_every_file()

    def _limit(self, run, number):
        run.server.check_alive()
        resource.prlimit(run.server.pid, resource.RLIMIT_NOFILE, (number, run.setting.descriptors))

    def disturb(self, run):
        least = self.most
        try:
            while True:
                limit = run.generator.randint(60, self.most)
                least = min(least, limit)
                self._limit(run, limit)
                yield run.generator.uniform(0.1, 0.6)
        finally:
            self._limit(run, self.most)
            run.notes.append(f"{self.most} descriptors at first, {least} at the least, "
                             f"for {2 * self.width} clients at a time")


class FullDisk(Scenario):
    name = "disk"
    title = "nothing that spate prints can be written: its log is on a full disk"
    visits = _ALL_SORTS
    counted = False

    def _folder(self, run):
        return os.path.join(run.setting.folder, "full")

    def start(self, run):
        log = "/dev/full"
        if run.setting.isolated:
            log = machine.mount_full_disk(self._folder(run))
        disk = "/dev/full" if log == "/dev/full" else "on a full tmpfs"
        run.notes.append(f"standard output and error are {disk}")
        run.start_server(output=log, errors=log)

    def clean(self, run):
        if os.path.isdir(self._folder(run)):
            machine.unmount(self._folder(run))


class MemoryPressure(Scenario):
    name = "memory"
    title = "in a control group whose memory is a fraction of the files that are served"
    visits = {visits.roaming: 6, visits.polite: 4, visits.pipelining: 1, visits.aborting: 1}
    width = 20
    sparse = 80
    options = ("--header-timeout", "1m", "--cache-size", "8M")
    needed_seconds = 8
    room = 48 << 20  # bytes beyond what it uses at the start
    sanitizer_room = 128 << 20  # they need their own

    def __init__(self):
        self._group = None

    def start(self, run):
        self._group = machine.MemoryGroup()
        run.start_server(join=self._group.join)
        room = self.sanitizer_room if run.setting.sanitizer else self.room
        limit = self._group.usage() + room
        self._group.limit(limit)
        run.notes.append(f"limit {limit >> 20} MiB, files of {self.sparse * 4_000_000 >> 20} MiB")

    def judge(self, run):
        times = self._group.times_full()
        run.notes.append(f"the limit was met {times} times")
        if not times and run.setting.seconds >= self.needed_seconds and not run.setting.sanitizer:
            run.complaints.append("memory was never short")

    def clean(self, run):
        if self._group is not None:
            self._group.remove()


class Drain(Scenario):
    name = "drain"
    title = "SIGTERM under load, and another start, again and again"
    stays = False
    visits = {**_WELL_BEHAVED, visits.aborting: 2}
    explained = {
        "refused": "between two servers nobody listens",
        "closed between responses": "a server that ends closes who waits for nothing",
        "reset between responses": "the same, and the next request was on its way",
        "closed before the first response": "the server ended before it saw the request",
        "reset before the first response": "the same, and it had not been accepted or read",
        **dict.fromkeys(_SILENT, "the server ended before it had been asked"),
        "told that the response is the last one": "a server that ends says so",
    }

    def disturb(self, run):
        restarts = 0
        try:
            while True:
                yield run.generator.uniform(0.1, 1.0)
                run.restart_server()
                restarts += 1
        finally:
            run.notes.append(f"{restarts} servers ended with status 0 and were followed by another")


ALL = (Churn, Replace, Slow, SynFlood, Stop, Descriptors, FullDisk, MemoryPressure, Drain)
