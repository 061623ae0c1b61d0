"""One run of wrk."""

import json
import os

from . import generator
from .processes import Failure

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "requests.lua")
_MARK = "bench-result "


def command(server, work, seconds, cpus, request_file):
    threads = min(len(cpus), work.connections)
    return [generator.find("wrk"), "-t", str(threads), "-c", str(work.connections), "-d",
            f"{seconds}s", "--latency", "-s", _SCRIPT, f"http://{server.host}:{server.port}/",
            "--", request_file, str(work.depth)]


def run(argv, server, work, seconds, cpus, meter):
    """Loads the server for some seconds. Times of processors cover wrk's whole run; requests are
    those that it saw completed."""
    meter.start()
    with generator.run(argv, cpus, patience=seconds + 30) as wrk:
        output = wrk.lines().read()
        wrk.finish()
        meter.stop()
    result = next((json.loads(line[len(_MARK):]) for line in output.splitlines()
                   if line.startswith(_MARK)), None)
    if result is None or wrk.process.returncode != 0:
        raise Failure(f"wrk against {server.name} failed:\n{output.strip()}")
    # It does not time pipelined requests in a way that means something, and says 0 of none.
    if work.depth > 1 or result["requests"] == 0:
        result = {key: value for key, value in result.items()
                  if not key.endswith("_us") or key == "duration_us"}
    return result | {"seconds": result.pop("duration_us") / 1e6, "client_seconds": wrk.seconds}
