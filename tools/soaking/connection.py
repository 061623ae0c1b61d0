"""One client connection on raw, non-blocking sockets. What waits is a generator that yields what it
waits for: READ, WRITE, or a number of seconds; the loop in crowd.py goes on with it.

Every response is verified when it is whole: status, Content-Length, body, version. Nothing is
skipped; what can not be verified counts as wrong.
"""

import errno
import socket
import struct
import time

READ = "read"
WRITE = "write"

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_BIND_ADDRESS_NO_PORT = 24
_RECEIVE = 1 << 18
# A client that is late on a busy machine is told from one that was closed for no reason. Seconds
# without a byte of a request: what the scenarios give for a head, and what spate gives if others
# want the place.
SILENCES = (4, 1)


class Broken(Exception):
    """The connection ended, or gave no answer, and the client did not want it to."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


class Wrong(Exception):
    """A response that no circumstance excuses."""


class Request:
    """name: of the file, None where there is none; statuses: those that answer it; closes: the
    connection ends behind the answer."""

    def __init__(self, name, data, statuses=(200,), has_body=True, closes=False):
        self.name = name
        self.data = data
        self.statuses = statuses
        self.has_body = has_body
        self.closes = closes
        self.asked_at = 0.0


class Response:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body


class Connection:
    def __init__(self, address, source, content, tally):
        self.content = content
        self.tally = tally
        self.host = f"{address[0]}:{address[1]}"
        self.buffer = bytearray()
        self.responses = 0
        self.in_place = False  # the response awaited is of a file that is changed in place
        self._address = address
        self._source = source
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._came_at = 0.0
        self._sent_at = 0.0  # the first byte
        self.events = 0  # that the loop has registered it for

    def fileno(self):
        return self.socket.fileno()

    def connect(self, receive_buffer=None):
        if self._source:
            # Many source addresses, so that the ports of one are no limit.
            self.socket.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            self.socket.bind((self._source, 0))
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._came_at = time.monotonic()
        error = self.socket.connect_ex(self._address)
        if error == errno.EINPROGRESS:
            yield WRITE
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error == errno.ECONNREFUSED:
            raise Broken("refused")
        self.tally.connections += 1
        if error == errno.ECONNRESET:
            raise Broken(self._end("reset"))
        if error:
            raise Broken(f"connect: {errno.errorcode.get(error, error)}")

    def _end(self, how):
        if self.buffer:
            where = "within a response"
        elif self.responses:
            where = "between responses"
        else:
            silence = (self._sent_at or time.monotonic()) - self._came_at
            where = "before the first response" + next(
                (f", after {limit} s of silence" for limit in SILENCES if silence >= limit), "")
        return f"{how} {where}{' of a file changed in place' if self.in_place else ''}"

    def send(self, data):
        view = memoryview(data)
        while view:
            try:
                view = view[self.socket.send(view):]
                self._sent_at = self._sent_at or time.monotonic()
            except BlockingIOError:
                yield WRITE
            except (ConnectionResetError, BrokenPipeError):
                raise Broken(self._end("reset")) from None

    def receive(self):
        """More bytes into the buffer; False at the end."""
        while True:
            try:
                data = self.socket.recv(_RECEIVE)
            except BlockingIOError:
                yield READ
                continue
            except ConnectionResetError:
                raise Broken(self._end("reset")) from None
            self.buffer += data
            return bool(data)

    def _fill(self):
        if not (yield from self.receive()):
            raise Broken(self._end("closed"))

    def ask(self, *requests):
        """Sends requests at once."""
        self.tally.asked += len(requests)
        for request in requests:
            request.asked_at = time.monotonic()
        yield from self.send(b"".join(request.data for request in requests))

    def read(self, request):
        """The whole response to a request, verified."""
        self.in_place = request.name in self.content.cut_names
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            yield from self._fill()
        received_at = time.monotonic()
        status, fields = _parse_head(bytes(self.buffer[:end]))
        length = int(fields.get("content-length", "0"))
        if status not in (204, 304) and "content-length" not in fields:
            raise Wrong(f"{request.data[:80]!r}: no Content-Length in {fields}")
        if not request.has_body or status == 304:
            length = 0
        while len(self.buffer) < end + 4 + length:
            yield from self._fill()
        body = memoryview(bytes(self.buffer[end + 4:end + 4 + length]))
        del self.buffer[:end + 4 + length]
        if self.responses == 0:
            self.tally.connections_answered += 1
        self.responses += 1
        response = Response(status, fields, body)
        self._verify(request, response, received_at)
        if fields.get("connection", "").lower() == "close" and not request.closes:
            raise Broken("told that the response is the last one")
        return response

    def _verify(self, request, response, received_at):
        self.tally.statuses[response.status] += 1
        if response.status == 503 and response.fields.get("retry-after"):
            where = " for a file changed in place" if self.in_place else ""
            raise Broken(f"503 with Retry-After{where}")
        if response.status not in request.statuses:
            raise Wrong(f"{request.data[:80]!r}: status {response.status} "
                        f"instead of {request.statuses}")
        if response.status == 200 and request.has_body and request.name is not None:
            wrong, age = self.content.judge(request.name, response.body.obj, request.asked_at,
                                            received_at)
            if wrong:
                raise Wrong(wrong)
            self.tally.oldest = max(self.tally.oldest, age)
        self.tally.answered += 1
        self.tally.bytes += len(response.body)

    def has_ended(self):
        """Whether the server has closed or reset the connection; asked without waiting."""
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True

    def expect_end(self):
        """The server closes, with nothing more to say."""
        while (yield from self.receive()):
            pass
        if self.buffer:
            raise Wrong(f"{len(self.buffer)} bytes behind the last response: "
                        f"{bytes(self.buffer[:80])!r}")

    def shut_down(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            raise Broken(self._end("reset")) from None

    def leave(self, reset=False):
        """Closes, whatever is under way."""
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.socket.close()


def _parse_head(head):
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    if len(words) != 3 or words[0] != "HTTP/1.1" or not words[1].isdigit():
        raise Wrong(f"not the head of a response: {head[:80]!r}")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    return int(words[1]), fields
