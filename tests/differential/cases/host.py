"""The Host field (RFC 9110 section 7.2, RFC 9112 section 3.2)."""

from comparison.case import BAD, OK, Case, ask


def _host(name, host, expect, section="9112 3.2"):
    return Case(f"host.{name}", section, ask(host=host), expect)


def _fields(name, *fields, expect, version="HTTP/1.1", section="9112 3.2"):
    return Case(f"host.{name}", section, ask("/plain.txt", *fields, host=None, version=version),
                expect)


CASES = [
    _fields("missing", expect=BAD),
    _fields("missing-1.0", version="HTTP/1.0", expect="200:plain.txt closed"),
    _fields("duplicate-equal", "Host: x", "Host: x", expect=BAD),
    _fields("duplicate-different", "Host: x", "Host: y", expect=BAD),
    _fields("duplicate-empty", "Host: x", "Host:", expect=BAD),
    _fields("duplicate-1.0", "Host: x", "Host: y", version="HTTP/1.0", expect=BAD),
    _fields("other-case", "hOsT: x", expect=OK, section="9110 5.1"),
    _fields("not-first", "Accept: */*", "Host: x", expect=OK),
    _host("empty", "", OK, "9110 7.2"),
    _host("name", "example.org", OK),
    _host("upper-case", "EXAMPLE.ORG", OK),
    _host("trailing-dot", "example.org.", OK, "3986 3.2.2"),
    _host("port", "example.org:8080", OK),
    _host("empty-port", "example.org:", OK, "3986 3.2.3"),
    _host("port-only", ":80", BAD),
    _host("letters-as-port", "example.org:http", BAD),
    _host("negative-port", "example.org:-1", BAD),
    _host("port-too-high", "example.org:65536", OK, "3986 3.2.3"),
    _host("two-ports", "example.org:80:80", BAD),
    _host("ipv4", "127.0.0.1", OK),
    _host("ipv6", "[::1]", OK),
    _host("ipv6-port", "[::1]:80", OK),
    _host("ipv6-without-brackets", "::1", BAD),
    _host("ipv6-open", "[::1", BAD),
    _host("ipv6-not-hexadecimal", "[::xyz]", BAD),
    _host("ipv6-empty", "[]", BAD),
    _host("user", "user@example.org", BAD),
    _host("user-and-password", "user:password@example.org", BAD),
    _host("with-scheme", "http://example.org", BAD),
    _host("with-path", "example.org/plain.txt", BAD),
    _host("with-query", "example.org?a", BAD),
    _host("with-fragment", "example.org#a", BAD),
    _host("space", "exam ple.org", BAD),
    _host("tab", "exam\tple.org", BAD),
    _host("list", "x, y", BAD),
    _host("comma", "x,y", OK, "3986 3.2.2"),
    _host("backslash", "x\\y", BAD),
    _host("quotes", "\"x\"", BAD),
    _host("angle-brackets", "<x>", BAD),
    _host("underscore", "a_b", OK, "3986 3.2.2"),
    _host("percent", "%65xample.org", OK, "3986 3.2.2"),
    _host("bad-percent", "%zz", BAD, "3986 2.1"),
    _host("utf-8", "gr\xc3\xbcn.example", BAD, "3986 3.2.2"),
    _host("dots", "..", OK, "3986 3.2.2"),
    _host("space-around", "  x  ", OK, "9112 5.1"),
    _host("long", "a" * 5000, OK, "3986 3.2.2"),
]
