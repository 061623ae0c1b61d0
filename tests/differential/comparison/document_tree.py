"""The files that every server serves, and their names in verdicts."""

import contextlib
import gzip
import os
import socket
import stat

MODIFIED = 1700000000  # 2023-11-14 22:13:20 GMT
LARGE_SIZE = (5 << 30) + 3
# Runs of bytes in the large file, which is a hole elsewhere.
_MARKS = {0: b"first bytes", (1 << 32) - 4: b"around 4 GiB", LARGE_SIZE - 4: b"last"}
LONGEST_NAME = "n" * 255
DEEP = "/".join(f"level{i}" for i in range(60))
# What a file name can hold, in groups of one request each; "/" and NUL it can not.
BYTES = [bytes([byte]) for byte in range(1, 256) if byte != ord("/")]


def byte_file(byte):
    return b"byte-" + byte + b".txt"


def _files():
    """Name to content. What is not empty differs, so that it tells which file a body is."""
    files = {
        "plain.txt": b"All that is in here is this line of plain text.\n",
        "after.txt": b"The request after the case.\n",
        "smuggled.txt": b"A body was read as a request.\n",
        "wide.txt": b"".join(b"%4d\n" % number for number in range(2000)),
        "empty.txt": b"",
        "one.txt": b"1",
        "index.html": b"<!doctype html><title>The root</title>\n",
        "directory/index.html": b"<!doctype html><title>A directory</title>\n",
        "directory/.env": b"SECRET=1\n",
        "bare/file.txt": b"In a directory without an index.\n",
        "coded/index.html": b"<!doctype html><title>A directory with siblings</title>\n",
        "coded/index.html.gz": gzip.compress(b"The index of a directory in gzip.", mtime=0),
        "coded.txt": b"Once as it is. " * 40,
        "coded.txt.gz": gzip.compress(b"Once as it is. " * 40, mtime=0),
        "coded.txt.br": b"This stands for Brotli.",
        "coded.txt.zst": b"This stands for Zstandard.",
        "gzip.txt": b"Only gzip. " * 40,
        "gzip.txt.gz": gzip.compress(b"Only gzip. " * 40, mtime=0),
        "stale.txt": b"Newer than its sibling. " * 40,
        "stale.txt.gz": gzip.compress(b"Older than its original.", mtime=0),
        "odd.txt": b"Its siblings are no files to serve. " * 40,
        "odd.txt.gz/file.txt": b"A directory where a sibling would be.\n",
        "odd.txt.zst": b"",
        "orphan.txt.gz": gzip.compress(b"There is no original.", mtime=0),
        ".hidden": b"hidden\n",
        ".git/config": b"[core]\n",
        ".well-known/security.txt": b"Contact: mailto:security@example.org\n",
        ".well-known/.hidden": b"hidden too\n",
        "..txt": b"Begins with two dots.\n",
        "...": b"Three dots.\n",
        "a..b.txt": b"Dots within.\n",
        "dot.": b"A dot at the end.\n",
        "100%.txt": b"A percent sign.\n",
        "%41.txt": b"A triplet that is not decoded twice.\n",
        "A.txt": b"What decoding twice would find.\n",
        "%2e%2e": b"Named like encoded dots.\n",
        "a+b.txt": b"A plus sign.\n",
        "a b.txt": b"A space.\n",
        "a;b.txt": b"A semicolon.\n",
        "a\\b.txt": b"A backslash.\n",
        "~user": b"A tilde.\n",
        "gr\u00fcn.txt": "Grün, composed.\n".encode(),
        "\u65e5\u672c\u8a9e.txt": "日本語\n".encode(),
        "Case.txt": b"A capital letter.\n",
        "con": b"Not a device here.\n",
        "no-extension": b"No extension.\n",
        LONGEST_NAME: b"The longest name.\n",
        DEEP + "/bottom.txt": b"Deep down.\n",
    }
    encoded = {os.fsencode(name): content for name, content in files.items()}
    for byte in BYTES:
        encoded[byte_file(byte)] = b"byte %d\n" % byte[0]
    return encoded


