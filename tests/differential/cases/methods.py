"""Methods (RFC 9110 section 9) and Expect (section 10.1.1)."""

from comparison.case import ALLOWED, BAD, OK, SMUGGLED, Case, ask

_REFUSED = f"405{{{ALLOWED}}} open"
_LENGTH = f"Content-Length: {len(SMUGGLED)}"


def _method(method, expect, section="9110 15.5.6", target="/plain.txt", name=""):
    return Case(f"method.{name or method.lower()}", section, ask(target, method=method), expect)


def _body(method, expect, name):
    return Case(f"method.{name}", "9110 15.5.6",
                ask("/plain.txt", _LENGTH, method=method, body=SMUGGLED), expect)


def _expect(name, *fields, expect, body="", version="HTTP/1.1", section="9110 10.1.1",
            target="/plain.txt"):
    return Case(f"expect.{name}", section, ask(target, *fields, version=version, body=body),
                expect)


CASES = [
    _method("GET", OK, "9110 9.3.1"),
    _method("HEAD", "200/48 open", "9110 9.3.2"),
    _method("HEAD", "404 open", "9110 9.3.2", "/none", name="head-not-found"),
    _method("HEAD", "301>/directory/ open", "9110 9.3.2", "/directory",
            name="head-redirect"),
    _method("HEAD", "200/0 open", "9110 9.3.2", "/empty.txt", name="head-empty"),
    _method("POST", _REFUSED),
    _method("PUT", _REFUSED),
    _method("DELETE", _REFUSED),
    _method("PATCH", _REFUSED, "9110 15.5.6"),
    _method("TRACE", _REFUSED, "9110 9.3.8"),
    _method("OPTIONS", f"204{{{ALLOWED}}} open", "9110 9.3.7"),
    _method("OPTIONS", f"204{{{ALLOWED}}} open", "9110 9.3.7", "/none", name="options-none"),
    _method("POST", _REFUSED, target="/none", name="post-none"),
    _method("PUT", _REFUSED, target="/new.txt", name="put-new"),
    _method("get", "501 open", "9110 9.1", name="lower-case-get"),
    _method("Get", "501 open", "9110 9.1", name="capital-get"),
    _method("head", "501 open", "9110 9.1", name="lower-case-head"),
    _method("GETX", "501 open", "9110 15.6.2"),
    _method("GE", "501 open", "9110 15.6.2"),
    _method("BREW", "501 open", "9110 15.6.2"),
    _method("PROPFIND", "501 open", "9110 15.6.2"),
    _method("M-SEARCH", "501 open", "9110 15.6.2"),
    _method("X" * 100, "501 open", "9110 15.6.2", name="long"),
    _method("!#$%&'*+-.^_`|~", "501 open", "9110 5.6.2", name="token-bytes"),
    _method("GE(T", BAD, "9110 5.6.2", name="not-a-token"),
    _method("G\x80T", BAD, "9110 5.6.2", name="high-byte"),
    _method("G\0T", BAD, "9110 5.6.2", name="nul"),
    _method("", BAD, "9110 5.6.2", name="empty"),
    _body("POST", _REFUSED, "post-body"),
    _body("PUT", _REFUSED, "put-body"),
    _body("DELETE", _REFUSED, "delete-body"),
    _body("OPTIONS", f"204{{{ALLOWED}}} open", "options-body"),
    _body("GET", OK, "get-body"),
    _body("HEAD", "200/48 open", "head-body"),
    _body("BREW", "501 open", "unknown-body"),
    _body("TRACE", _REFUSED, "trace-body"),
    Case("method.connect-path", "9112 3.2.3", ask("/plain.txt", method="CONNECT"), BAD),
    Case("method.put-content-range", "9110 14.5",
         ask("/plain.txt", "Content-Range: bytes 0-1/2", "Content-Length: 2", method="PUT",
             body="ab"), _REFUSED),
    Case("method.override-field", "9110 9.1",
         ask("/plain.txt", "X-HTTP-Method-Override: DELETE"), OK),
    Case("method.post-too-large", "9110 15.5.14",
         ask("/plain.txt", "Content-Length: 99999999999", method="POST"), "413 closed"),

    _expect("continue", "Expect: 100-continue", _LENGTH, body=SMUGGLED,
            expect="100 200:plain.txt open"),
    _expect("continue-upper-case", "Expect: 100-Continue", _LENGTH, body=SMUGGLED,
            expect="100 200:plain.txt open"),
    _expect("continue-no-body", "Expect: 100-continue", expect=OK),
    _expect("continue-not-found", "Expect: 100-continue", _LENGTH, body=SMUGGLED, target="/none",
            expect="404 closed"),
    _expect("continue-1.0", "Expect: 100-continue", _LENGTH, body=SMUGGLED, version="HTTP/1.0",
            expect="200:plain.txt closed"),
    _expect("continue-chunked", "Expect: 100-continue", "Transfer-Encoding: chunked",
            body="0\r\n\r\n", expect="100 200:plain.txt open"),
    _expect("continue-list", "Expect: 100-continue, 100-continue", _LENGTH, body=SMUGGLED,
            expect="100 200:plain.txt open"),
    _expect("empty", "Expect:", _LENGTH, body=SMUGGLED, expect=OK),
    _expect("unknown", "Expect: tea", expect="417 open"),
    _expect("unknown-in-list", "Expect: 100-continue, tea", expect="417 open"),
    _expect("unknown-body", "Expect: tea", _LENGTH, body=SMUGGLED, expect="417 closed"),
    _expect("unknown-1.0", "Expect: tea", version="HTTP/1.0", expect="200:plain.txt closed"),
    _expect("too-large", "Expect: 100-continue", "Content-Length: 99999999999",
            expect="413 closed", section="9110 15.5.14"),
    Case("expect.post", "9110 10.1.1",
         ask("/plain.txt", "Expect: 100-continue", _LENGTH, method="POST", body=SMUGGLED),
         f"405{{{ALLOWED}}} closed"),
]
