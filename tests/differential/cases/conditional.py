"""Conditional requests (RFC 9110 section 13). All files were changed at the same second."""

from comparison.case import ALLOWED, OK, Case, ask

_SAME = "Tue, 14 Nov 2023 22:13:20 GMT"
_EARLIER = "Tue, 14 Nov 2023 22:13:19 GMT"
_LATER = "Tue, 14 Nov 2023 22:13:21 GMT"
_FUTURE = "Fri, 01 Jan 2100 00:00:00 GMT"
_TAG = "@ETAG@"
_NO = "304 open"
_FAILED = "412 open"


def _case(name, section, *fields, expect, method="GET", target="/plain.txt"):
    return Case(f"conditional.{name}", section, ask(target, *fields, method=method), expect)


def _none_match(name, value, expect, **more):
    return _case(f"if-none-match-{name}", "9110 13.1.2", f"If-None-Match: {value}", expect=expect,
                 **more)


def _match(name, value, expect, **more):
    return _case(f"if-match-{name}", "9110 13.1.1", f"If-Match: {value}", expect=expect, **more)


def _modified(name, value, expect, section="9110 13.1.3", **more):
    return _case(f"if-modified-since-{name}", section, f"If-Modified-Since: {value}",
                 expect=expect, **more)


def _unmodified(name, value, expect, section="9110 13.1.4"):
    return _case(f"if-unmodified-since-{name}", section, f"If-Unmodified-Since: {value}",
                 expect=expect)


