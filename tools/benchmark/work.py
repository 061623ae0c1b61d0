"""What is measured: the files, and the requests made for them."""

import os


def body_of(size):
    """Letters in order: the same bytes that the floors send from memory."""
    letters = b"abcdefghijklmnopqrstuvwxyz"
    return (letters * (size // len(letters) + 1))[:size]


class Work:
    """One work item: a file and a way to ask for it."""

    def __init__(self, name, title, size, depth=1, close=False, idle=0):
        self.name = name
        self.title = title
        self.size = size    # bytes of the file
        self.depth = depth  # requests written at once
        self.close = close  # a new connection per request
        self.idle = idle    # connections that stay idle: memory is measured, not speed
        self.file_name = f"{size}.bin"
        self.target = "/" + self.file_name
        self.body = body_of(size)


CONNECTIONS = 64
IDLE_CONNECTIONS = 8000

WORKS = [
    Work("file-128", "128 B, keep-alive", 128),
    Work("file-4k", "4 KiB, keep-alive", 4096),
    Work("file-64k", "64 KiB, keep-alive", 65536),
    Work("file-1m", "1 MiB, keep-alive", 1048576),
    Work("pipelined", "128 B, keep-alive, 16 requests at once", 128, depth=16),
    Work("new-connection", "128 B, a new connection per request", 128, close=True),
    Work("idle-memory", f"memory of {IDLE_CONNECTIONS} idle keep-alive connections", 128,
         idle=IDLE_CONNECTIONS),
]
QUICK_WORKS = ["file-128", "file-64k", "pipelined"]


def write_files(root):
    for size in {work.size for work in WORKS}:
        path = os.path.join(root, f"{size}.bin")
        with open(path, "wb") as file:
            file.write(body_of(size))
        # Written long ago, as most files are: nobody has to doubt the time stamp.
        os.utime(path, (1700000000, 1700000000))
