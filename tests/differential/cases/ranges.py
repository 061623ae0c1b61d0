"""Range requests (RFC 9110 section 14). plain.txt has 48 bytes, large.bin 5 GiB and three."""

from comparison.case import ALLOWED, OK, Case, ask

_SIZE = 48
_WIDE = "wide.txt"  # of 10,000 bytes
_LARGE = (5 << 30) + 3
_4_GIB = 1 << 32
_SAME = "Tue, 14 Nov 2023 22:13:20 GMT"
_BEYOND = f"416[bytes */{_SIZE}] open"


def _case(name, section, *fields, expect, method="GET", target="/plain.txt", version="HTTP/1.1",
          **more):
    return Case(f"range.{name}", section, ask(target, *fields, method=method, version=version),
                expect, **more)


def _range(name, value, expect, section="9110 14.1.2", **more):
    return _case(name, section, f"Range: {value}", expect=expect, **more)


def _part(*parts, file="plain.txt"):
    return f"206:{file}[{','.join(parts)}] open"


def _several(name, value, expect, method="GET"):
    """Of a file with room for gaps that are longer than the head of a part."""
    return _case(f"several-{name}", "9110 14.2", f"Range: {value}", method=method,
                 target="/wide.txt", expect=expect)


def _if_range(name, value, expect, *more):
    return _case(f"if-range-{name}", "9110 13.1.5", "Range: bytes=0-4", f"If-Range: {value}",
                 *more, expect=expect)


