"""Clients in processes of their own, each with a loop over many connections."""

import heapq
import itertools
import multiprocessing
import os
import random
import select
import time
import traceback

from .connection import READ, WRITE, Broken, Connection, Wrong
from .processes import end_with_parent
from .tally import Tally

_EVENTS = {READ: select.EPOLLIN | select.EPOLLRDHUP, WRITE: select.EPOLLOUT}
_CONTEXT = multiprocessing.get_context("fork")
# A pause after a connection that could not be made, so that a restart is not met by a busy loop.
_RETRY = 0.02  # seconds


class Loop:
    """Runs visits side by side; `width` at a time, each followed by another until `until`."""

    def __init__(self, address, source, content, generator, patience):
        self.tally = Tally()
        self._address = address
        self._source = source
        self._content = content
        self._generator = generator
        self._patience = patience
        self._epoll = select.epoll()
        self._waiting = {}  # descriptor to (steps, connection)
        self._since = {}  # descriptor to when it began to wait
        self._pauses = []
        self._order = itertools.count()
        self._running = 0

    def run(self, visits, weights, width, until):
        """visits and weights: what to choose from."""
        def begin():
            visit = self._generator.choices(visits, weights)[0]
            self._running += 1
            self._begin(visit)

        for _ in range(width):
            begin()
        look = time.monotonic() + 1
        while self._running:
            self._turn()
            now = time.monotonic()
            if now > look:
                look = now + 1
                self._give_up(now - self._patience)
            while self._running < width and now < until:
                begin()

    def run_once(self, visit):
        self.run([visit], [1], 1, 0)

    def _begin(self, visit):
        connection = Connection(self._address, self._source, self._content, self.tally)
        self._advance(visit(connection, self._generator), connection, None)

    def _advance(self, steps, connection, error):
        try:
            wanted = steps.throw(error) if error else next(steps)
        except StopIteration:
            return self._end(connection)
        except Broken as broken:
            self.tally.ends[broken.kind] += 1
            if broken.kind == "refused":
                return self._pause(_RETRY, None, connection)
            return self._end(connection)
        except Wrong as wrong:
            self.tally.note_wrong(str(wrong))
            return self._end(connection)
        if isinstance(wanted, (int, float)):
            return self._pause(wanted, steps, connection)
        descriptor = connection.fileno()
        events = _EVENTS[wanted]
        if connection.events != events:
            if connection.events:
                self._epoll.modify(descriptor, events)
            else:
                self._epoll.register(descriptor, events)
            connection.events = events
        self._waiting[descriptor] = (steps, connection)
        self._since[descriptor] = time.monotonic()
        return None

    def _end(self, connection):
        connection.socket.close()
        self._running -= 1

    def _pause(self, seconds, steps, connection):
        # Nothing that happens to the socket meanwhile is of interest.
        if connection.events:
            self._epoll.unregister(connection.fileno())
            connection.events = 0
        heapq.heappush(self._pauses,
                       (time.monotonic() + seconds, next(self._order), steps, connection))

    def _turn(self):
        timeout = 0.2
        if self._pauses:
            timeout = min(timeout, max(0.0, self._pauses[0][0] - time.monotonic()))
        for descriptor, _ in self._epoll.poll(timeout):
            steps, connection = self._waiting.pop(descriptor)
            del self._since[descriptor]
            self._advance(steps, connection, None)
            if descriptor not in self._waiting and connection.fileno() == descriptor:
                # It waits for nothing now; an end that it is not told of would be told again.
                self._forget(connection)
        now = time.monotonic()
        while self._pauses and self._pauses[0][0] <= now:
            _, _, steps, connection = heapq.heappop(self._pauses)
            if steps is None:
                self._end(connection)
            else:
                self._advance(steps, connection, None)

    def _forget(self, connection):
        if connection.events:
            self._epoll.unregister(connection.fileno())
            connection.events = 0

    def _give_up(self, before):
        for descriptor in [key for key, since in self._since.items() if since < before]:
            steps, connection = self._waiting.pop(descriptor)
            del self._since[descriptor]
            asked = "with" if connection.responses else "without"
            self._advance(steps, connection, Broken(
                f"nothing for {self._patience} s on a connection {asked} a response before"))


def _work(pipe, number, setting, address, visits, width, until):
    """A process of clients: its tally goes to the pipe."""
    end_with_parent()
    try:
        source = f"127.0.1.{number + 1}" if address[0] == "127.0.0.1" else None
        loop = Loop(address, source, setting.content, random.Random(f"{setting.seed} {number}"),
                    setting.patience)
        loop.run(list(visits), list(visits.values()), width, until)
        pipe.send(loop.tally)
    except BaseException:  # pylint: disable=broad-except
        pipe.send(traceback.format_exc())
    pipe.close()
    os._exit(0)


class Crowd:
    """Processes of clients. visits: a visit to its weight; width: connections of a process."""

    def __init__(self, setting, address, visits, width, seconds, processes=2):
        until = time.monotonic() + seconds
        self._workers = []
        for number in range(processes):
            ours, theirs = _CONTEXT.Pipe(duplex=False)
            worker = _CONTEXT.Process(
                target=_work, args=(theirs, number, setting, address, visits, width, until))
            worker.start()
            theirs.close()
            self._workers.append((worker, ours))

    def is_running(self):
        return any(worker.is_alive() and not pipe.poll() for worker, pipe in self._workers)

    def tally(self):
        """Of all of them, when they have ended."""
        sum_of_all = Tally()
        for worker, pipe in self._workers:
            try:
                result = pipe.recv()
            except EOFError:
                result = f"a process of clients ended with status {worker.exitcode}"
            worker.join()
            if isinstance(result, str):
                sum_of_all.note_wrong(result)
            else:
                sum_of_all.add(result)
        self._workers = []
        return sum_of_all

    def stop(self):
        for worker, _ in self._workers:
            worker.kill()
            worker.join()
