"""What is measured: the work items, and the requests that each makes."""

import dataclasses
import os

from . import documents

CONNECTIONS = 64
IDLE_CONNECTIONS = 8000
SENDFILE_FROM = 64 * 1024  # bytes; below that no server would call sendfile

# What Chromium sends for a page and what belongs to it; some 600 bytes.
_BROWSER_FIELDS = (
    "sec-ch-ua: \"Chromium\";v=\"142\", \"Not=A?Brand\";v=\"24\"",
    "sec-ch-ua-mobile: ?0",
    "sec-ch-ua-platform: \"Linux\"",
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-User: ?1",
    "Sec-Fetch-Dest: document",
    "Referer: https://www.example.com/site/index.html",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
)


@dataclasses.dataclass(frozen=True)
class Request:
    """One request, and the bodies that answer it rightly: by content coding, "" for none. Or how
    long the body is, of which any bytes are right."""

    target: str
    bodies: dict
    fields: tuple = ()
    size: int | None = None

    def of_any_bytes(self):
        """The same, where it does not matter which bytes come without a coding."""
        size = len(self.bodies[""]) if self.size is None else self.size
        return dataclasses.replace(self, bodies={}, size=size)


@dataclasses.dataclass(frozen=True)
class Work:
    """One work item: what is asked for, and how."""

    name: str
    title: str
    kind: str = "load"      # load, idle, start, open-loop or workers: what is measured
    files: str = "single"   # single, site, many, tree or made: what is asked for
    target: str = ""        # made: which name of the load-test target (documents.MADE)
    size: int = 128         # bytes of a body; 0: of several sizes
    depth: int = 1          # requests written at once
    close: bool = False     # a new connection per request
    connections: int = CONNECTIONS
    driver: str = "wrk"     # or h2load, which connects before it measures

    def requests(self, root):
        """All requests of this work item, in the order they are made. root: the folder of files,
        which is read for what the right answers are."""
        if self.files == "site":
            return [_site_request(root, name) for name, _ in documents.SITE]
        if self.files == "many":
            return [Request("/" + documents.small_name(number),
                            {"": documents.small_body(number)})
                    for number in range(documents.SMALL_FILES)]
        if self.files == "made":
            body = documents.MADE[self.target][1]
            return [Request(self.target, {}, size=self.size) if body is None else
                    Request(self.target, {"": body})]
        return [Request(f"/{self.size}.bin", {"": documents.body_of(self.size)})]


def _made(name, target, size, more="", **how):
    return Work(name, f"{target} of the load-test target{more}", files="made", target=target,
                size=size, **how)


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _site_request(root, name):
    path = os.path.join(root, "site", name)
    bodies = {"": _read(path)}
    if documents.is_text(name):
        bodies |= {"br": _read(path + ".br"), "gzip": _read(path + ".gz")}
    return Request("/site/" + name, bodies, _BROWSER_FIELDS)


WORKS = [
    Work("file-128", "128 B, keep-alive"),
    Work("connections-1000", "128 B, 1,000 connections", connections=1000, driver="h2load"),
    Work("connections-8000", "128 B, 8,000 connections", connections=8000, driver="h2load"),
    Work("file-4k", "4 KiB, keep-alive", size=4096),
    Work("file-16k", "16 KiB, keep-alive", size=16384),
    Work("file-64k", "64 KiB, keep-alive", size=65536),
    Work("file-1m", "1 MiB, keep-alive", size=1 << 20),
    Work("file-16m", "16 MiB, keep-alive", size=16 << 20),
    Work("pipelined", "128 B, 16 requests at once", depth=16),
    Work("new-connection", "128 B, a new connection per request", close=True),
    Work("site", "a site of 20 files, as a browser asks", files="site", size=0),
    Work("many", "10,000 files of 1 KiB, uniformly", files="many", size=documents.SMALL_SIZE),
    _made("plaintext", "/plaintext", 13),
    _made("json", "/json", 27),
    _made("bytes-1024", "/bytes/1024", 1024),
    _made("plaintext-pipelined", "/plaintext", 13, more=", 16 requests at once", depth=16),
    Work("open-loop", "128 B at half of nginx's peak rate, open loop", kind="open-loop"),
    Work("workers", "two workers against one, 128 B", kind="workers",
         connections=2 * CONNECTIONS),
    Work("start", "cold start to first response", kind="start"),
    Work("start-tree", "the same over 100,000 files", kind="start", files="tree"),
    Work("idle-memory", f"memory of {IDLE_CONNECTIONS:,} idle connections", kind="idle",
         connections=IDLE_CONNECTIONS),
]
QUICK_WORKS = ["file-128", "file-64k", "site"]
