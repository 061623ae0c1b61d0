"""Latency at a rate that is given, not taken: requests come when they come.

wrk and h2load wait for a response before they send the next request, so a server that stalls gets
fewer requests while it does, and the stall counts once (coordinated omission). The open-loop
generator gives every request a time beforehand and counts latency from it.

A tail is made by what happens a few times in a second, so one round of one second has hardly any of
it: rounds are longer and more than elsewhere. Most of it is time for which somebody else has the
processor, the same for all servers on one machine. So a round also says for how long the server was
ready and had to wait for its processor, and how late the load generator was by itself.
"""

import json
import os

from . import generator
from .processes import Failure, waited

FEWEST_ROUNDS = 15
FEWEST_SECONDS = 2


def program(build):
    path = os.path.join(build, "bench", "load", "load")
    if not os.access(path, os.X_OK):
        raise Failure(f"{path} is not built: cmake --preset release && cmake --build --preset "
                      "release (or leave open-loop out by --only)")
    return path


def command(build, server, work, seconds, rate, request):
    return [program(build), "--port", str(server.port), "--target",
            server.prefix + request.target, "--rate", str(int(rate)), "--seconds", str(seconds),
            "--connections", str(work.connections)]


def closed_command(build, servers, seconds, connections, request):
    """The same generator in a closed loop: as many requests as the servers answer, whose
    connections take turns."""
    ports = [word for server in servers for word in ("--port", str(server.port))]
    return [program(build), *ports, "--target", request.target, "--rate", "0", "--waits",
            "--seconds", str(seconds), "--connections", str(connections)]


def parse(output, load, server):
    """What a run that has ended says; Failure if that is nothing."""
    try:
        result = json.loads(output)
    except json.JSONDecodeError:
        result = None
    if result is None or load.process.returncode != 0:
        raise Failure(f"the load generator against {server.name} failed:\n{output.strip()}")
    return result


def errors_of(result):
    """By kind."""
    return {kind: result[kind] for kind in ("unsent", "unavailable", "other", "given_up")} | (
        result["errors"])


def run(argv, server, seconds, cpus, meter):
    """Loads the server at the rate of the command."""
    waited_before = waited(server.pids())
    meter.start()
    with generator.run(argv, cpus, patience=seconds + 30) as load:
        output = load.lines().read()
        load.finish()
        meter.stop()
    waited_after = waited(server.pids())
    result = parse(output, load, server)
    latency = result["latency"]
    return {
        "requests": result["good"],
        "seconds": float(seconds),
        "bytes": result["bytes"],
        **{key: latency[key] for key in ("p50_us", "p99_us", "p999_us", "max_us")},
        "lateness_us": result["lateness"]["p99_us"],
        "lateness_p999_us": result["lateness"]["p999_us"],
        # In a second.
        "waited_us": None if None in (waited_before, waited_after) else
                     (waited_after - waited_before) * 1e6 / seconds,
        "errors": errors_of(result),
        # It never sleeps, so that it is punctual; that its processor is full says nothing.
        "client_seconds": 0.0,
    }
