"""A server that somebody else has started: `tools/bench --against URL`.

It is asked like the others. What it uses is known if it runs on this machine and its processes can
be seen; it keeps the processors that it has.
"""

import os
import socket
import urllib.parse

from .processes import Failure, memory_of, tree_of, usage_of


class Running:
    """Stands beside processes.Server; stop() leaves it running."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise Failure(f"--against {url}: not a URL that begins with http:// and names a host")
        self.host = parts.hostname
        self.port = parts.port or 80
        self.prefix = parts.path.rstrip("/")
        self.name = f"{self.host}:{self.port}"
        self.argv = [url]
        self.is_local = _is_local(self.host)
        self._root = _listener_of(self.port) if self.is_local else None

    def output(self):
        return ""

    def has_ended(self):
        return False

    def pids(self):
        return tree_of(self._root) if self._root else []

    def cpus(self):
        """The processors that it may use; None if its processes can not be seen."""
        return sorted(os.sched_getaffinity(self._root)) if self._root else None

    def usage(self):
        return usage_of(self.pids()) if self._root else None

    def memory(self):
        return memory_of(self.pids()) if self._root else None

    def stop(self):
        """Nothing: who started it ends it."""


def _is_local(host):
    try:
        return socket.gethostbyname(host).startswith("127.")
    except OSError as error:
        raise Failure(f"--against: {host}: {error}") from error


def _listening_inodes(port):
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return inodes


def _holds(pid, inodes):
    try:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            if os.readlink(entry.path) in inodes:
                return True
    except OSError:  # ended meanwhile, or somebody else's
        pass
    return False


def _listener_of(port):
    """The oldest process that listens on the port; None if none can be seen."""
    inodes = _listening_inodes(port)
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    return next((pid for pid in pids if _holds(pid, inodes)), None)
