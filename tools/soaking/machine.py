"""What a scenario needs of the machine beyond processes: a network and mounts of its own, packets,
a control group. As root only; where something is missing it raises Skip with the reason."""

import ctypes
import fcntl
import multiprocessing
import os
import random
import shutil
import socket
import struct
import subprocess
import time

from .processes import Skip, end_with_parent

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_MS_REC_PRIVATE = 0x44000
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1


def isolate():
    """Gives this process, and those that it starts, a network with nothing but a loopback device,
    and mounts of its own, which end with it. False where that is not allowed."""
    if _LIBC.unshare(_CLONE_NEWNET | _CLONE_NEWNS) != 0:
        return False
    _LIBC.mount(b"none", b"/", None, _MS_REC_PRIVATE, None)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
    return True


def mount_memory_disk(folder, size):
    """A new folder that is a disk of `size` in memory (tmpfs)."""
    os.makedirs(folder)
    if _LIBC.mount(b"none", folder.encode(), b"tmpfs", 0, b"size=" + size.encode()) != 0:
        raise Skip(f"mount of a tmpfs: {os.strerror(ctypes.get_errno())}")


def mount_full_disk(folder):
    """A file on a disk that has no byte left."""
    mount_memory_disk(folder, "64k")
    path = os.path.join(folder, "log")
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return path
    raise Skip("the small tmpfs does not fill up")


def unmount(folder):
    _LIBC.umount2(folder.encode(), 2)


# --- SYN flood ------------------------------------------------------------------------------------

_NETWORK = "203.0.113"  # RFC 5737: an example, nobody's
SERVER_ADDRESS = f"{_NETWORK}.1"
_STRANGERS = range(2, 250)
_NEAR = "02:00:00:00:00:01"
_FAR = "02:00:00:00:00:02"


def _ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skip(f"ip {' '.join(words)}: {done.stderr.strip()}")


def make_silent_network():
    """A pair of devices: whoever sends from the far end seems to be one of many machines, none of
    which takes notice of an answer."""
    if not shutil.which("ip"):
        raise Skip("there is no ip on PATH")
    _ip("link", "add", "near", "address", _NEAR, "type", "veth",
        "peer", "name", "far", "address", _FAR)
    _ip("address", "add", f"{SERVER_ADDRESS}/24", "dev", "near")
    _ip("link", "set", "near", "up")
    _ip("link", "set", "far", "up")
    for host in _STRANGERS:
        _ip("neighbour", "add", f"{_NETWORK}.{host}", "lladdr", _FAR, "dev", "near")
    # Clients on this address come by the loopback device, but their ports wait as for strangers.
    with open("/proc/sys/net/ipv4/tcp_tw_reuse", "w", encoding="ascii") as file:
        file.write("1")


def remove_silent_network():
    subprocess.run(["ip", "link", "delete", "near"], capture_output=True, check=False)


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def _syn(generator, ethernet, port):
    source = socket.inet_aton(f"{_NETWORK}.{generator.choice(_STRANGERS)}")
    target = socket.inet_aton(SERVER_ADDRESS)
    tcp = struct.pack("!HHIIBBHHHBBH", generator.randrange(1024, 65536), port,
                      generator.getrandbits(32), 0, 6 << 4, 0x02, 64240, 0, 0, 2, 4, 1460)
    pseudo = source + target + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", _checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), generator.getrandbits(16), 0, 64,
                     socket.IPPROTO_TCP, 0, source, target)
    ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
    return ethernet + ip + tcp


class SynFlood:
    """SYN segments from the far end, in bursts, for so many seconds at most."""

    BURST = 500
    PAUSE = 0.02

    def __init__(self, port, seconds, seed):
        context = multiprocessing.get_context("fork")
        self._sent = context.Value("q", 0)
        self._process = context.Process(target=self._send, args=(port, seconds, seed))
        self._process.start()

    def _send(self, port, seconds, seed):
        end_with_parent()
        generator = random.Random(seed)
        ethernet = bytes.fromhex((_NEAR + _FAR).replace(":", "")) + b"\x08\x00"
        until = time.monotonic() + seconds
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind(("far", 0))
            while time.monotonic() < until:
                for _ in range(self.BURST):
                    wire.send(_syn(generator, ethernet, port))
                    self._sent.value += 1
                time.sleep(self.PAUSE)

    def stop(self):
        """The number of segments that were sent."""
        self._process.terminate()
        self._process.join()
        return self._sent.value


def network_counters(*names):
    """Of the kernel's TCP, for this network alone."""
    with open("/proc/net/netstat", encoding="ascii") as file:
        lines = [line.split() for line in file if line.startswith("TcpExt:")]
    values = dict(zip(lines[0][1:], map(int, lines[1][1:])))
    return {name: values.get(name, 0) for name in names}


# --- control group --------------------------------------------------------------------------------


class MemoryGroup:
    """A control group of its own for a server, version 1 or 2 as the machine has it."""

    def __init__(self):
        reasons = []
        for parent, limit, usage, events in self._places():
            path = os.path.join(parent, f"spate-soak-{os.getpid()}")
            try:
                os.mkdir(path)
            except OSError as error:
                reasons.append(f"{path}: {error.strerror}")
                continue
            if os.path.exists(os.path.join(path, limit)):
                self._path, self._limit, self._usage, self._events = path, limit, usage, events
                return
            os.rmdir(path)
            reasons.append(f"{path}: no {limit}")
        raise Skip("no control group for memory: " + ("; ".join(reasons) or "none is mounted"))

    @staticmethod
    def _places():
        own = {}
        with open("/proc/self/cgroup", encoding="ascii") as file:
            for line in file:
                _, controllers, path = line.strip().split(":", 2)
                own[controllers] = path.lstrip("/")
        version_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.failcnt")
        version_2 = ("memory.max", "memory.current", "memory.events")
        mounts = []
        with open("/proc/mounts", encoding="utf-8") as file:
            for line in file:
                _, place, kind, options = line.split()[:4]
                if kind == "cgroup" and "memory" in options.split(","):
                    mounts.append((place, own.get("memory", ""), *version_1))
                elif kind == "cgroup2":
                    mounts.append((place, own.get("", ""), *version_2))
        for place, path, *names in mounts:
            for parent in dict.fromkeys((os.path.join(place, path), place)):
                yield (parent, *names)

    def join(self):
        """Puts the calling process into the group."""
        with open(os.path.join(self._path, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write(str(os.getpid()))

    def usage(self):
        with open(os.path.join(self._path, self._usage), encoding="ascii") as file:
            return int(file.read())

    def limit(self, size):
        with open(os.path.join(self._path, self._limit), "w", encoding="ascii") as file:
            file.write(str(size))

    def times_full(self):
        """How often the limit was met, so that the kernel had to take pages back."""
        with open(os.path.join(self._path, self._events), encoding="ascii") as file:
            text = file.read()
        if text.strip().isdigit():
            return int(text)
        return int(dict(line.split() for line in text.splitlines())["max"])

    def remove(self):
        os.rmdir(self._path)
