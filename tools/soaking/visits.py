"""What a client does on its connection, from coming to leaving. Each visit is a generator over a
Connection and a random generator; weights stand in the scenarios."""

import time

from .connection import Request
from .content import size_of

_BAD_REQUESTS = [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                 b"GET /0.bin HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                 b"GET /0.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n"]
_PAYLOAD = bytes(3000)


def _get(connection, name, *fields, method="GET", statuses=(200,), payload=b""):
    lines = [f"{method} /{name} HTTP/1.1", f"Host: {connection.host}", *fields, "", ""]
    return Request(name, "\r\n".join(lines).encode("ascii") + payload, statuses,
                   has_body=method != "HEAD", closes="Connection: close" in fields)


def _any_file(connection, generator):
    names = connection.content.names[:-1]
    if generator.random() < 0.02:
        return generator.choice(names)
    return generator.choice(connection.content.small_names)


def _any_request(connection, generator):
    name = _any_file(connection, generator)
    choice = generator.random()
    if choice < 0.06:
        return _get(connection, name, method="HEAD")
    if choice < 0.10:
        return _get(connection, f"none/{generator.randrange(1 << 30)}", statuses=(404,))
    if choice < 0.14:
        return _get(connection, name, f"Content-Length: {len(_PAYLOAD)}", method="POST",
                    statuses=(405,), payload=_PAYLOAD)
    return _get(connection, name)


def polite(connection, generator):
    """A few requests one after the other, and a close that is agreed upon."""
    yield from connection.connect()
    for _ in range(generator.randint(0, 6)):
        request = _any_request(connection, generator)
        yield from connection.ask(request)
        response = yield from connection.read(request)
        if generator.random() < 0.05:
            yield generator.random() * 0.05
        if response.status == 200 and generator.random() < 0.1:
            again = _get(connection, request.name, f"If-None-Match: {response.fields['etag']}",
                         statuses=(200, 304))
            yield from connection.ask(again)
            yield from connection.read(again)
    last = _get(connection, _any_file(connection, generator), "Connection: close")
    yield from connection.ask(last)
    yield from connection.read(last)
    yield from connection.expect_end()


def lingering(connection, generator):
    """Stays between requests, so that the server finds it idle when it needs room."""
    yield from connection.connect()
    for _ in range(generator.randint(2, 4)):
        request = _get(connection, _any_file(connection, generator))
        yield from connection.ask(request)
        yield from connection.read(request)
        yield generator.random() * 0.5
    connection.leave()


def pipelining(connection, generator):
    """Many requests before the first answer."""
    yield from connection.connect()
    for _ in range(generator.randint(1, 3)):
        requests = [_any_request(connection, generator) for _ in range(generator.randint(2, 16))]
        yield from connection.ask(*requests)
        for request in requests:
            yield from connection.read(request)
    connection.leave(reset=generator.random() < 0.5)


def half_closing(connection, generator):
    """Says that it has no more to ask, and still gets all its answers."""
    yield from connection.connect()
    requests = [_any_request(connection, generator) for _ in range(generator.randint(1, 4))]
    yield from connection.ask(*requests)
    connection.shut_down()
    for request in requests:
        yield from connection.read(request)
    yield from connection.expect_end()


def trickling(connection, generator):
    """A head in pieces."""
    yield from connection.connect()
    request = _get(connection, _any_file(connection, generator))
    connection.tally.asked += 1
    for position in range(len(request.data)):
        if position == len(request.data) - 1:
            request.asked_at = time.monotonic()
        yield from connection.send(request.data[position:position + 1])
        if position % 8 == 0:
            yield 0.001
    yield from connection.read(request)
    connection.leave()


def aborting(connection, generator):
    """Leaves at any point, half of the time with a reset."""
    tally = connection.tally
    reset = generator.random() < 0.5
    how = "with a reset" if reset else "with a close"
    yield from connection.connect()
    point = generator.randrange(4)
    if point == 0:
        tally.left[f"after connecting {how}"] += 1
        return connection.leave(reset)
    request = _get(connection, _any_file(connection, generator))
    if point == 1:
        yield from connection.send(request.data[:generator.randrange(1, len(request.data))])
        tally.left[f"within a head {how}"] += 1
        return connection.leave(reset)
    requests = [_get(connection, _any_file(connection, generator))
                for _ in range(generator.randint(1, 8))]
    yield from connection.ask(*requests)
    if point == 2:
        tally.left[f"before the answer {how}"] += 1
        return connection.leave(reset)
    enough = generator.randrange(1, sum(size_of(request.name, 0) for request in requests))
    # Nothing of that size comes from a server that has no descriptor left.
    while len(connection.buffer) < enough and b"HTTP/1.1 503" not in connection.buffer:
        if not (yield from connection.receive()):
            break
    tally.connections_answered += 1
    tally.left[f"within the answers {how}"] += 1
    return connection.leave(reset)


def garbling(connection, generator):
    """Nothing that is a request: told so, and closed."""
    yield from connection.connect()
    data = generator.choice(_BAD_REQUESTS)
    connection.tally.bad_asked += 1
    yield from connection.send(data)
    connection.tally.asked += 1
    yield from connection.read(Request(None, data, statuses=(400,), closes=True))
    connection.tally.bad_answered += 1
    yield from connection.expect_end()


def stalling(connection, _):
    """A request body of two bytes a second, until the server has had enough."""
    yield from connection.connect()
    post = _get(connection, "0.bin", "Content-Length: 100000", method="POST", statuses=(405,))
    yield from connection.ask(post)
    yield from connection.read(post)
    while not connection.has_ended():
        yield from connection.send(b".")
        yield 0.5
    connection.leave()


def cutting(connection, generator):
    """Asks for files that are truncated and extended in place, which may break off."""
    yield from connection.connect()
    for _ in range(generator.randint(1, 3)):
        requests = [_get(connection, generator.choice(connection.content.cut_names))
                    for _ in range(generator.choice([1, 1, 6]))]
        yield from connection.ask(*requests)
        # Some files change behind others that the client does not read yet.
        yield generator.choice([0.0, 0.05])
        for request in requests:
            yield from connection.read(request)
    connection.leave()


def downloading(connection, generator):
    """The largest file, by a reader with a small buffer that now and then waits."""
    yield from connection.connect(receive_buffer=generator.choice([65536, None]))
    request = _get(connection, connection.content.names[-1])
    yield from connection.ask(request)
    if generator.random() < 0.5:
        yield generator.random() * 0.2
    yield from connection.read(request)
    connection.leave()


def roaming(connection, generator):
    """One of many large files after the other: more than fits in the memory that there is."""
    yield from connection.connect()
    for _ in range(generator.randint(1, 4)):
        request = _get(connection, generator.choice(connection.content.sparse_names))
        yield from connection.ask(request)
        yield from connection.read(request)
    connection.leave()


def every_file(connection, _):
    """All files once: what a scenario ends with."""
    yield from connection.connect()
    for name in connection.content.names + connection.content.cut_names:
        request = _get(connection, name)
        yield from connection.ask(request)
        yield from connection.read(request)
    connection.leave()
