"""One run of h2load, which opens all connections before it measures.

With thousands of connections, wrk's numbers contain the opening of them. h2load tells when its
warm-up is over; from then on the server is measured.
"""

import re

from . import generator
from .processes import Failure, processor_time

_BEGIN = "Warm-up phase is over"
_END = "Main benchmark duration is over"
_WARM_UP = 1  # second; 8,000 connections take 0.3 s


def command(server, work, seconds, cpus, target, log):
    return [generator.find("h2load"), "--h1", "-t", str(min(len(cpus), work.connections)), "-c",
            str(work.connections), "-D", str(seconds), f"--warm-up-time={_WARM_UP}",
            f"--log-file={log}", f"http://{server.host}:{server.port}{server.prefix}{target}"]


def percentiles(latencies):
    """By the nearest rank."""
    ordered = sorted(latencies)
    if not ordered:
        return {}
    names = {"p50_us": 0.5, "p90_us": 0.9, "p99_us": 0.99, "p999_us": 0.999, "max_us": 1.0}
    return {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))]
            for name, share in names.items()}


def run(argv, server, seconds, cpus, log, meter):
    """Loads the server for some seconds. log: where h2load writes a line per request, for the
    latencies."""
    output = []
    client = [0.0, 0.0]
    with open(log, "wb"):
        pass  # h2load appends
    with generator.run(argv, cpus, patience=seconds + 40) as h2load:
        for line in h2load.lines():
            output.append(line)
            if line.startswith(_BEGIN):
                client[0] = processor_time(h2load.process.pid)
                meter.start()
            elif line.startswith(_END):
                meter.stop()
                client[1] = processor_time(h2load.process.pid)
        h2load.finish()
    text = "".join(output)
    total = re.search(r"requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, "
                      r"(\d+) errored, (\d+) timeout", text)
    traffic = re.search(r"traffic: .*?\((\d+)\) total", text)
    if h2load.process.returncode != 0 or not total or not traffic or client[1] == 0.0:
        raise Failure(f"h2load against {server.name} failed:\n{text.strip()}")
    succeeded, failed, errored, timeout = (int(number) for number in total.groups())
    with open(log, encoding="ascii") as file:
        latencies = [int(fields[2]) for fields in (line.split() for line in file)
                     if len(fields) == 3]
    return {
        "requests": succeeded,
        "bytes": int(traffic.group(1)),
        "seconds": float(seconds),
        "client_seconds": client[1] - client[0],
        "errors": {"failed": failed, "errored": errored, "timeout": timeout},
        **percentiles(latencies),
    }
