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
    idle = minimum = None
    requests = work.requests(starter.root(work))
    if starter.is_spate(name):
        minimum = _at_start(starter, name, work, servers.SPATE_FEWEST_CONNECTIONS)
    server = starter.start(name, work)
    try:
        client.check(server, work, requests)
        time.sleep(0.3)
        before = server.memory()
        idle = client.IdleConnections(server, requests[0], work.connections)
        time.sleep(0.5)
        after = server.memory()
        idle.check_alive()
    finally:
        if idle is not None:
            idle.close()
        server.stop()
    row = {
        "connections": work.connections,
        "before": before.as_json(),
        "after": after.as_json(),
        "growth": (after.user - before.user) / work.connections,
        "whole": after.user / work.connections,
        "rss": after.rss,
    }
    if minimum is not None:
        row["fewest_connections"] = servers.SPATE_FEWEST_CONNECTIONS
        row["with_fewest"] = minimum.as_json()
        row["with_preallocation"] = (after.user - minimum.user) / work.connections
    return row


def _at_start(starter, name, work, connections):
    server = starter.start(name, work, connections=connections)
    try:
        client.check(server, work, work.requests(starter.root(work)))
        time.sleep(0.3)
        return server.memory()
    finally:
        server.stop()


def enough_descriptors(limit, work):
    """Client and server each need a descriptor per connection, in their own processes."""
    needed = work.connections + 100
    if limit < needed:
        raise Failure(f"{work.name} needs {needed} open files, the hard limit is {limit}: "
                      "raise it (ulimit -Hn) or leave the item out by --only")
