"""Takes the bytes that a server sent apart into responses (RFC 9112 sections 4 to 7)."""

import dataclasses


@dataclasses.dataclass
class Response:
    status: int
    fields: list[tuple[str, str]]
    body: bytes
    complete: bool = True
    bodiless: bool = False  # to HEAD

    def value(self, name):
        """All values of a field, or None."""
        values = [value for field, value in self.fields if field.lower() == name.lower()]
        return ", ".join(values) if values else None


def _take_chunked(data):
    """Body, bytes behind it, and whether its end was there."""
    body = b""
    while True:
        line, found, rest = data.partition(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            return body, b"", False
        if not found or len(rest) < size + 2:
            return body + rest[:size], b"", False
        if size == 0:
            while not rest.startswith(b"\r\n"):
                _, found, rest = rest.partition(b"\r\n")
                if not found:
                    return body, b"", False
            return body, rest[2:], True
        body += rest[:size]
        data = rest[size + 2:]


def _take_response(data, bodiless):
    head, found, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    try:
        status = int(lines[0].split(" ")[1])
    except (IndexError, ValueError):
        return None, data
    fields = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.append((name, value.strip()))
    response = Response(status, fields, b"", complete=bool(found), bodiless=bodiless)
    if bodiless and rest and not rest.startswith(b"HTTP/"):
        bodiless = False  # a body all the same
    if bodiless or status < 200 or status in (204, 304):
        return response, rest
    length = response.value("Content-Length")
    if "chunked" in (response.value("Transfer-Encoding") or "").lower():
        response.body, rest, response.complete = _take_chunked(rest)
    elif length is not None and length.isdigit():
        response.body, rest = rest[:int(length)], rest[int(length):]
        response.complete = len(response.body) == int(length)
    else:
        response.body, rest = rest, b""
    return response, rest


def parse(data, case):
    """The responses, and what comes behind them and is none."""
    responses = []
    final = 0
    while data.startswith(b"HTTP/1."):
        response, data = _take_response(data, case.bodiless(final))
        if response is None:
            break
        responses.append(response)
        final += response.status >= 200
    return responses, data


def parse_multipart(response):
    """(Content-Range, body) of each part of a multipart/byteranges response, or None (RFC 9110
    section 14.6)."""
    kind, _, parameter = (response.value("Content-Type") or "").partition(";")
    name, _, boundary = parameter.strip().partition("=")
    if kind.strip().lower() != "multipart/byteranges" or name.lower() != "boundary":
        return None
    delimiter = b"--" + boundary.strip('"').encode("latin-1")
    pieces = (b"\r\n" + response.body).split(b"\r\n" + delimiter)
    if pieces[0].strip() or not pieces[-1].startswith(b"--"):
        return None
    parts = []
    for piece in pieces[1:-1]:
        head, found, body = piece.partition(b"\r\n\r\n")
        if not found:
            return None
        ranges = [line.partition(b":")[2].strip().decode("latin-1") for line in head.split(b"\r\n")
                  if line.lower().startswith(b"content-range:")]
        if len(ranges) != 1:
            return None
        parts.append((ranges[0], body))
    return parts
