"""How long a request body is (RFC 9112 section 6). Each body holds a request that must not be
answered."""

from comparison.case import BAD, OK, SMUGGLED, Case, ask

_SIZE = len(SMUGGLED)
_CHUNKED = f"{_SIZE:x}\r\n{SMUGGLED}\r\n0\r\n\r\n"
_UNKNOWN = "501 closed"


def _length(name, *values, expect=BAD, section="9112 6.3"):
    fields = [f"Content-Length: {value}" for value in values]
    return Case(f"length.{name}", section, ask("/plain.txt", *fields, body=SMUGGLED), expect)


def _coding(name, *fields, expect=BAD, section="9112 6.1", version="HTTP/1.1", body=_CHUNKED):
    return Case(f"coding.{name}", section,
                ask("/plain.txt", *fields, version=version, body=body), expect)


CASES = [
    _length("plain", _SIZE, expect=OK),
    _length("duplicate-equal", _SIZE, _SIZE),
    _length("duplicate-different", _SIZE, 0),
    _length("duplicate-zero-first", 0, _SIZE),
    _length("list-equal", f"{_SIZE}, {_SIZE}"),
    _length("list-different", f"{_SIZE}, 0"),
    _length("list-with-empty", f"{_SIZE},"),
    _length("plus", f"+{_SIZE}", section="9110 8.6"),
    _length("minus", f"-{_SIZE}", section="9110 8.6"),
    _length("minus-zero", "-0", section="9110 8.6"),
    _length("hexadecimal", f"0x{_SIZE:x}", section="9110 8.6"),
    _length("hexadecimal-digits", "2a", section="9110 8.6"),
    _length("leading-zeros", f"000{_SIZE}", expect=OK, section="9110 8.6"),
    _length("many-leading-zeros", "0" * 40 + str(_SIZE), expect=OK, section="9110 8.6"),
    _length("space-around", f"  {_SIZE} \t", expect=OK, section="9112 5.1"),
    _length("space-within", "3 9", section="9110 8.6"),
    _length("underscore", "3_9", section="9110 8.6"),
    _length("quoted", f'"{_SIZE}"', section="9110 8.6"),
    _length("decimal-point", f"{_SIZE}.0", section="9110 8.6"),
    _length("exponent", "4e1", section="9110 8.6"),
    _length("letters", "many", section="9110 8.6"),
    _length("empty", "", section="9110 8.6"),
    _length("semicolon", f"{_SIZE};a", section="9110 8.6"),
    _length("vertical-tab", f"\v{_SIZE}", section="9110 5.5"),
    _length("two-to-the-64", 1 << 64, expect=BAD, section="9110 8.6"),
    _length("two-to-the-64-and-size", (1 << 64) + _SIZE, expect=BAD, section="9110 8.6"),
    _length("two-to-the-32-and-size", (1 << 32) + _SIZE, expect="413 closed",
            section="9110 15.5.14"),
    _length("two-to-the-63", 1 << 63, expect="413 closed", section="9110 15.5.14"),
    _length("hundred-digits", "9" * 100, section="9110 8.6"),
    Case("length.zero", "9112 6.3", ask("/plain.txt", "Content-Length: 0"), OK),
    Case("length.space-in-name", "9112 5.1",
         ask("/plain.txt", f"Content-Length : {_SIZE}", body=SMUGGLED), BAD),
    Case("length.underscore-in-name", "9110 5.1",
         ask("/plain.txt", f"Content_Length: {_SIZE}", body=SMUGGLED),
         "200:plain.txt 200:smuggled.txt open"),
    Case("length.body-missing", "9112 6.3", ask("/plain.txt", "Content-Length: 100000"),
         "200:plain.txt waits"),
    Case("length.1.0", "9112 6.3",
         ask("/plain.txt", f"Content-Length: {_SIZE}", version="HTTP/1.0", body=SMUGGLED),
         "200:plain.txt closed"),

    _coding("chunked", "Transfer-Encoding: chunked", expect=OK),
    _coding("upper-case", "Transfer-Encoding: CHUNKED", expect=OK, section="9112 7"),
    _coding("capital", "transfer-encoding: Chunked", expect=OK, section="9112 7"),
    _coding("space-around", "Transfer-Encoding:  chunked \t", expect=OK, section="9112 5.1"),
    _coding("twice", "Transfer-Encoding: chunked, chunked"),
    _coding("two-fields", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    _coding("gzip-then-chunked", "Transfer-Encoding: gzip, chunked", expect=_UNKNOWN),
    _coding("chunked-then-gzip", "Transfer-Encoding: chunked, gzip", section="9112 6.3"),
    _coding("gzip", "Transfer-Encoding: gzip", section="9112 6.3"),
    _coding("identity", "Transfer-Encoding: identity", section="9112 6.3"),
    _coding("identity-then-chunked", "Transfer-Encoding: identity, chunked", expect=_UNKNOWN),
    _coding("two-fields-identity", "Transfer-Encoding: identity", "Transfer-Encoding: chunked"),
    _coding("two-fields-chunked-first", "Transfer-Encoding: chunked",
            "Transfer-Encoding: identity"),
    _coding("unknown", "Transfer-Encoding: xchunked", section="9112 6.3"),
    _coding("prefix", "Transfer-Encoding: chunkedx", section="9112 6.3"),
    _coding("quoted", 'Transfer-Encoding: "chunked"'),
    _coding("parameter", "Transfer-Encoding: chunked;a=b"),
    _coding("semicolon", "Transfer-Encoding: chunked;"),
    _coding("empty", "Transfer-Encoding:"),
    _coding("leading-comma", "Transfer-Encoding: , chunked"),
    _coding("trailing-comma", "Transfer-Encoding: chunked,"),
    _coding("tab-separated", "Transfer-Encoding: gzip\tchunked"),
    _coding("space-separated", "Transfer-Encoding: gzip chunked"),
    _coding("vertical-tab", "Transfer-Encoding: \vchunked", section="9110 5.5"),
    _coding("control-before", "Transfer-Encoding: \x01chunked", section="9110 5.5"),
    _coding("high-byte", "Transfer-Encoding: \xa0chunked"),
    _coding("space-in-name", "Transfer-Encoding : chunked", section="9112 5.1"),
    _coding("folded", "Transfer-Encoding:\r\n chunked", section="9112 5.2"),
    _coding("with-length", "Transfer-Encoding: chunked", f"Content-Length: {len(_CHUNKED)}",
            section="9112 6.3"),
    _coding("with-length-first", "Content-Length: 4", "Transfer-Encoding: chunked",
            section="9112 6.3"),
    _coding("with-length-zero", "Content-Length: 0", "Transfer-Encoding: chunked",
            section="9112 6.3"),
    _coding("unknown-with-length", f"Content-Length: {len(_CHUNKED)}", "Transfer-Encoding: x",
            section="9112 6.3"),
    _coding("1.0", "Transfer-Encoding: chunked", version="HTTP/1.0"),
    _coding("1.0-keep-alive", "Transfer-Encoding: chunked", "Connection: keep-alive",
            version="HTTP/1.0"),
    _coding("1.0-with-length", "Transfer-Encoding: chunked", f"Content-Length: {len(_CHUNKED)}",
            version="HTTP/1.0"),
    _coding("underscore-in-name", "Transfer_Encoding: chunked", section="9110 5.1",
            body=SMUGGLED, expect="200:plain.txt 200:smuggled.txt open"),
    Case("coding.post", "9112 6.1",
         ask("/plain.txt", "Transfer-Encoding: chunked", method="POST", body=_CHUNKED),
         "405{GET,HEAD,OPTIONS} open"),
]
