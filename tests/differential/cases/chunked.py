"""Chunked request bodies (RFC 9112 section 7.1). What follows a bad one must not be answered: spate
answers the head of a request before its body has come, so that a bad body is an end and no 400."""

from comparison.case import OK, SMUGGLED, Case, ask

_SIZE = len(SMUGGLED)
_END = "0\r\n\r\n"
_CUT = "200:plain.txt closed"


def _body(name, body, expect=_CUT, section="9112 7.1"):
    return Case(f"chunked.{name}", section,
                ask("/plain.txt", "Transfer-Encoding: chunked", body=body), expect)


def _size(name, size, expect=_CUT, section="9112 7.1"):
    """One chunk with its size written so."""
    return _body(name, f"{size}\r\n{SMUGGLED}\r\n{_END}", expect, section)


_HEX = f"{_SIZE:x}"

CASES = [
    _size("one", _HEX, OK),
    _size("upper-case", _HEX.upper(), OK),
    _body("empty", _END, OK),
    _body("two", f"5\r\nhello\r\n{_HEX}\r\n{SMUGGLED}\r\n{_END}", OK),
    _body("many", "1\r\na\r\n" * 1000 + _END, OK),
    _size("leading-zeros", "000" + _HEX, OK),
    _size("16-digits", _HEX.rjust(16, "0"), OK),
    _size("17-digits", _HEX.rjust(17, "0")),
    _size("17-digits-overflow", "1" + _HEX.rjust(16, "0")),
    # Taken as what it says: it ends the connection when more than the limit has come.
    _size("16-digits-huge", "f" * 16, "200:plain.txt waits"),
    _size("2-to-the-63", "8000000000000000", "200:plain.txt waits"),
    _size("2-to-the-32", "1000000" + _HEX.rjust(3, "0"), "200:plain.txt waits"),
    _size("0x", "0x" + _HEX),
    _size("plus", "+" + _HEX),
    _size("minus", "-" + _HEX),
    _size("space-before", " " + _HEX),
    _size("space-behind", _HEX + " "),
    _size("tab-behind", _HEX + "\t"),
    _size("space-within", "2 7"),
    _size("underscore", "2_7"),
    _size("not-hexadecimal", "g"),
    _size("decimal-point", _HEX + ".0"),
    _size("empty-size", ""),
    _size("nul", _HEX + "\0"),
    _size("extension", _HEX + ";a=b", OK, "9112 7.1.1"),
    _size("extension-name-only", _HEX + ";a", OK, "9112 7.1.1"),
    _size("extension-quoted", _HEX + ';a="b;c"', OK, "9112 7.1.1"),
    _size("extension-quoted-escape", _HEX + ';a="b\\"c"', OK, "9112 7.1.1"),
    _size("extension-space-before", _HEX + " ;a=b", OK, "9110 5.6.3"),
    _size("extension-line-feed", _HEX + ";a\nb", section="9112 7.1.1"),
    _size("extension-quoted-line-feed", _HEX + ';a="b\nc"', section="9112 7.1.1"),
    _size("extension-quoted-line", _HEX + ';a="\r\n0\r\n\r\n"', section="9112 7.1.1"),
    _size("extension-bare-carriage-return", _HEX + ";a\rb", section="9112 7.1.1"),
    _size("extension-control", _HEX + ";a\x01b", section="9112 7.1.1"),
    _size("extension-long", _HEX + ";" + "a" * 1000, OK, "9112 7.1.1"),
    _size("extension-very-long", _HEX + ";" + "a" * 100000, section="9112 7.1.1"),
    _body("extension-on-last", f"{_HEX}\r\n{SMUGGLED}\r\n0;a=b\r\n\r\n", OK, "9112 7.1.1"),
    _body("extensions-many", "1;aaaaaaaaaaaaaaaa\r\na\r\n" * 10000 + _END, section="9112 7.1.1"),
    _body("line-feed-after-size", f"{_HEX}\n{SMUGGLED}\r\n{_END}"),
    _body("line-feed-after-data", f"{_HEX}\r\n{SMUGGLED}\n{_END}"),
    _body("line-feed-after-last", f"{_HEX}\r\n{SMUGGLED}\r\n0\n\r\n"),
    _body("line-feed-at-end", f"{_HEX}\r\n{SMUGGLED}\r\n0\r\n\n"),
    _body("line-feeds-only", f"{_HEX}\n{SMUGGLED}\n0\n\n"),
    _body("carriage-return-after-size", f"{_HEX}\r{SMUGGLED}\r\n{_END}"),
    _body("no-line-end-after-data", f"{_HEX}\r\n{SMUGGLED}{_END}"),
    _body("data-longer", f"5\r\n{SMUGGLED}\r\n{_END}"),
    _body("data-shorter", f"{_SIZE + 1:x}\r\n{SMUGGLED}\r\n{_END}"),
    _body("zeros-as-last", f"{_HEX}\r\n{SMUGGLED}\r\n000\r\n\r\n", OK),
    _body("trailer", f"{_HEX}\r\n{SMUGGLED}\r\n0\r\nX-Any: value\r\n\r\n", OK, "9112 7.1.2"),
    _body("trailer-empty-value", "0\r\nX-Any:\r\n\r\n", OK, "9112 7.1.2"),
    _body("trailer-length", "0\r\nContent-Length: 5\r\n\r\n", OK, "9110 6.5.1"),
    _body("trailer-coding", "0\r\nTransfer-Encoding: chunked\r\n\r\n", OK, "9110 6.5.1"),
    _body("trailer-host", "0\r\nHost: y\r\n\r\n", OK, "9110 6.5.1"),
    _body("trailer-no-colon", "0\r\nX-Any\r\n\r\n", section="9112 7.1.2"),
    _body("trailer-space-before-colon", "0\r\nX-Any : value\r\n\r\n", section="9112 5.1"),
    _body("trailer-empty-name", "0\r\n: value\r\n\r\n", section="9112 7.1.2"),
    _body("trailer-folded", "0\r\nX-Any: a\r\n b\r\n\r\n", section="9112 5.2"),
    _body("trailer-line-feed", "0\r\nX-Any: a\n\r\n", section="9112 2.2"),
    _body("trailer-bare-carriage-return", "0\r\nX-Any: a\rb\r\n\r\n", section="9112 2.2"),
    _body("trailer-nul", "0\r\nX-Any: a\0b\r\n\r\n", section="9110 5.5"),
    _body("trailer-request", f"0\r\n{SMUGGLED}", section="9112 7.1.2"),
    _body("trailer-very-long", "0\r\nX-Any: " + "a" * 100000 + "\r\n\r\n", section="9112 7.1.2"),
]
