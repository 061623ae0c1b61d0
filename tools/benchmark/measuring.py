"""Measures the work items, each in its way, and hands out rows.

Every server of a work item is started freshly, its answers are checked byte by byte, it is warmed
up for a second, and then the servers take turns in rounds, in an order that rotates.
"""

import contextlib
import os

from . import (client, features, generator, h2load, memory, open_loop, starts, summary, workers,
               wrk)
from .meter import Meter, is_counted_by_bytes
from .processes import Failure

_OPEN_LOOP_SHARE = 0.5   # of nginx's peak rate
_FEWEST_STARTS = 10


class Measuring:
    """What all work items share. add: takes each row of a round."""

    def __init__(self, starter, cpus, rounds, seconds, add):
        self.starter = starter
        self.cpus = cpus
        self.rounds = rounds
        self.seconds = seconds
        self.add = add

    def measure(self, work, names, descriptor_limit):
        """The summary rows of one work item."""
        names = [name for name in names if self.starter.takes_part(name, work)]
        if not names:
            return []
        if work.kind == "idle":
            memory.enough_descriptors(descriptor_limit, work)
            return [{"type": "summary", "work": work.name, "title": work.title, "kind": work.kind,
                     "server": name, "errors": {}, **memory.measure(self.starter, name, work)}
                    for name in names]
        if work.kind == "start":
            return starts.measure(self.starter, names, work, max(self.rounds, _FEWEST_STARTS))
        if work.kind == "workers":
            return workers.measure(self.starter, self.cpus, work, names, self.rounds, self.seconds,
                                   self.add)
        if work.connections + 200 > descriptor_limit:
            raise Failure(f"{work.name} needs more open files than the hard limit of "
                          f"{descriptor_limit}: raise it (ulimit -Hn) or leave the item out")
        return self._load(work, names)

    def _load(self, work, names):
        requests = work.requests(self.starter.root(work))
        count, seconds = self.rounds, self.seconds
        if work.kind == "open-loop":
            count = max(count, open_loop.FEWEST_ROUNDS)
            seconds = max(seconds, open_loop.FEWEST_SECONDS)
        with contextlib.ExitStack() as stack:
            running = self._start_all(stack, work, names)
            sizes = {name: client.check(server, work, self.starter.expected(name, work, requests))
                     for name, server in running.items()}
            run = self._runner(work, requests, running, seconds)
            for name in names:
                run(name, 1)  # warm-up
            rounds = self._in_turns(work, names, count, lambda name: run(name, seconds), sizes)
            used = {name: server.memory() for name, server in running.items()}
        return summary.summarise(work, rounds, used, sizes)

    def _start_all(self, stack, work, names):
        running = {}
        for name in names:
            running[name] = self.starter.start(name, work)
            stack.callback(running[name].stop)
        return running

    def _runner(self, work, requests, running, seconds_of_round):
        """A function of a server's name and seconds that makes the load and returns the meter and
        what the load generator says."""
        directory = self.starter.directory
        files = {}
        for name, server in running.items():
            files[name] = os.path.join(directory, f"requests-{server.port}")
            generator.write_requests(
                files[name],
                [client.bytes_of(server, request, close=work.close) for request in requests])
        rate = self._open_loop_rate(work, running, files) if work.kind == "open-loop" else None
        log = os.path.join(directory, "h2load.log")

        def command(name, seconds):
            server = running[name]
            if rate:
                return open_loop.command(self.starter.build, server, work, seconds, rate,
                                         requests[0])
            if work.driver == "h2load":
                return h2load.command(server, work, seconds, self.cpus.client, requests[0].target,
                                      log)
            return wrk.command(server, work, seconds, self.cpus.client, files[name])

        def run(name, seconds):
            server = running[name]
            meter = Meter(server, self.cpus)
            argv = command(name, seconds)
            if rate:
                outcome = open_loop.run(argv, server, seconds, self.cpus.client, meter)
            elif work.driver == "h2load":
                outcome = h2load.run(argv, server, seconds, self.cpus.client, log, meter)
            else:
                outcome = wrk.run(argv, server, work, seconds, self.cpus.client, meter)
            if server.has_ended():
                raise Failure(f"{name} ended during {work.name}:\n{server.output()}")
            # Of long responses, a slow machine may finish none in a round and have sent many parts.
            if outcome["requests"] == 0 and not is_counted_by_bytes(work):
                raise Failure(f"{name} answered no request of {work.name}")
            return meter, outcome

        first = next(iter(running))
        self.add({"type": "command", "work": work.name,
                  "command": self.starter.general(command(first, seconds_of_round)),
                  "requests": len(requests),
                  "request": client.bytes_of(running[first], requests[0],
                                             close=work.close).decode("ascii")})
        return run

    def _open_loop_rate(self, work, running, files):
        if "nginx" not in running:
            raise Failure(f"{work.name} takes its rate from nginx: name it in --servers")
        meter = Meter(running["nginx"], self.cpus)
        argv = wrk.command(running["nginx"], work, self.seconds, self.cpus.client, files["nginx"])
        peak = wrk.run(argv, running["nginx"], work, self.seconds, self.cpus.client, meter)
        return peak["requests"] / peak["seconds"] * _OPEN_LOOP_SHARE

    def _in_turns(self, work, names, count, run, sizes):
        rounds = {name: [] for name in names}
        for number in range(count):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                meter, outcome = run(name)
                result = meter.result(outcome, work, sizes[name])
                rounds[name].append(result)
                self.add({"type": "round", "work": work.name, "server": name, "round": number,
                          **result})
        return rounds

    def examine(self, work, names):
        """Rows of what each server does otherwise. Floors promise nothing and are left out."""
        names = [name for name in names if not self.starter.is_floor(name)]
        with contextlib.ExitStack() as stack:
            running = self._start_all(stack, work, names)
            rows = [features.examine(server) for server in running.values()]
            ours = [server for name, server in running.items()
                    if name not in self.starter.running]
            fresh_after = features.measure_freshness(ours, self.starter.root(work))
        for row in rows:
            if row["server"] in fresh_after:
                row["fresh_after_s"] = fresh_after[row["server"]]
        return rows
