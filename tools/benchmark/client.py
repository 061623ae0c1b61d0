"""The small HTTP client that checks what the servers send, and the one that holds idle connections.

It understands just enough: responses with Content-Length. wrk makes the load; this makes sure that
what wrk counts is the right thing.
"""

import select
import socket
import time

from .processes import Failure

_TIMEOUT = 10.0


def free_port():
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(server, patience=20.0):
    """Returns when the server accepts connections."""
    deadline = time.monotonic() + patience
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), 1.0).close()
            return
        except OSError:
            if server.has_ended():
                raise Failure(f"{server.name} did not start:\n{server.output()}") from None
            if time.monotonic() > deadline:
                raise Failure(f"{server.name} does not accept connections on port {server.port} "
                              f"after {patience:.0f} s:\n{server.output()}") from None
            time.sleep(0.02)


class Client:
    """One connection. What does not match raises Failure."""

    def __init__(self, server):
        self.name = server.name
        self.host = f"127.0.0.1:{server.port}"
        self.socket = socket.create_connection(("127.0.0.1", server.port), _TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def request(self, target, close=False):
        field = "Connection: close\r\n" if close else ""
        return f"GET {target} HTTP/1.1\r\nHost: {self.host}\r\n{field}\r\n".encode("ascii")

    def send(self, data):
        self.socket.sendall(data)

    def _fill(self):
        try:
            received = self.socket.recv(1 << 18)
        except OSError as error:
            raise Failure(f"{self.name}: {error} while a response was awaited") from error
        if not received:
            raise Failure(f"{self.name} closed the connection within a response")
        self.buffer += received

    def read_response(self):
        """Status and body of the next response."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._fill()
        lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        status = lines[0].split(" ")
        fields = {name.lower(): value.strip()
                  for name, _, value in (line.partition(":") for line in lines[1:])}
        if len(status) < 2 or not status[1].isdigit() or "content-length" not in fields:
            raise Failure(f"{self.name}: not a response with Content-Length: {lines!r}")
        length = int(fields["content-length"])
        while len(self.buffer) < end + 4 + length:
            self._fill()
        body = bytes(self.buffer[end + 4:end + 4 + length])
        del self.buffer[:end + 4 + length]
        return int(status[1]), body

    def expect(self, body):
        status, got = self.read_response()
        if status != 200:
            raise Failure(f"{self.name} answered with status {status} instead of 200")
        if got != body:
            raise Failure(f"{self.name} sent a wrong body: {len(got)} bytes, "
                          f"expected {len(body)} ({got[:40]!r}... for {body[:40]!r}...)")

    def expect_nothing_more(self):
        if self.buffer:
            raise Failure(f"{self.name} sent {len(self.buffer)} bytes more than the responses")

    def expect_end(self):
        self.expect_nothing_more()
        if self.socket.recv(1):
            raise Failure(f"{self.name} sent more than the response before the close")


def check(server, work):
    """Makes the requests of a work item and looks at every byte of the bodies."""
    for _ in range(2):  # a first request may take another path than the following ones
        with Client(server) as client:
            if work.close:
                client.send(client.request(work.target, close=True))
                client.expect(work.body)
                client.expect_end()
                continue
            for _ in range(3):
                client.send(client.request(work.target) * work.depth)
                for _ in range(work.depth):
                    client.expect(work.body)
            client.expect_nothing_more()


class IdleConnections:
    """Connections that made one request each and then stay."""

    def __init__(self, server, work, count):
        self.server = server
        self.work = work
        self.clients = []
        try:
            for _ in range(count):
                client = Client(server)
                self.clients.append(client)
                client.send(client.request(work.target))
                client.expect(work.body)
        except OSError as error:
            self.close()
            raise Failure(f"{server.name}: connection {len(self.clients)} of {count}: "
                          f"{error}") from error
        except Failure:
            self.close()
            raise

    def check_alive(self):
        """No connection was closed, and some of them, spread over all, still get an answer."""
        poller = select.poll()
        for client in self.clients:
            poller.register(client.socket, select.POLLIN | select.POLLRDHUP)
        ended = len(poller.poll(0))
        if ended:
            raise Failure(f"{self.server.name} closed {ended} of {len(self.clients)} idle "
                          "connections")
        for client in self.clients[::max(1, len(self.clients) // 100)]:
            client.send(client.request(self.work.target))
            client.expect(self.work.body)

    def close(self):
        for client in self.clients:
            client.socket.close()
        self.clients = []
