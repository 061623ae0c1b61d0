"""The memory that idle connections cost a server, from outside."""

import time

from . import client, servers
from .processes import Failure


def measure(starter, name, work):
    """One row. Bytes per connection in three readings:

    growth: what opening the connections added to the running server.
    with_preallocation: what this server holds in all, less what a server for hardly any connections
        holds; preallocated memory counts fully, program start does not. spate only.
    whole: all user memory of the process, spread over the connections.
    """
    connections = idle = None
    minimum = None
    if name.startswith("spate-"):
        connections = servers.SPATE_FEWEST_CONNECTIONS
        minimum = _at_start(starter, name, work, connections)
    server = starter.start(name, work)
    try:
        client.check(server, work)
        time.sleep(0.3)
        before = server.memory()
        idle = client.IdleConnections(server, work, work.idle)
        time.sleep(0.5)
        after = server.memory()
        idle.check_alive()
    finally:
        if idle is not None:
            idle.close()
        server.stop()
    row = {
        "connections": work.idle,
        "before": before.as_json(),
        "after": after.as_json(),
        "growth": (after.user - before.user) / work.idle,
        "whole": after.user / work.idle,
        "rss": after.rss,
    }
    if minimum is not None:
        row["fewest_connections"] = connections
        row["with_fewest"] = minimum.as_json()
        row["with_preallocation"] = (after.user - minimum.user) / work.idle
    return row


def _at_start(starter, name, work, connections):
    server = starter.start(name, work, connections=connections)
    try:
        client.check(server, work)
        time.sleep(0.3)
        return server.memory()
    finally:
        server.stop()


def enough_descriptors(limit, work):
    """Client and server each need a descriptor per connection, in their own processes."""
    if limit < work.idle + 100:
        raise Failure(f"{work.name} needs {work.idle + 100} open files, the hard limit is {limit}: "
                      "raise it (ulimit -Hn) or leave the item out by --only")
