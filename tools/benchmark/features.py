"""Whether the servers do the same work: what their responses say and which requests they honour.

Every number is for a server with these features on; what one lacks stands beside its numbers.
"""

import os
import time

from . import client
from .documents import EXAMINED_SIZE
from .processes import Failure
from .work import Request

_PLAIN = f"/{EXAMINED_SIZE}.bin"
_PACKED = "/site/css/layout.css"
_FIELDS = ["Date", "Last-Modified", "ETag", "Accept-Ranges", "Content-Type"]
_FRESH_PATIENCE = 3.0  # seconds


def _ask(server, target, method="GET", fields=(), without_body=False):
    with client.Client(server) as connection:
        connection.send(client.bytes_of(server, Request(target, {}), method=method, fields=fields))
        return connection.read_response(without_body)


def examine(server):
    """The features of one server: texts of what it does otherwise, and the size of its head."""
    plain = _ask(server, _PLAIN)
    if plain.status != 200:
        raise Failure(f"{server.name} answers {server.prefix}{_PLAIN} with {plain.status}: it must "
                      "serve what tools/bench --files writes")
    differences = [f"no {name}" for name in _FIELDS if name.lower() not in plain.fields]
    tag = plain.fields.get("etag")
    modified = plain.fields.get("last-modified")

    def expect(what, status, **request):
        got = _ask(server, _PLAIN, **request)
        if got.status != status:
            differences.append(f"{what}: {got.status} instead of {status}")
        return got

    head = expect("HEAD", 200, method="HEAD", without_body=True)
    if head.fields.get("content-length") != plain.fields.get("content-length"):
        differences.append("HEAD has another Content-Length")
    # Who does not honour a condition sends the body, which is left unread.
    if tag:
        expect("If-None-Match", 304, fields=[f"If-None-Match: {tag}"], without_body=True)
    if modified:
        expect("If-Modified-Since", 304, fields=[f"If-Modified-Since: {modified}"],
               without_body=True)
    expect("a range", 206, fields=["Range: bytes=0-9"], without_body=True)
    expect("two ranges", 206, fields=["Range: bytes=0-9,20-29"], without_body=True)
    for coding in ("br", "gzip"):
        packed = _ask(server, _PACKED, fields=[f"Accept-Encoding: {coding}"])
        if packed.fields.get("content-encoding") != coding:
            differences.append(f"no {coding} siblings")
        elif "vary" not in packed.fields:
            differences.append(f"no Vary with {coding}")
        if "content-length" not in packed.fields:
            differences.append(f"no Content-Length with {coding}")
    return {"type": "features", "server": server.name, "differences": differences,
            "head_bytes": plain.size - len(plain.body)}


def measure_freshness(servers, root):
    """Seconds until each of the servers sends the new content of a file that was replaced; None
    if it does not within three seconds. They all have the old one in their caches."""
    name = "fresh.txt"
    path = os.path.join(root, name)
    for number, content in enumerate((b"old\n", b"new!\n")):
        with open(f"{path}.{number}", "wb") as file:
            file.write(content)
        os.utime(f"{path}.{number}", (1600000000 + number, 1600000000 + number))
    os.rename(path + ".0", path)
    for _ in range(3):
        for server in servers:
            _ask(server, "/" + name)
    os.rename(path + ".1", path)
    changed = time.monotonic()
    fresh_after = {server.name: None for server in servers}
    while None in fresh_after.values() and time.monotonic() - changed < _FRESH_PATIENCE:
        for server in servers:
            if fresh_after[server.name] is None and _ask(server, "/" + name).body == b"new!\n":
                fresh_after[server.name] = time.monotonic() - changed
        time.sleep(0.02)
    return fresh_after