CASES = [
    _range("first", "bytes=0-0", _part("0-0")),
    _range("within", "bytes=5-9", _part("5-9")),
    _range("all", "bytes=0-47", _part("0-47")),
    _range("open", "bytes=40-", _part("40-47")),
    _range("open-all", "bytes=0-", _part("0-47")),
    _range("suffix", "bytes=-5", _part("43-47")),
    _range("suffix-all", "bytes=-48", _part("0-47")),
    _range("suffix-longer", "bytes=-1000", _part("0-47")),
    _range("suffix-zero", "bytes=-0", _BEYOND),
    _range("last", "bytes=47-47", _part("47-47")),
    _range("end-cut", "bytes=40-1000", _part("40-47")),
    _range("beyond", "bytes=48-", _BEYOND),
    _range("far-beyond", "bytes=1000-2000", _BEYOND),
    _range("beyond-64-bits", "bytes=99999999999999999999-", _BEYOND),
    _range("end-beyond-64-bits", "bytes=40-99999999999999999999", _part("40-47")),
    _range("suffix-beyond-64-bits", "bytes=-99999999999999999999", _part("0-47")),
    _range("wraps-64-bits", "bytes=18446744073709551615-", _BEYOND),
    _range("wraps-to-start", "bytes=18446744073709551616-18446744073709551620", _BEYOND),
    _range("backwards", "bytes=9-5", OK, "9110 14.1.1"),
    _range("unit-upper-case", "BYTES=0-4", _part("0-4"), "9110 14.1"),
    _range("unit-unknown", "lines=0-4", OK, "9110 14.2"),
    _range("unit-missing", "0-4", OK, "9110 14.2"),
    _range("unit-alone", "bytes", OK, "9110 14.2"),
    _range("empty", "", OK, "9110 14.2"),
    _range("empty-set", "bytes=", OK, "9110 14.1.1"),
    _range("hyphen", "bytes=-", OK, "9110 14.1.1"),
    _range("number-alone", "bytes=5", OK, "9110 14.1.1"),
    _range("letters", "bytes=a-b", OK, "9110 14.1.1"),
    _range("hexadecimal", "bytes=0x0-0x4", OK, "9110 14.1.1"),
    _range("signed", "bytes=+0-4", OK, "9110 14.1.1"),
    _range("two-hyphens", "bytes=--5", OK, "9110 14.1.1"),
    _range("three-numbers", "bytes=0-4-9", OK, "9110 14.1.1"),
    _range("space-before-hyphen", "bytes=0 -4", OK, "9110 14.1.1"),
    _range("space-behind-hyphen", "bytes=0- 4", OK, "9110 14.1.1"),
    _range("space-before-equals", "bytes =0-4", OK, "9110 14.1.1"),
    _range("leading-zeros", "bytes=000-0004", _part("0-4")),
    _range("semicolon", "bytes=0-4;5-9", OK, "9110 14.1.1"),
    _range("one-bad-of-two", "bytes=0-4,a-b", OK, "9110 14.1.1"),
    _range("one-backwards-of-two", "bytes=0-4,9-5", OK, "9110 14.1.1"),
    _range("empty-elements", "bytes=,0-4,,", _part("0-4"), "9110 5.6.1"),
    _several("two", "bytes=0-1,1000-1001", _part("0-1", "1000-1001", file=_WIDE)),
    _several("spaces", "bytes=0-1 ,\t1000-1001", _part("0-1", "1000-1001", file=_WIDE)),
    _several("empty-elements", "bytes=,0-1,,1000-1001,", _part("0-1", "1000-1001", file=_WIDE)),
    _several("all-kinds", "bytes=0-1,5000-5001,-2,9990-",
             _part("0-1", "5000-5001", "9990-9999", file=_WIDE)),
    _several("out-of-order", "bytes=5000-5001,0-1", _part("5000-5001", "0-1", file=_WIDE)),
    _several("one-beyond", "bytes=0-1,10000-", _part("0-1", file=_WIDE)),
    _several("first-beyond", "bytes=10000-,0-1", _part("0-1", file=_WIDE)),
    _several("all-beyond", "bytes=10000-,20000-30000", "416[bytes */10000] open"),
    _several("all-beyond-suffix", "bytes=10000-,-0", "416[bytes */10000] open"),
    _several("adjacent", "bytes=0-999,1000-1999", _part("0-1999", file=_WIDE)),
    _several("near", "bytes=0-1,10-11", _part("0-11", file=_WIDE)),
    _several("overlapping", "bytes=0-999,500-1499", _part("0-1499", file=_WIDE)),
    _several("same", "bytes=0-1,0-1", _part("0-1", file=_WIDE)),
    _several("overlapping-many", "bytes=" + ",".join(["0-"] * 100), "200:wide.txt open"),
    _several("overlapping-descending", "bytes=" + ",".join(f"{i}-" for i in range(1300)),
             "200:wide.txt open"),
    _several("small-many", "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 2600, 2)),
             _part("0-2598", file=_WIDE)),
    _several("apart-many", "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 9900, 200)),
             "200:wide.txt open"),
    _several("head", "bytes=0-1,1000-1001", "200/10000 open", method="HEAD"),
    _range("head", "bytes=0-4", "200/48 open", "9110 14.2", method="HEAD"),
    _range("head-beyond", "bytes=100-", "200/48 open", "9110 14.2", method="HEAD"),
    _range("post", "bytes=0-4", f"405{{{ALLOWED}}} open", "9110 14.2", method="POST"),
    _range("1.0", "bytes=0-4", "206:plain.txt[0-4] closed", "9110 14.2", version="HTTP/1.0"),
    _range("not-found", "bytes=0-4", "404 open", "9110 14.2", target="/none"),
    _range("redirect", "bytes=0-4", "301>/directory/ open", "9110 14.2", target="/directory"),
    _range("index", "bytes=0-4", _part("0-4", file="directory/index.html"), target="/directory/"),
    _range("one-byte-file", "bytes=0-0", _part("0-0", file="one.txt"), target="/one.txt"),
    _range("one-byte-file-beyond", "bytes=1-1", "416[bytes */1] open", target="/one.txt"),
    _range("empty-file", "bytes=0-", "416[bytes */0] open", target="/empty.txt"),
    _range("empty-file-first", "bytes=0-0", "416[bytes */0] open", target="/empty.txt"),
    _range("empty-file-suffix", "bytes=-1", "200:empty.txt open", target="/empty.txt"),
    _case("two-fields", "9110 14.2", "Range: bytes=0-4", "Range: bytes=0-4", expect=OK),
    _case("accept-ranges", "9110 14.3", expect="200:plain.txt{Accept-Ranges: bytes} open",
          shown=("Accept-Ranges",)),
    _range("part-length", "bytes=5-9", "206:plain.txt[5-9]{Content-Length: 5} open", "9110 8.6",
           shown=("Content-Length",)),

    _if_range("same-tag", "@ETAG@", _part("0-4")),
    _if_range("weak-tag", "W/@ETAG@", OK),
    _if_range("other-tag", '"other"', OK),
    _if_range("same-date", _SAME, _part("0-4")),
    _if_range("earlier-date", "Tue, 14 Nov 2023 22:13:19 GMT", OK),
    _if_range("later-date", "Tue, 14 Nov 2023 22:13:21 GMT", OK),
    _if_range("rfc-850", "Tuesday, 14-Nov-23 22:13:20 GMT", _part("0-4")),
    _if_range("asctime", "Tue Nov 14 22:13:20 2023", _part("0-4")),
    _if_range("nonsense", "yesterday", OK),
    _if_range("unquoted", "abc", OK),
    _if_range("any", "*", OK),
    _if_range("list", '@ETAG@, "a"', OK),
    _if_range("empty", "", OK),
    _if_range("two-fields", "@ETAG@", OK, "If-Range: @ETAG@"),
    _case("if-range-alone", "9110 13.1.5", "If-Range: @ETAG@", expect=OK),
    _case("if-range-same-beyond", "9110 14.2", "Range: bytes=48-", "If-Range: @ETAG@",
          expect=_BEYOND),
    _case("if-range-other-beyond", "9110 13.1.5", "Range: bytes=48-", 'If-Range: "a"', expect=OK),

    _range("large-first", "bytes=0-10", _part("0-10", file="large.bin"), target="/large.bin"),
    _range("large-around-4-gib", f"bytes={_4_GIB - 5}-{_4_GIB + 8}",
           _part(f"{_4_GIB - 5}-{_4_GIB + 8}", file="large.bin"), target="/large.bin"),
    _range("large-at-4-gib", f"bytes={_4_GIB}-{_4_GIB}",
           _part(f"{_4_GIB}-{_4_GIB}", file="large.bin"), target="/large.bin"),
    _range("large-last", f"bytes={_LARGE - 4}-", _part(f"{_LARGE - 4}-{_LARGE - 1}",
                                                       file="large.bin"), target="/large.bin"),
    _range("large-suffix", "bytes=-4", _part(f"{_LARGE - 4}-{_LARGE - 1}", file="large.bin"),
           target="/large.bin"),
    _range("large-beyond", f"bytes={_LARGE}-", f"416[bytes */{_LARGE}] open",
           target="/large.bin"),
    _range("large-several", f"bytes=0-10,{_4_GIB - 4}-{_4_GIB + 7},-4",
           _part("0-10", f"{_4_GIB - 4}-{_4_GIB + 7}", f"{_LARGE - 4}-{_LARGE - 1}",
                 file="large.bin"), "9110 14.6", target="/large.bin"),
    _case("large-head", "9110 9.3.2", method="HEAD", target="/large.bin",
          expect=f"200/{_LARGE} open"),

    _case("encoded", "9110 14.2", "Range: bytes=0-4", "Accept-Encoding: gzip",
          target="/gzip.txt", expect="206:gzip.txt.gz[0-4]+gzip open"),
    _case("encoded-refused", "9110 14.2", "Range: bytes=0-4", "Accept-Encoding: identity",
          target="/gzip.txt", expect="206:gzip.txt[0-4] open"),
    _case("encoded-beyond", "9110 14.2", "Range: bytes=100-", "Accept-Encoding: gzip",
          target="/coded.txt", expect="416[bytes */42] open"),
    _case("encoded-if-range", "9110 13.1.5", "Range: bytes=0-4", "If-Range: @ETAG-GZIP@",
          "Accept-Encoding: gzip", target="/coded.txt",
          expect="206:coded.txt.gz[0-4]+gzip open"),
    _case("encoded-if-range-other-coding", "9110 13.1.5", "Range: bytes=0-4",
          "If-Range: @ETAG-GZIP@", target="/coded.txt", expect="200:coded.txt open"),
]
