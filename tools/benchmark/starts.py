"""Cold start: from the fork to the end of the first response. The page cache is warm."""

import socket
import time

from . import client, robust
from .processes import Failure

_PATIENCE = 20.0  # seconds


def measure(starter, names, work, rounds):
    """One row per server. They take turns, and each start is of a new process."""
    times = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            times[name].append(_one_start(starter, name, work))
    return [{"type": "summary", "work": work.name, "title": work.title, "kind": work.kind,
             "server": name, "rounds": rounds, "errors": {},
             "first_response_ms": robust.median(times[name]),
             "first_response_ms_deviation": robust.deviation(times[name])} for name in names]


def _one_start(starter, name, work):
    """Milliseconds."""
    request = work.requests(starter.root(work))[0]
    server = starter.start(name, work, wait=False)
    try:
        while True:
            try:
                socket.create_connection((server.host, server.port), 1.0).close()
                break
            except OSError:
                if server.has_ended():
                    raise Failure(f"{name} did not start:\n{server.output()}") from None
                if time.monotonic() - server.began > _PATIENCE:
                    raise Failure(f"{name} answers nothing after {_PATIENCE:.0f} s:\n"
                                  f"{server.output()}") from None
                time.sleep(0.0002)
        with client.Client(server) as connection:
            connection.send(client.bytes_of(server, request))
            connection.expect(request)
        return (time.monotonic() - server.began) * 1000
    finally:
        server.stop()
