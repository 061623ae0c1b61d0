"""Two workers of one process against two processes of one worker each, by processor time.

Where there are four processors, the load generator has two of its own; on two, it shares them with
the workers, so requests/s says nothing and only processor time per request is compared. That
depends on what else a processor does: one worker beside its load generator takes half of what it
takes alone on a processor. So a worker is compared with one under the same conditions: two
processes of one worker each, bound to the same processors as the two workers of one process. On
each of those of the load generator is a generator that has as many connections to each of the two
processes, or in all as many to the one, among whose workers the kernel deals them out. What is left
of the difference is what workers of a process cost each other. nginx, whose workers are processes
anyway, shows how exact that is.

All are scheduled as batch jobs: nobody is interrupted by a wake-up. With the usual policy the
processors fall into one rhythm or another, and two runs of the same differ by a third. Every round
has servers of its own, since some of the difference is theirs.
"""

import contextlib
import os

from . import client, generator, open_loop, robust
from .machine import Cpus
from .meter import Meter
from .processes import Failure

FEWEST_ROUNDS = 9
_BATCH = ["chrt", "--batch", "0"]


class Together:
    """Servers that are measured as one."""

    def __init__(self, servers):
        self.servers = servers
        self.name = servers[0].name

    def usage(self):
        first, *others = (server.usage() for server in self.servers)
        return first.plus(*others)


def place(allowed):
    """Processors for two workers, and for the load generator; Failure if there is only one."""
    if len(allowed) < 2:
        raise Failure("two workers need two CPUs")
    return Cpus(frozenset(allowed[:2]), frozenset(allowed[2:4] if len(allowed) >= 4
                                                  else allowed[:2]), tuple(allowed))


def measure(starter, cpus, work, names, rounds, seconds, add):
    """One row per server. add: takes each row of a round."""
    measuring = _Measuring(starter, place(cpus.allowed), work, seconds, add)
    rows = []
    for name in names:
        kinds = [("two processes", 1, []), ("two workers", 2, [])]
        for number in range(max(rounds, FEWEST_ROUNDS)):
            for label, workers, results in kinds if number % 2 == 0 else reversed(kinds):
                with contextlib.ExitStack() as stack:
                    servers = measuring.start(stack, name, workers)
                    results.append(measuring.run(servers))
                add({"type": "round", "work": work.name, "server": f"{name}, {label}",
                     "round": number, **results[-1]})
        rows.append(summarise(work, name, *(results for _, _, results in kinds)))
    return rows


class _Measuring:
    def __init__(self, starter, cpus, work, seconds, add):
        self.starter = starter
        self.cpus = cpus
        self.work = work
        self.seconds = seconds
        self.add = add
        self.has_told_command = False

    def start(self, stack, name, workers):
        """Two servers with one worker, or one with two."""
        places = [{cpu} for cpu in self.cpus.server] if workers == 1 else [self.cpus.server]
        servers = []
        for place_ in places:
            server = self.starter.start(name, self.work, wrapper=_BATCH, workers=workers,
                                        cpus=place_)
            stack.callback(server.stop)
            servers.append(server)
            # Workers that are processes and do not bind themselves; the first only watches them.
            for pid, cpu in zip(server.pids()[1:], sorted(place_)):
                os.sched_setaffinity(pid, {cpu})
        return servers

    def run(self, servers):
        """One round."""
        requests = self.work.requests(self.starter.root(self.work))
        sizes = [client.check(server, self.work, requests) for server in servers]
        argv = _BATCH + open_loop.closed_command(self.starter.build, servers, self.seconds,
                                                 self.work.connections // len(self.cpus.client),
                                                 requests[0])
        self._tell_command(argv, servers[0], requests)
        meter = Meter(Together(servers), self.cpus)
        meter.start()
        with generator.run_together([(argv, {cpu}) for cpu in sorted(self.cpus.client)],
                                    patience=self.seconds + 30) as loads:
            outputs = [load.lines().read() for load in loads]
            for load in loads:
                load.finish()
            meter.stop()
        results = [open_loop.parse(output, load, servers[0])
                   for output, load in zip(outputs, loads)]
        outcome = {
            "requests": sum(result["good"] for result in results),
            "seconds": float(self.seconds),
            "bytes": sum(result["bytes"] for result in results),
            "client_seconds": sum(load.seconds for load in loads),
            "errors": {},
        }
        for result in results:
            # What was under way when the time was over has not failed.
            for kind, number in open_loop.errors_of(result | {"given_up": 0}).items():
                outcome["errors"][kind] = outcome["errors"].get(kind, 0) + number
        if outcome["requests"] == 0 or any(server.has_ended() for server in servers):
            raise Failure(f"{servers[0].name} answered nothing or ended during {self.work.name}:\n"
                          f"{servers[0].output()}")
        return meter.result(outcome, self.work, sizes[0])

    def _tell_command(self, argv, server, requests):
        if self.has_told_command:
            return
        self.has_told_command = True
        self.add({"type": "command", "work": self.work.name,
                  "command": self.starter.general(argv), "requests": len(requests),
                  "request": client.bytes_of(server, requests[0]).decode("ascii")})


def summarise(work, name, ones, twos):
    """One row. ones: results of two processes with one worker each, twos: of one with two, from the
    same rounds."""
    errors = sum(sum(result["errors"].values()) for result in [*ones, *twos])
    speed_ups = [2 * one["cpu_us"] / two["cpu_us"] for one, two in zip(ones, twos)]
    return {
        "type": "summary", "work": work.name, "title": work.title, "kind": work.kind,
        "server": name, "rounds": len(ones), "errors": {"any": errors} if errors else {},
        "one_us": robust.median(result["cpu_us"] for result in ones),
        "two_us": robust.median(result["cpu_us"] for result in twos),
        "speed_up": robust.median(speed_ups),
        "speed_up_deviation": robust.deviation(speed_ups),
        "one_client_us": robust.median(_client_us(result) for result in ones),
        "two_client_us": robust.median(_client_us(result) for result in twos),
    }


def _client_us(result):
    """Processor time of the load generator per request."""
    return result["client_seconds"] * 1e6 / result["requests"]