CASES = [
    _none_match("same", _TAG, _NO),
    _none_match("weak", f"W/{_TAG}", _NO),
    _none_match("other", '"other"', OK),
    _none_match("any", "*", _NO),
    _none_match("any-not-found", "*", "404 open", target="/none"),
    _none_match("any-quoted", '"*"', OK),
    _none_match("list", f'"a", {_TAG}, "b"', _NO),
    _none_match("list-tight", f'"a",{_TAG},"b"', _NO),
    _none_match("list-weak", f'W/"a", W/{_TAG}', _NO),
    _none_match("list-without", '"a", "b"', OK),
    _none_match("list-empty-elements", f', ,{_TAG},', _NO),
    _none_match("comma-in-tag", f'"a,b", {_TAG}', _NO),
    _none_match("empty-tag", '""', OK),
    _none_match("empty", "", OK),
    _none_match("unquoted", "abc", OK),
    _none_match("head", _TAG, _NO, method="HEAD"),
    _none_match("post", _TAG, f"405{{{ALLOWED}}} open", method="POST"),
    _none_match("options", _TAG, f"204{{{ALLOWED}}} open", method="OPTIONS"),
    _case("if-none-match-two-fields", "9110 5.3", 'If-None-Match: "a"', f"If-None-Match: {_TAG}",
          expect=_NO),
    _match("same", _TAG, OK),
    _match("weak", f"W/{_TAG}", _FAILED),
    _match("other", '"other"', _FAILED),
    _match("any", "*", OK),
    _match("any-not-found", "*", "404 open", target="/none"),
    _match("list", f'"a", {_TAG}', OK),
    _match("list-without", '"a", "b"', _FAILED),
    _match("empty-tag", '""', _FAILED),
    _match("head", '"other"', "412 open", method="HEAD"),
    _modified("same", _SAME, _NO),
    _modified("earlier", _EARLIER, OK),
    _modified("later", _LATER, _NO),
    # Section 13.1.3 lets a recipient ignore no date that is valid; a future one is just later.
    _modified("future", _FUTURE, _NO),
    _modified("rfc-850", "Tuesday, 14-Nov-23 22:13:20 GMT", _NO, "9110 5.6.7"),
    _modified("asctime", "Tue Nov 14 22:13:20 2023", _NO, "9110 5.6.7"),
    _modified("rfc-850-earlier", "Tuesday, 14-Nov-23 22:13:19 GMT", OK, "9110 5.6.7"),
    _modified("asctime-one-digit-day", "Wed Nov  1 00:00:00 2023", OK, "9110 5.6.7"),
    _modified("asctime-one-digit-day-later", "Fri Dec  1 00:00:00 2023", _NO, "9110 5.6.7"),
    _modified("rfc-850-last-century", "Monday, 01-Jan-90 00:00:00 GMT", OK, "9110 5.6.7"),
    _modified("wrong-weekday", "Mon, 14 Nov 2023 22:13:20 GMT", _NO, "9110 5.6.7"),
    _modified("no-zone", "Tue, 14 Nov 2023 22:13:20", OK, "9110 5.6.7"),
    _modified("other-zone", "Tue, 14 Nov 2023 22:13:20 +0000", OK, "9110 5.6.7"),
    _modified("lower-case", "tue, 14 nov 2023 22:13:20 gmt", OK, "9110 5.6.7"),
    _modified("february-30", "Fri, 30 Feb 2024 00:00:00 GMT", OK, "9110 5.6.7"),
    _modified("hour-25", "Wed, 15 Nov 2023 25:00:00 GMT", OK, "9110 5.6.7"),
    _modified("leap-second", "Sun, 31 Dec 2023 23:59:60 GMT", _NO, "9110 5.6.7"),
    _modified("number", "1700000000", OK, "9110 5.6.7"),
    _modified("empty", "", OK),
    _modified("nonsense", "yesterday", OK),
    _modified("length-parameter", f"{_SAME}; length=48", OK, "9110 5.6.7"),
    _modified("head", _SAME, _NO, method="HEAD"),
    _modified("post", _SAME, f"405{{{ALLOWED}}} open", method="POST"),
    _modified("year-0", "Sat, 01 Jan 0000 00:00:00 GMT", OK, "9110 5.6.7"),
    _modified("year-9999", "Fri, 31 Dec 9999 23:59:59 GMT", _NO, "9110 5.6.7"),
    _case("if-modified-since-two-fields", "9110 13.1.3", f"If-Modified-Since: {_SAME}",
          f"If-Modified-Since: {_SAME}", expect=OK),
    _unmodified("same", _SAME, OK),
    _unmodified("earlier", _EARLIER, _FAILED),
    _unmodified("later", _LATER, OK),
    _unmodified("rfc-850-earlier", "Tuesday, 14-Nov-23 22:13:19 GMT", _FAILED, "9110 5.6.7"),
    _unmodified("asctime-earlier", "Tue Nov 14 22:13:19 2023", _FAILED, "9110 5.6.7"),
    _unmodified("nonsense", "yesterday", OK),
    # Section 13.2.2, step by step.
    _case("if-match-before-unmodified", "9110 13.2.2", f"If-Match: {_TAG}",
          f"If-Unmodified-Since: {_EARLIER}", expect=OK),
    _case("if-match-fails-before-unmodified", "9110 13.2.2", 'If-Match: "other"',
          f"If-Unmodified-Since: {_LATER}", expect=_FAILED),
    _case("if-none-match-before-modified", "9110 13.2.2", 'If-None-Match: "other"',
          f"If-Modified-Since: {_SAME}", expect=OK),
    _case("if-none-match-same-before-modified", "9110 13.2.2", f"If-None-Match: {_TAG}",
          f"If-Modified-Since: {_EARLIER}", expect=_NO),
    _case("if-match-then-if-none-match", "9110 13.2.2", f"If-Match: {_TAG}",
          f"If-None-Match: {_TAG}", expect=_NO),
    _case("if-match-fails-then-if-none-match", "9110 13.2.2", 'If-Match: "other"',
          f"If-None-Match: {_TAG}", expect=_FAILED),
    _case("unmodified-then-modified", "9110 13.2.2", f"If-Unmodified-Since: {_SAME}",
          f"If-Modified-Since: {_SAME}", expect=_NO),
    _case("unmodified-fails-then-none-match", "9110 13.2.2", f"If-Unmodified-Since: {_EARLIER}",
          f"If-None-Match: {_TAG}", expect=_FAILED),
    _case("none-match-before-range", "9110 13.2.2", f"If-None-Match: {_TAG}", "Range: bytes=0-4",
          expect=_NO),
    _case("match-then-range", "9110 13.2.2", f"If-Match: {_TAG}", "Range: bytes=0-4",
          expect="206:plain.txt[0-4] open"),
    _case("redirect", "9110 13.2.1", "If-None-Match: *", target="/directory",
          expect="301>/directory/ open"),
    _case("not-found", "9110 13.2.1", 'If-Match: "other"', target="/none", expect="404 open"),
    Case("conditional.not-modified-fields", "9110 15.4.5",
         ask("/plain.txt", f"If-None-Match: {_TAG}"),
         "304{no Content-Length}{no Content-Type} open", shown=("Content-Length", "Content-Type")),
    Case("conditional.encoded-other-tag", "9110 8.8.3.3",
         ask("/coded.txt", "If-None-Match: @ETAG-GZIP@"), "200:coded.txt open"),
    Case("conditional.encoded-same-tag", "9110 8.8.3.3",
         ask("/coded.txt", "Accept-Encoding: gzip", "If-None-Match: @ETAG-GZIP@"), _NO),
]
