"""From a request target to a file (RFC 3986, RFC 9110 section 4.2)."""

from comparison.case import BAD, OK, Case, ask
from comparison.document_tree import BYTES, DEEP, LONGEST_NAME, byte_file

_UNRESERVED = (b"abcdefghijklmnopqrstuvwxyz" b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" b"0123456789-._~")
_GROUP = 16
_NONE = "404 open"
_DIRECTORY = "200:directory/index.html open"


def _path(name, target, expect, section="3986 2.1", **more):
    return Case(f"path.{name}", section, ask(target, **more), expect)


def _found(name, target, file, section="3986 2.1"):
    return _path(name, target, f"200:{file} open", section)


def _encoded(byte):
    return "".join(f"%{code:02X}" for code in byte_file(byte))


def _minimally_encoded(byte):
    text = byte_file(byte).decode("latin-1")
    return text if byte in b"!$&'()*+,-.;=@[]^_`{|}~:\"<>\\" or byte.isalnum() else _encoded(byte)


def _groups(name, spell):
    """The file of every byte that a name may hold, sixteen to a case."""
    for start in range(0, len(BYTES), _GROUP):
        group = BYTES[start:start + _GROUP]
        yield Case(f"path.{name}-{group[0][0]:02x}-to-{group[-1][0]:02x}", "3986 2.1",
                   "".join(ask("/" + spell(byte)) for byte in group),
                   f"{len(group)}x200:wanted open",
                   wanted=tuple(byte_file(byte).decode("utf-8", "backslashreplace")
                                for byte in group))


CASES = [
    _path("encoded-letter", "/%70lain.txt", OK),
    _path("encoded-all", "/%70%6C%61%69%6E%2E%74%78%74", OK),
    _path("lower-case-digits", "/%70%6c%61in.txt", OK),
    _found("percent", "/100%25.txt", "100%.txt"),
    _path("percent-raw", "/100%.txt", BAD),
    _path("percent-end", "/plain.txt%", BAD),
    _path("percent-one-digit", "/plain.txt%4", BAD),
    _path("percent-not-hexadecimal", "/plain.txt%zz", BAD),
    _path("percent-u", "/%u0070lain.txt", BAD),
    _path("percent-spaces", "/%+7plain.txt", BAD),
    _found("decoded-once", "/%2541.txt", "%41.txt"),
    _path("nul", "/plain.txt%00", BAD),
    _path("nul-and-extension", "/plain.txt%00.html", BAD),
    _path("nul-alone", "/%00", BAD),
    _path("encoded-slash", "/directory%2findex.html", _NONE),
    _path("encoded-slash-first", "/%2fplain.txt", _NONE),
    _path("encoded-slash-last", "/directory%2f", _NONE),
    _path("encoded-question-mark", "/plain.txt%3fa", _NONE),
    _path("encoded-line-end", "/plain.txt%0d%0aX:y", _NONE),
    _path("encoded-space-end", "/plain.txt%20", _NONE),
    _path("dot-end", "/plain.txt.", _NONE),
    _found("space", "/a%20b.txt", "a b.txt"),
    _found("plus", "/a+b.txt", "a+b.txt"),
    _found("plus-encoded", "/a%2bb.txt", "a+b.txt"),
    _found("semicolon", "/a;b.txt", "a;b.txt", "3986 3.3"),
    _path("parameter", "/plain.txt;a=b", _NONE, "3986 3.3"),
    _found("backslash-encoded", "/a%5cb.txt", "a\\b.txt"),
    _path("backslash", "/a\\b.txt", "200:a\\b.txt open", "3986 2"),
    _path("backslash-parent", "/directory\\..\\plain.txt", _NONE, "3986 5.2.4"),
    _path("backslash-encoded-parent", "/..%5c..%5csecret.txt", _NONE, "3986 5.2.4"),
    _found("tilde", "/~user", "~user"),
    _found("utf-8", "/gr%C3%BCn.txt", "gr\u00fcn.txt"),
    _path("utf-8-decomposed", "/gru%CC%88n.txt", _NONE),
    _found("utf-8-three-bytes", "/%E6%97%A5%E6%9C%AC%E8%AA%9E.txt", "\u65e5\u672c\u8a9e.txt"),
    _path("latin-1", "/gr%FCn.txt", _NONE),
    _path("overlong-dot", "/%c0%ae%c0%ae/plain.txt", _NONE, "3629 3"),
    _path("overlong-slash", "/..%c0%afplain.txt", _NONE, "3629 3"),
    _path("full-width-slash", "/..%ef%bc%8fplain.txt", _NONE, "3986 5.2.4"),
    _found("case", "/Case.txt", "Case.txt", "3986 6.2.2.1"),
    _path("other-case", "/case.txt", _NONE, "3986 6.2.2.1"),
    _path("no-extension", "/plain", _NONE),
    _found("longest-name", "/" + LONGEST_NAME, LONGEST_NAME),
    _path("too-long-name", "/" + LONGEST_NAME + "n", _NONE),
    _found("longest-name-encoded", "/" + "%6e" * 255, LONGEST_NAME),
    _found("deep", f"/{DEEP}/bottom.txt", f"{DEEP}/bottom.txt"),
    _path("too-long-path", "/" + "directory/" * 500, _NONE),
    _path("through-file", "/plain.txt/more", _NONE),
    _path("slash-behind-file", "/plain.txt/", _NONE),
    _path("dot-behind-file", "/plain.txt/.", _NONE, "3986 5.2.4"),
    _path("parent-of-file", "/plain.txt/..", "200:index.html open", "3986 5.2.4"),
    _path("sibling-of-file", "/plain.txt/../plain.txt", OK, "3986 5.2.4"),

    _path("dot", "/./plain.txt", OK, "3986 5.2.4"),
    _path("dot-encoded", "/%2e/plain.txt", OK, "3986 5.2.4"),
    _path("dot-dot", "/directory/../plain.txt", OK, "3986 5.2.4"),
    _path("dot-dot-encoded", "/directory/%2e%2e/plain.txt", OK, "3986 5.2.4"),
    _path("dot-dot-half-encoded", "/directory/.%2E/plain.txt", OK, "3986 5.2.4"),
    _path("dot-dot-of-nothing", "/none/../plain.txt", OK, "3986 5.2.4"),
    _path("dot-end-of-directory", "/directory/.", _DIRECTORY, "3986 5.2.4"),
    _path("dot-dot-end", "/directory/..", "200:index.html open", "3986 5.2.4"),
    _path("above", "/../plain.txt", BAD, "3986 5.2.4"),
    _path("above-encoded", "/%2e%2e/plain.txt", BAD, "3986 5.2.4"),
    _path("above-secret", "/../outside/secret.txt", BAD, "3986 5.2.4"),
    _path("above-encoded-slash", "/..%2foutside%2fsecret.txt", _NONE, "3986 5.2.4"),
    _path("above-encoded-all", "/%2e%2e%2foutside%2fsecret.txt", _NONE, "3986 5.2.4"),
    _path("above-twice-encoded", "/%252e%252e/outside/secret.txt", _NONE, "3986 2.4"),
    _path("above-deeper", "/directory/../../outside/secret.txt", BAD, "3986 5.2.4"),
    _path("above-by-slashes", "/directory//../../plain.txt", BAD, "3986 5.2.4"),
    _path("above-and-back", "/../root/plain.txt", BAD, "3986 5.2.4"),
    _path("above-passwd", "/" + "../" * 20 + "etc/passwd", BAD, "3986 5.2.4"),
    _path("above-in-query", "/plain.txt?/../../outside/secret.txt", OK, "3986 3.4"),
    _path("two-dots-first", "/..txt", _NONE, "8615 3"),
    _path("three-dots", "/...", _NONE, "8615 3"),
    _found("two-dots-within", "/a..b.txt", "a..b.txt", "3986 5.2.4"),
    _found("dot-last", "/dot.", "dot.", "3986 5.2.4"),
    _found("named-like-encoded-dots", "/%252e%252e", "%2e%2e", "3986 2.4"),
    _path("two-slashes-first", "//plain.txt", OK, "3986 3.3"),
    _path("two-slashes-within", "/directory//index.html", _DIRECTORY, "3986 3.3"),
    _path("two-slashes-only", "//", "200:index.html open", "3986 3.3"),
    _path("host-in-path", "//example.org/plain.txt", _NONE, "9112 3.2.1"),
    _path("url-in-path", "/http://example.org/plain.txt", _NONE, "9112 3.2.1"),

    *_groups("encoded", _encoded),
    *_groups("raw", _minimally_encoded),
]
