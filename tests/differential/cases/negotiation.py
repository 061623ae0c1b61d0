"""Accept-Encoding (RFC 9110 section 12.5.3) with precompressed siblings: coded.txt has .gz, .br and
.zst, gzip.txt has .gz only, stale.txt has a .gz older than itself."""

from comparison.case import Case, ask

_ZSTD, _BROTLI, _GZIP = (f"200:coded.txt.{name} open" for name in
                         ("zst+zstd", "br+br", "gz+gzip"))
_PLAIN = "200:coded.txt open"


def _accept(name, value, expect, target="/coded.txt", section="9110 12.5.3", **more):
    return Case(f"encoding.{name}", section, ask(target, f"Accept-Encoding: {value}"), expect,
                **more)


CASES = [
    Case("encoding.none", "9110 12.5.3", ask("/coded.txt"), _PLAIN),
    _accept("empty", "", _PLAIN),
    _accept("gzip", "gzip", _GZIP),
    _accept("brotli", "br", _BROTLI),
    _accept("zstd", "zstd", _ZSTD),
    _accept("x-gzip", "x-gzip", _GZIP, section="9110 8.4.1.3"),
    _accept("upper-case", "GZIP", _GZIP, section="9110 8.4.1"),
    _accept("identity", "identity", _PLAIN),
    _accept("unknown", "compress", _PLAIN),
    _accept("prefix", "gzipped", _PLAIN),
    _accept("within", "notgzip", _PLAIN),
    _accept("browser", "gzip, deflate, br, zstd", _BROTLI),
    _accept("older-browser", "gzip, deflate, br", _BROTLI),
    _accept("gzip-zero", "gzip;q=0", _PLAIN),
    _accept("gzip-zero-decimals", "gzip;q=0.000", _PLAIN),
    _accept("gzip-lowest", "gzip;q=0.001", _GZIP, section="9110 12.4.2"),
    _accept("gzip-over-identity", "gzip;q=0.5, identity;q=0.1", _GZIP),
    _accept("identity-over-gzip", "identity, gzip;q=0.5", _PLAIN),
    _accept("gzip-over-brotli", "gzip;q=1.0, br;q=0.5", _GZIP),
    _accept("gzip-over-both", "br;q=0.1, gzip;q=0.9, zstd;q=0.5", _GZIP),
    _accept("brotli-zero", "br;q=0, gzip", _GZIP),
    _accept("any", "*", _BROTLI),
    _accept("any-but-brotli", "*, br;q=0", _ZSTD),
    _accept("any-but-two", "zstd;q=0, br;q=0, *", _GZIP),
    _accept("any-zero", "*;q=0", "406 open"),
    _accept("any-zero-but-gzip", "gzip, *;q=0", _GZIP),
    _accept("any-zero-but-identity", "identity, *;q=0", _PLAIN),
    _accept("identity-zero", "identity;q=0", "406 open"),
    _accept("identity-zero-gzip", "identity;q=0, gzip", _GZIP),
    _accept("identity-zero-no-sibling", "identity;q=0, gzip", "406 open", "/plain.txt"),
    _accept("identity-zero-other-sibling", "identity;q=0, br", "406 open", "/gzip.txt"),
    _accept("spaces", "gzip ; q=0 , br ; q=1", _BROTLI),
    _accept("q-upper-case", "gzip;Q=0", _PLAIN),
    _accept("q-malformed", "gzip;q=abc", _PLAIN, section="9110 12.4.2"),
    _accept("q-above-one", "gzip;q=2", _PLAIN, section="9110 12.4.2"),
    _accept("q-four-decimals", "gzip;q=0.0001", _PLAIN, section="9110 12.4.2"),
    _accept("q-of-one", "gzip;q=1.000", _GZIP, section="9110 12.4.2"),
    _accept("commas", ",,gzip,,", _GZIP, section="9110 5.6.1"),
    Case("encoding.two-fields", "9110 5.3",
         ask("/coded.txt", "Accept-Encoding: gzip;q=0.5", "Accept-Encoding: br"), _BROTLI),
    Case("encoding.two-fields-zero", "9110 5.3",
         ask("/coded.txt", "Accept-Encoding: br;q=0, zstd;q=0", "Accept-Encoding: gzip"), _GZIP),
    _accept("only-gzip", "gzip, br, zstd", "200:gzip.txt.gz+gzip open", "/gzip.txt"),
    _accept("only-gzip-wants-brotli", "br", "200:gzip.txt open", "/gzip.txt"),
    _accept("stale", "gzip", "200:stale.txt open", "/stale.txt", section="9111 4.2"),
    _accept("orphan", "gzip", "404 open", "/orphan.txt"),
    _accept("sibling-itself", "gzip", "200:coded.txt.gz open", "/coded.txt.gz"),
    _accept("sibling-itself-refused", "identity", "200:coded.txt.gz open", "/coded.txt.gz"),
    _accept("index", "gzip", "200:coded/index.html.gz+gzip open", "/coded/"),
    Case("encoding.head", "9110 9.3.2", ask("/coded.txt", "Accept-Encoding: br", method="HEAD"),
         "200/23+br open"),
    _accept("sibling-is-directory", "gzip", "200:odd.txt open", "/odd.txt"),
    _accept("sibling-outside", "br", "200:odd.txt open", "/odd.txt"),
    _accept("empty-sibling", "zstd", "200:empty.txt+zstd open", "/odd.txt"),
    Case("encoding.turns", "9110 12.5.3",
         "".join(ask("/coded.txt", *fields) for fields in
                 [["Accept-Encoding: gzip"], [], ["Accept-Encoding: br"], ["Accept-Encoding: gzip"],
                  ["Accept-Encoding: identity"]]),
         "200:coded.txt.gz+gzip 200:coded.txt 200:coded.txt.br+br 200:coded.txt.gz+gzip "
         "200:coded.txt open"),
    Case("encoding.query", "9110 12.5.3", ask("/coded.txt?a", "Accept-Encoding: gzip"), _GZIP),
    Case("encoding.absolute-form", "9112 3.2.2",
         ask("http://example.org/coded.txt", "Accept-Encoding: gzip"), _GZIP),
    Case("encoding.escaped-name", "3986 6.2.2.2", ask("/%63oded.txt", "Accept-Encoding: gzip"),
         _GZIP),
    _accept("vary", "gzip", "200:coded.txt.gz+gzip{Vary: Accept-Encoding} open",
            section="9110 12.5.5", shown=("Vary",)),
    Case("encoding.vary-plain", "9110 12.5.5", ask("/coded.txt"),
         "200:coded.txt{Vary: Accept-Encoding} open", shown=("Vary",)),
    Case("encoding.vary-not-modified", "9110 15.4.5",
         ask("/coded.txt", "Accept-Encoding: gzip", "If-None-Match: @ETAG-GZIP@"),
         "304{Vary: Accept-Encoding} open", shown=("Vary",)),
    _accept("type", "gzip",
            "200:coded.txt.gz+gzip{Content-Type: text/plain; charset=utf-8} open",
            section="9110 8.3", shown=("Content-Type",)),
]
