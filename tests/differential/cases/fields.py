"""Field lines (RFC 9112 section 5) and the values they may have (RFC 9110 section 5.5)."""

from comparison.case import BAD, OK, Case, ask


def _lines(name, section, lines, expect):
    """lines: everything between the request line and the empty line."""
    return Case(f"field.{name}", section, f"GET /plain.txt HTTP/1.1\r\n{lines}\r\n\r\n", expect)


def _field(name, section, field, expect):
    return Case(f"field.{name}", section, ask("/plain.txt", field), expect)


_CONTROLS = [0, 1, 7, 8, 11, 12, 27, 31, 127]

CASES = [
    _field("plain", "9112 5", "X-Any: value", OK),
    _field("empty-value", "9110 5.5", "X-Any:", OK),
    _field("space-only-value", "9112 5.1", "X-Any:   \t ", OK),
    _field("no-space-after-colon", "9112 5.1", "X-Any:value", OK),
    _field("tab-after-colon", "9112 5.1", "X-Any:\tvalue", OK),
    _field("tab-in-value", "9110 5.5", "X-Any: a\tb", OK),
    _field("high-bytes-in-value", "9110 5.5", "X-Any: \x80\xff\xc3\xbc", OK),
    _field("space-before-colon", "9112 5.1", "X-Any : value", BAD),
    _field("tab-before-colon", "9112 5.1", "X-Any\t: value", BAD),
    _field("space-in-name", "9112 5.1", "X Any: value", BAD),
    _field("empty-name", "9110 5.1", ": value", BAD),
    _field("no-colon", "9112 5", "X-Any", BAD),
    _field("quotes-in-name", "9110 5.6.2", "\"X\": value", BAD),
    _field("brackets-in-name", "9110 5.6.2", "X[0]: value", BAD),
    _field("slash-in-name", "9110 5.6.2", "X/Y: value", BAD),
    _field("at-in-name", "9110 5.6.2", "X@Y: value", BAD),
    _field("comma-in-name", "9110 5.6.2", "X,Y: value", BAD),
    _field("underscore-in-name", "9110 5.6.2", "X_Any: value", OK),
    _field("all-token-bytes-in-name", "9110 5.6.2", "!#$%&'*+-.^_`|~09azAZ: value", OK),
    _field("high-byte-in-name", "9110 5.6.2", "X\xe4: value", BAD),
    _field("control-in-name", "9110 5.6.2", "X\x01: value", BAD),
    _field("nul-in-name", "9110 5.6.2", "X\0: value", BAD),
    _field("carriage-return-in-name", "9112 2.2", "X\rY: value", BAD),
    *[_field(f"control-in-value-{code:02x}", "9110 5.5", f"X-Any: a{chr(code)}b", BAD)
      for code in _CONTROLS],
    _field("carriage-return-in-value", "9112 2.2", "X-Any: a\rb", BAD),
    _field("carriage-return-before-name", "9112 2.2", "X-Any: a\r Transfer-Encoding: chunked",
           BAD),
    _field("two-carriage-returns", "9112 2.2", "X-Any: a\r", BAD),
    _lines("bare-line-feed", "9112 2.2", "Host: x\nX-Any: value", BAD),
    _lines("bare-line-feed-in-value", "9112 2.2", "Host: x\r\nX-Any: a\nX-Other: b", BAD),
    _lines("line-feed-then-carriage-return", "9112 2.2", "Host: x\n\rX-Any: value", BAD),
    Case("field.bare-line-feeds-only", "9112 2.2",
         "GET /plain.txt HTTP/1.1\nHost: x\n\n", BAD),
    Case("field.bare-line-feed-at-end", "9112 2.2",
         "GET /plain.txt HTTP/1.1\r\nHost: x\r\n\n", BAD),
    Case("field.bare-carriage-return-at-end", "9112 2.2",
         "GET /plain.txt HTTP/1.1\r\nHost: x\r\n\rX", BAD),
    _lines("fold-space", "9112 5.2", "Host: x\r\nX-Any: a\r\n b", BAD),
    _lines("fold-tab", "9112 5.2", "Host: x\r\nX-Any: a\r\n\tb", BAD),
    _lines("fold-empty", "9112 5.2", "Host: x\r\nX-Any: a\r\n ", BAD),
    _lines("fold-transfer-encoding", "9112 5.2",
           "Host: x\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 0", BAD),
    _lines("space-before-first", "9112 2.2", " X-Any: value\r\nHost: x", BAD),
    _lines("tab-before-first", "9112 2.2", "\tX-Any: value\r\nHost: x", BAD),
    _lines("space-line-before-first", "9112 2.2", " \r\nHost: x", BAD),
    Case("field.64", "9110 5.4",
         ask("/plain.txt", *[f"X-{index}: value" for index in range(60)]), OK),
    Case("field.2000", "6585 5",
         ask("/plain.txt", *[f"X-{index}: value" for index in range(2000)]), "431 closed"),
    Case("field.long-value", "9110 5.4", ask("/plain.txt", "X-Any: " + "a" * 7000), OK),
    Case("field.very-long-value", "6585 5", ask("/plain.txt", "X-Any: " + "a" * 100000),
         "431 closed"),
    Case("field.very-long-name", "6585 5", ask("/plain.txt", "X" * 100000 + ": a"),
         "431 closed"),
    Case("field.no-fields-1.0", "9112 5", "GET /plain.txt HTTP/1.0\r\n\r\n",
         "200:plain.txt closed"),
]
