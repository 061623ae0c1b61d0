"""Connections (RFC 9112 section 9): who closes, and the order of pipelined responses."""

from comparison.case import ALLOWED, BAD, OK, SMUGGLED, Case, ask

_CLOSED = "200:plain.txt closed"
_GET = ask()


def _connection(name, *values, expect, version="HTTP/1.1", section="9112 9.3"):
    fields = [f"Connection: {value}" for value in values]
    return Case(f"connection.{name}", section, ask("/plain.txt", *fields, version=version), expect)


def _pipeline(name, requests, expect, section="9112 9.3.2", **more):
    return Case(f"pipeline.{name}", section, requests, expect, **more)


CASES = [
    _connection("default", expect=OK),
    _connection("close", "close", expect=_CLOSED, section="9112 9.6"),
    _connection("close-upper-case", "CLOSE", expect=_CLOSED, section="9110 7.6.1"),
    _connection("keep-alive", "keep-alive", expect=OK),
    _connection("both", "keep-alive, close", expect=_CLOSED),
    _connection("both-fields", "keep-alive", "close", expect=_CLOSED),
    _connection("list", "foo, close ,bar", expect=_CLOSED, section="9110 7.6.1"),
    _connection("list-empty-elements", ",, close", expect=_CLOSED, section="9110 5.6.1"),
    _connection("close-within-word", "closed, enclose", expect=OK, section="9110 7.6.1"),
    _connection("empty", "", expect=OK),
    _connection("unknown", "foo", expect=OK),
    _connection("upgrade", "Upgrade", expect=OK, section="9110 7.8"),
    _connection("quoted", '"close"', expect=OK, section="9110 7.6.1"),
    _connection("1.0", expect=_CLOSED, version="HTTP/1.0"),
    _connection("1.0-keep-alive", "keep-alive", expect=OK, version="HTTP/1.0",
                section="9112 C.2.2"),
    _connection("1.0-keep-alive-capitals", "Keep-Alive", expect=OK, version="HTTP/1.0",
                section="9112 C.2.2"),
    _connection("1.0-both", "keep-alive, close", expect=_CLOSED, version="HTTP/1.0"),
    _connection("names-a-field", "Host", expect=OK, section="9110 7.6.1"),
    Case("connection.keep-alive-said", "9112 C.2.2",
         ask("/plain.txt", "Connection: keep-alive", version="HTTP/1.0"),
         "200:plain.txt{Connection: keep-alive} open", shown=("Connection",)),
    Case("connection.close-said", "9112 9.6", ask("/plain.txt", "Connection: close"),
         "200:plain.txt{Connection: close} closed", shown=("Connection",)),
    Case("connection.close-said-on-error", "9112 9.6", ask("/plain.txt", host=None),
         "400{Connection: close} closed", shown=("Connection",)),
    Case("connection.proxy-connection", "9112 C.2.2", ask("/plain.txt", "Proxy-Connection: close"),
         OK),
    Case("connection.upgrade-h2c", "9110 7.8",
         ask("/plain.txt", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
             "HTTP2-Settings: AAMAAABkAAQAAP__"), OK),
    Case("connection.upgrade-websocket", "9110 7.8",
         ask("/plain.txt", "Connection: Upgrade", "Upgrade: websocket",
             "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), OK),

    _pipeline("100", _GET * 100, "100x200:plain.txt open"),
    _pipeline("different", ask("/plain.txt") + ask("/none") + ask("/one.txt"),
              "200:plain.txt 404 200:one.txt open"),
    _pipeline("head-between", _GET + ask(method="HEAD") + ask("/one.txt"),
              "200:plain.txt 200/48 200:one.txt open", heads=(1,)),
    _pipeline("redirect-between", _GET + ask("/directory") + _GET,
              "200:plain.txt 301>/directory/ 200:plain.txt open"),
    _pipeline("range-between", _GET + ask("/plain.txt", "Range: bytes=0-4") + _GET,
              "200:plain.txt 206:plain.txt[0-4] 200:plain.txt open"),
    _pipeline("post-between",
              _GET + ask("/plain.txt", f"Content-Length: {len(SMUGGLED)}", method="POST",
                         body=SMUGGLED) + _GET,
              f"200:plain.txt 405{{{ALLOWED}}} 200:plain.txt open"),
    _pipeline("chunked-between",
              _GET + ask("/plain.txt", "Transfer-Encoding: chunked", body="0\r\n\r\n") + _GET,
              "3x200:plain.txt open"),
    _pipeline("bad-last", _GET + "nonsense\r\n\r\n", "200:plain.txt 400 closed", "9112 2.2"),
    _pipeline("bad-between", _GET + ask(host=None) + _GET, "200:plain.txt 400 closed",
              "9112 3.2"),
    _pipeline("bad-first", ask("/plain.txt", "X : y") + _GET, BAD, "9112 5.1"),
    _pipeline("close-between", _GET + ask("/one.txt", "Connection: close") + _GET,
              "200:plain.txt 200:one.txt closed", "9112 9.6"),
    _pipeline("1.0-between", _GET + ask("/one.txt", version="HTTP/1.0") + _GET,
              "200:plain.txt 200:one.txt closed", "9112 9.3"),
    _pipeline("line-ends-between", _GET + "\r\n" + ask("/one.txt") + "\r\n",
              "200:plain.txt 200:one.txt open", "9112 2.2"),
    _pipeline("expect-between",
              _GET + ask("/one.txt", "Expect: 100-continue", "Content-Length: 1", body="a") + _GET,
              "200:plain.txt 100 200:one.txt 200:plain.txt open", "9110 10.1.1"),
    _pipeline("not-modified-between",
              _GET + ask("/plain.txt", "If-None-Match: *") + _GET,
              "200:plain.txt 304 200:plain.txt open", "9110 13.1.2"),
]