class DocumentTree:
    """Writes the tree below a folder, with something outside of it that must not be served."""

    def __init__(self, folder):
        self.root = os.path.join(folder, "root")
        outside = os.path.join(folder, "outside")
        os.makedirs(outside)
        root = os.fsencode(self.root)
        self._labels = {}  # content to name
        self._contents = {}
        for name, content in _files().items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._write(path, content)
            self._labels.setdefault(content, name.decode("utf-8", "backslashreplace"))
            self._contents.setdefault(len(content), []).append(content)
        secret = b"Outside of the root.\n"
        self._labels[secret] = "SECRET"
        self._write(os.fsencode(os.path.join(outside, "secret.txt")), secret)
        os.utime(os.path.join(self.root, "stale.txt.gz"), (MODIFIED - 3600, MODIFIED - 3600))
        self._write_large()
        self._write_special(outside)

    def label(self, body):
        if len(body) > LARGE_SIZE // 4096:
            return "large.bin"
        return self._labels.get(bytes(body), f"?{len(body)}")

    def label_of_part(self, first, last, size, body):
        """The name of the file that has `size` bytes and these at this place."""
        if size == LARGE_SIZE:
            with open(os.path.join(self.root, "large.bin"), "rb") as file:
                file.seek(first)
                return "large.bin" if file.read(last - first + 1) == body else "?"
        for content in self._contents.get(size, []):
            if content[first:last + 1] == body:
                return self._labels[content]
        return "?"

    @staticmethod
    def _write(path, content):
        with open(path, "wb") as file:
            file.write(content)
        os.utime(path, (MODIFIED, MODIFIED))

    def _write_large(self):
        path = os.path.join(self.root, "large.bin")
        with open(path, "wb") as file:
            for offset, mark in _MARKS.items():
                file.seek(offset)
                file.write(mark)
        os.utime(path, (MODIFIED, MODIFIED))

    def _write_special(self, outside):
        def place(name):
            return os.path.join(self.root, name)

        os.symlink("plain.txt", place("link-inside.txt"))
        os.symlink(place("plain.txt"), place("link-inside-absolute.txt"))
        os.symlink("directory", place("link-directory"))
        os.symlink("../outside/secret.txt", place("link-outside.txt"))
        os.symlink(os.path.join(outside, "secret.txt"), place("link-outside-absolute.txt"))
        os.symlink("../outside", place("link-outside-directory"))
        os.symlink("../outside/secret.txt", place("odd.txt.br"))
        os.symlink("link-loop", place("link-loop"))
        os.symlink("nowhere", place("link-dangling"))
        os.symlink("../root/plain.txt", place("link-out-and-in.txt"))
        os.mkfifo(place("fifo"))
        with socket.socket(socket.AF_UNIX) as listener:
            # The path of a socket is short; that of a temporary folder may not be.
            here = os.open(self.root, os.O_PATH)
            try:
                listener.bind(f"/proc/self/fd/{here}/socket")
            finally:
                os.close(here)
        self._write(place("unreadable.txt"), b"Nobody may read this.\n")
        os.chmod(place("unreadable.txt"), 0)
        os.mkdir(place("unreadable"))
        self._write(place("unreadable/file.txt"), b"Nor this.\n")
        os.chmod(place("unreadable"), stat.S_IWUSR)

    def release(self):
        """Ends the wait of a server that opened the FIFO to read it."""
        with contextlib.suppress(OSError):
            os.close(os.open(os.path.join(self.root, "fifo"), os.O_WRONLY | os.O_NONBLOCK))

    def remove_obstacles(self):
        """Makes it possible to delete the tree."""
        os.chmod(os.path.join(self.root, "unreadable"), stat.S_IRWXU)
