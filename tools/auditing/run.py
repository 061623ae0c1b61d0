"""One audit: a server of its own, a client against it, and the same at a steady rate."""

import dataclasses
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse

from benchmark import client as http_client
from benchmark import load
from benchmark.processes import Failure, Server, child_setup

from . import clients
from .durations import Corrected, Durations

# Beyond the time that it is told to take.
PATIENCE = 30
# A request in the open loop may be answered by so much later than the end.
OPEN_LOOP_PATIENCE = 20


class Target:
    """spate as a load-test target with an admin listener, on one processor."""

    def __init__(self, build, backend, directory, cpus):
        root = os.path.join(directory, "root")
        os.makedirs(root, exist_ok=True)
        program = os.path.join(build, "spate")
        if not os.access(program, os.X_OK):
            raise Failure(f"{program} is not built: cmake --preset release && cmake --build "
                          "--preset release")
        port, self.admin_port = http_client.free_port(), http_client.free_port()
        self.server = Server(
            f"spate-{backend}", [program, root, "--target", "--listen", f"127.0.0.1:{port}",
                                 "--admin", str(self.admin_port), "--io", backend, "--threads",
                                 "1", "--no-pin"],
            port, cpus, os.path.join(directory, "spate.log"))
        try:
            http_client.wait_until_ready(self.server)
        except BaseException:
            self.server.stop()
            raise

    def ask(self, path):
        """A page of the admin listener."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode("utf-8")
        except (OSError, http.client.HTTPException) as error:
            raise Failure(f"the server does not tell {path}: {error}") from error
        finally:
            connection.close()

    def check(self, target):
        """A delay that can not be read is told at once, and with the reason. Nothing of it is left
        in the histograms."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=0.3)
        try:
            connection.request("GET", target)
            # Ends with a reset: a client that has gone is waited for no more.
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            response = connection.getresponse()
            if response.status != 200:
                raise Failure(f"--delay: {response.read().decode('utf-8', 'replace').strip()}")
        except TimeoutError:
            pass
        finally:
            connection.close()
        # An answer may come before it is counted; the end of its connection is seen later.
        deadline = time.monotonic() + PATIENCE
        while json.loads(self.ask("/stats"))["sum"]["connections_open"] > 0:
            if time.monotonic() > deadline:
                raise Failure(f"a connection that was closed is still open after {PATIENCE} s")
            time.sleep(0.01)


@dataclasses.dataclass
class State:
    """What the server has counted so far."""

    answers: Durations   # when: from a request to its answer
    longest: int
    lateness: Durations
    statuses: dict
    connections: int

    @classmethod
    def read(cls, target):
        histograms = json.loads(target.ask("/histograms"))
        counters = json.loads(target.ask("/stats"))["sum"]
        both = [histograms[name] for name in ("delay_seconds", "service_time_seconds")]
        return cls(Durations.parse(both[0]) + Durations.parse(both[1]),
                   round(max(histogram["max"] for histogram in both) * 1e9),
                   Durations.parse(histograms["delay_lateness_seconds"]), counters["responses"],
                   counters["connections_accepted"])


def run_client(argv, seconds, cpus):
    """The output of a client, its exit status and the seconds that it took."""
    began = time.monotonic()
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=child_setup(set(cpus)))
    except OSError as error:
        raise Failure(f"cannot start {argv[0]}: {error.strerror}") from error
    try:
        output, _ = process.communicate(timeout=seconds + PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failure(f"{argv[0]} did not end within {seconds + PATIENCE} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # a session of its own: nobody else's
            process.wait()
    return output.decode("utf-8", "replace"), process.returncode, time.monotonic() - began


@dataclasses.dataclass
class Audit:
    """What was found. Durations are nanoseconds."""

    name: str            # of the client
    backend: str
    command: list
    output: str
    status: int          # of its exit
    report: object       # clients.Report; None: the client is not known
    delivered: Durations
    lateness: Durations
    statuses: dict       # of the answers, by status
    connections: int     # that it was told to use
    opened: int          # that it did
    verdict: str
    seconds: float       # that the client took
    rate: float          # of the steady requests
    measured: dict       # what bench/load says of them

    def achieved(self):
        """Requests per second."""
        return self.delivered.count() / self.seconds

    def capacity(self):
        """Requests per second that as many connections take if they never pause."""
        return self.connections * 1e9 / self.delivered.mean()

    def at_own_rate(self):
        return Corrected(self.delivered, self.connections * 1e9 / self.achieved())

    def at_steady_rate(self):
        return Corrected(self.delivered, self.connections * 1e9 / self.rate)


def audit(arguments, words, cpus):
    """words: the command, or the name of a known client alone, for its usual arguments."""
    directory = tempfile.mkdtemp(prefix="spate-audit-")
    try:
        target = Target(arguments.build, arguments.io, directory, cpus.server)
        try:
            return _audit(arguments, words, cpus, target)
        finally:
            target.server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _audit(arguments, words, cpus, target):
    path = "/plaintext?delay=" + urllib.parse.quote(arguments.delay, safe="*;:,=.")
    target.check(path)
    values = {"url": f"http://127.0.0.1:{target.server.port}{path}", "seconds": arguments.seconds,
              "connections": arguments.connections}
    if arguments.rate:
        values["rate"] = f"{arguments.rate:g}"
    argv = clients.fill_in(words, values)
    parse = clients.parser_of(argv[0])

    before = State.read(target)
    output, status, seconds = run_client(argv, arguments.seconds, cpus.client)
    after = State.read(target)  # at once: what is under way now has nobody who would count it
    verdict = target.ask("/verdict")
    delivered = after.answers.since(before.answers).at_most(after.longest)
    if delivered.count() == 0:
        raise Failure(f"{argv[0]} got no answer:\n{output.strip()}")
    statuses = {code: count - before.statuses.get(code, 0)
                for code, count in after.statuses.items() if count > before.statuses.get(code, 0)}

    # A client that waits for its answers leaves nothing over: at its own rate every queue grows for
    # as long as a run lasts.
    rate = arguments.rate or delivered.count() / seconds / 2
    measured = load.Generator(arguments.build, cpus.client).run(
        target.server, arguments.seconds, target=path, rate=rate,
        connections=arguments.connections, patience=OPEN_LOOP_PATIENCE)
    return Audit(os.path.basename(argv[0]), arguments.io, argv, output, status,
                 parse(output) if parse else None, delivered,
                 after.lateness.since(before.lateness), statuses, arguments.connections,
                 after.connections - before.connections, verdict, seconds, rate, measured)
