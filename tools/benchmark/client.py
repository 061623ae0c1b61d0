"""The small HTTP client that checks what the servers send, and the one that holds idle connections.

It understands just enough. wrk makes the load; this makes sure that what wrk counts is the right
thing.
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
            socket.create_connection((server.host, server.port), 1.0).close()
            return
        except OSError:
            if server.has_ended():
                raise Failure(f"{server.name} did not start:\n{server.output()}") from None
            if time.monotonic() > deadline:
                raise Failure(f"{server.name} does not accept connections on port {server.port} "
                              f"after {patience:.0f} s:\n{server.output()}") from None
            time.sleep(0.02)


class Response:
    """A response as it came."""

    def __init__(self, status, fields, body, head_size):
        self.status = status
        self.fields = fields  # values by name in small letters
        self.body = body
        self.size = head_size + len(body)


class Client:
    """One connection. What does not match raises Failure."""

    def __init__(self, server):
        self.name = server.name
        self.server = server
        try:
            self.socket = socket.create_connection((server.host, server.port), _TIMEOUT)
        except OSError as error:
            raise Failure(f"{server.name} does not accept a connection: {error}") from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

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

    def read_response(self, without_body=False):
        """The next response. without_body: it answers HEAD, or is a 304."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._fill()
        lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        status = lines[0].split(" ")
        fields = {name.lower(): value.strip()
                  for name, _, value in (line.partition(":") for line in lines[1:])}
        if len(status) < 2 or not status[1].isdigit():
            raise Failure(f"{self.name}: not a response: {lines!r}")
        del self.buffer[:end + 4]
        body, framing = b"", 0
        if fields.get("transfer-encoding") == "chunked" and not without_body:
            body, framing = self._read_chunks()
        elif not without_body:
            if "content-length" not in fields:
                raise Failure(f"{self.name}: a response without a length: {lines!r}")
            body = self._take(int(fields["content-length"]))
        return Response(int(status[1]), fields, body, end + 4 + framing)

    def _take(self, length):
        while len(self.buffer) < length:
            self._fill()
        taken = bytes(self.buffer[:length])
        del self.buffer[:length]
        return taken

    def _read_chunks(self):
        """A chunked body without trailers, and the bytes of its framing."""
        body = bytearray()
        framing = 0
        while True:
            while (end := self.buffer.find(b"\r\n")) < 0:
                self._fill()
            length = int(self._take(end + 2), 16)
            body += self._take(length)
            framing += end + 4
            if self._take(2) != b"\r\n":
                raise Failure(f"{self.name}: a chunk is longer than it says")
            if length == 0:
                return bytes(body), framing

    def expect(self, request):
        """The next response must answer this request. Returns it."""
        response = self.read_response()
        if response.status != 200:
            raise Failure(f"{self.name} answered {request.target} with status {response.status} "
                          "instead of 200")
        coding = response.fields.get("content-encoding", "")
        if request.size is not None and not coding:
            if len(response.body) != request.size:
                raise Failure(f"{self.name} sent {len(response.body)} bytes for {request.target}, "
                              f"expected {request.size}")
            return response
        if coding not in request.bodies:
            raise Failure(f"{self.name} sent {request.target} with an unknown coding: {coding}")
        body = request.bodies[coding]
        if response.body != body:
            raise Failure(f"{self.name} sent a wrong body for {request.target}: "
                          f"{len(response.body)} bytes, expected {len(body)} "
                          f"({response.body[:40]!r}... for {body[:40]!r}...)")
        return response

    def expect_nothing_more(self):
        if self.buffer:
            raise Failure(f"{self.name} sent {len(self.buffer)} bytes more than the responses")

    def expect_end(self):
        self.expect_nothing_more()
        if self.socket.recv(1):
            raise Failure(f"{self.name} sent more than the response before the close")


def bytes_of(server, request, close=False, method="GET", fields=()):
    """A request as it goes to this server."""
    lines = [f"{method} {server.prefix}{request.target} HTTP/1.1",
             f"Host: {server.host}:{server.port}", *request.fields, *fields]
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def check(server, work, requests):
    """Makes the requests of a work item and looks at every byte of the bodies. Returns the mean
    size of a response in bytes, with its head."""
    sizes = []
    for _ in range(2):  # a first request may take another path than the following ones
        if work.close:
            for request in requests:
                with Client(server) as client:
                    client.send(bytes_of(server, request, close=True))
                    sizes.append(client.expect(request).size)
                    client.expect_end()
            continue
        with Client(server) as client:
            for request in requests:
                client.send(bytes_of(server, request) * work.depth)
                for _ in range(work.depth):
                    sizes.append(client.expect(request).size)
            client.expect_nothing_more()
    return sum(sizes) / len(sizes)


class IdleConnections:
    """Connections that made one request each and then stay."""

    def __init__(self, server, request, count):
        self.server = server
        self.request = request
        self.clients = []
        try:
            for _ in range(count):
                client = Client(server)
                self.clients.append(client)
                client.send(bytes_of(server, request))
                client.expect(request)
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
            client.send(bytes_of(self.server, self.request))
            client.expect(self.request)

    def close(self):
        for client in self.clients:
            client.socket.close()
        self.clients = []
