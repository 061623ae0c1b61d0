"""What is served: files whose bytes tell which version they are, so that every body can be judged.

A file begins with the SHA-256 of all that follows, its name and the number of its version: a
mixture of two versions has no right hash. When each version came and went is kept in memory that
the processes of the clients share, so a body must also be of a version that was there at the time.
"""

import hashlib
import mmap
import os
import random
import time

PAGE = 4096
# Small ones are kept in memory by spate, larger ones are kept open (beyond 16 KiB).
SIZES = [100, 1_000, 4_000, 12_000, 15_000, 20_000, 70_000, 300_000, 1_000_000]
_SMALL = 100_000
# Files that are cut and extended in place, by whole pages, where the page cache has single pages
# (tmpfs): of a larger unit the kernel zeroes the part behind the cut, also in what it holds for a
# send already (seen with ext4 on 6.18), so a response that is under way can end in zeros.
CUT_PAGES = [2, 20, 400]
LARGE = "large.bin"  # for slow readers: more than a socket buffers
_LARGE_SIZE = 8_000_000
_SPARSE_SIZE = 4_000_000  # a head and a hole: pages in memory and hardly any on the disk

# spate promises new content within a second.
FRESHNESS = 1.0
_VERSIONS_KEPT = 4096  # of each file; a version that is older than those is too old anyway
_NOISE = random.Random(1).randbytes(2_000_000)
_DIGEST = 64


def size_of(name, number):
    """Of one version of a file; it differs from that of its neighbours."""
    if name == LARGE:
        size = _LARGE_SIZE
    elif name.startswith("sparse/"):
        size = _SPARSE_SIZE
    else:
        size = SIZES[int(name.partition(".")[0]) % len(SIZES)]
    return size + 13 * (number % 7)


def body_of(name, number):
    """Noise that is shifted by the version; zeros behind it, where it is longer than the noise."""
    told = f" {name} {number}\n".encode("ascii")
    left = size_of(name, number) - _DIGEST - len(told)
    offset = (number * 7919) % 100_000
    filler = b"" if name.startswith("sparse/") else _NOISE[offset:offset + left]
    filler += bytes(left - len(filler))
    return hashlib.sha256(told + filler).hexdigest().encode("ascii") + told + filler


def version_in(body, name):
    """The number of the version that a body says it is; None if it is not that, byte for byte."""
    if hashlib.sha256(memoryview(body)[_DIGEST:]).hexdigest().encode("ascii") != body[:_DIGEST]:
        return None
    told = bytes(body[_DIGEST:body.find(b"\n", _DIGEST)]).decode("ascii", "replace").split()
    if len(told) != 2 or told[0] != name or not told[1].isdigit():
        return None
    return int(told[1])


class Content:
    """The files below `root`. One process changes them, any that was forked from it can judge."""

    def __init__(self, root, slack, copies=4, sparse=0, cut=True):
        """slack: seconds beyond the promise that a busy machine may need. cut: root/cut is there
        and files in it can be changed in place."""
        self.root = root
        self.names = [f"{number}.bin" for number in range(copies * len(SIZES))] + [LARGE]
        self.small_names = [name for name in self.names[:-1] if size_of(name, 0) <= _SMALL]
        self.sparse_names = [f"sparse/{number}.bin" for number in range(sparse)]
        self.cut_names = [f"cut/{number}.bin" for number in range(len(CUT_PAGES))] if cut else []
        self.slack = slack
        self.replaced = 0
        versioned = self.names + self.sparse_names
        self._index = {name: index for index, name in enumerate(versioned)}
        count = len(versioned)
        shared = memoryview(mmap.mmap(-1, 8 * count * (1 + 2 * _VERSIONS_KEPT))).cast("d")
        self._latest = shared[:count]
        self._began = shared[count:count * (1 + _VERSIONS_KEPT)]
        self._done = shared[count * (1 + _VERSIONS_KEPT):]
        os.makedirs(os.path.join(root, "sparse"))
        for name in versioned:
            self._put(name, 0)
        for name, pages in zip(self.cut_names, CUT_PAGES):
            with open(os.path.join(root, name), "wb") as file:
                file.write(_NOISE[:pages * PAGE])

    def _slot(self, name, number):
        return self._index[name] * _VERSIONS_KEPT + number % _VERSIONS_KEPT

    def _put(self, name, number):
        path = os.path.join(self.root, name)
        body = body_of(name, number)
        with open(path + "~", "wb") as file:
            file.write(body.rstrip(b"\0"))
            file.truncate(len(body))
        slot = self._slot(name, number)
        self._done[slot] = 0
        self._began[slot] = time.monotonic()
        self._latest[self._index[name]] = number
        os.rename(path + "~", path)
        self._done[slot] = time.monotonic()

    def replace(self, name):
        """The next version takes the place of this one by renaming."""
        self.replaced += 1
        self._put(name, int(self._latest[self._index[name]]) + 1)

    def cut(self, name, generator):
        """Truncates a file in place, or extends it, to whole pages of the same noise."""
        most = CUT_PAGES[self.cut_names.index(name)] * PAGE
        size = generator.randint(1, most // PAGE) * PAGE
        with open(os.path.join(self.root, name), "r+b") as file:
            old = file.seek(0, os.SEEK_END)
            if size < old:
                file.truncate(size)
            else:
                file.write(_NOISE[old:size])

    def judge(self, name, body, asked_at, received_at):
        """What is wrong with a body ('' if nothing), and for how many seconds its version had been
        gone when it was asked for."""
        if name in self.cut_names:
            if len(body) % PAGE or bytes(body) != _NOISE[:len(body)]:
                return f"{name}: {len(body)} bytes that it never had", 0.0
            return "", 0.0
        number = version_in(body, name)
        if number is None:
            return f"{name}: {len(body)} bytes are no version of it: {bytes(body[:90])!r}", 0.0
        if len(body) != size_of(name, number):
            return f"{name}: version {number} in {len(body)} bytes", 0.0
        latest = int(self._latest[self._index[name]])
        if number > latest or self._began[self._slot(name, number)] > received_at:
            return f"{name}: version {number} came before it was there", 0.0
        if number == latest:
            return "", 0.0
        if latest - number >= _VERSIONS_KEPT:
            return f"{name}: version {number} of long ago, now {latest}", 0.0
        gone = self._done[self._slot(name, number + 1)]
        age = asked_at - gone if gone else 0.0
        if age > FRESHNESS + self.slack:
            return f"{name}: version {number} had been replaced for {age:.2f} s", age
        return "", max(0.0, age)
