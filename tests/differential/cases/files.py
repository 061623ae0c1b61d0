"""What lies in a directory, and what of it is served: directories and their redirects, dot files,
symbolic links, and files that are none."""

import os

from comparison.case import OK, Case, ask

_NONE = "404 open"
_FORBIDDEN = "403 open"
_AS_ROOT = "root may read every file" if os.geteuid() == 0 else ""
_DIRECTORY = "200:directory/index.html open"


def _file(name, target, expect, section="9110 15.5.5", **more):
    return Case(f"file.{name}", section, ask(target), expect, **more)


def _directory(name, target, expect, section="9110 15.4.2", host="x", **more):
    return Case(f"directory.{name}", section, ask(target, host=host), expect, **more)


CASES = [
    _directory("root", "/", "200:index.html open"),
    _directory("slash", "/directory/", _DIRECTORY),
    _directory("no-slash", "/directory", "301>/directory/ open"),
    _directory("query", "/directory?a=b&c=/d", "301>/directory/?a=b&c=/d open"),
    _directory("empty-query", "/directory?", "301>/directory/? open"),
    _directory("query-with-slash", "/directory/?a", _DIRECTORY),
    _directory("index-by-name", "/directory/index.html", _DIRECTORY),
    _directory("no-index", "/bare/", _FORBIDDEN),
    _directory("no-index-no-slash", "/bare", "301>/bare/ open"),
    _directory("none", "/none/", _NONE),
    _directory("encoded-name", "/%64irectory", "301>/directory/ open"),
    _directory("open-redirect", "//directory", "301>/directory/ open", "9110 17.11"),
    _directory("open-redirect-host", "//example.com/..;/directory", _NONE, "9110 17.11"),
    _directory("open-redirect-parent", "//example.com/../directory", "301>/directory/ open",
               "9110 17.11"),
    _directory("open-redirect-parent-encoded", "//example.com/%2e%2e/directory",
               "301>/directory/ open", "9110 17.11"),
    _directory("open-redirect-slashes", "///directory", "301>/directory/ open", "9110 17.11"),
    _directory("open-redirect-parent-end", "//example.com/..", "200:index.html open",
               "9110 17.11"),
    _directory("open-redirect-backslash", "/\\example.com/../directory", "301>/directory/ open",
               "9110 17.11"),
    _directory("open-redirect-dot", "/.//directory", "301>/directory/ open", "9110 17.11"),
    _directory("line-end-in-path", "/directory%0d%0aX-Any:%20y", _NONE, "9110 17.11"),
    _directory("line-end-in-query", "/directory?a%0d%0aX-Any:%20y",
               "301>/directory/?a%0d%0aX-Any:%20y open", "9110 17.11"),
    _directory("link", "/link-directory/", _DIRECTORY),
    _directory("link-no-slash", "/link-directory", "301>/link-directory/ open"),
    _directory("host-not-trusted", "/directory", "301>/directory/ open", host="example.org"),
    _directory("link-outside", "/link-outside-directory/", _FORBIDDEN),
    _directory("link-outside-no-slash", "/link-outside-directory", _FORBIDDEN),
    _directory("link-outside-file", "/link-outside-directory/secret.txt", _FORBIDDEN),
    _directory("unreadable", "/unreadable/file.txt", _FORBIDDEN, "9110 15.5.4", skip=_AS_ROOT),

    _file("empty", "/empty.txt", "200:empty.txt open"),
    _file("none", "/none", _NONE),
    _file("hidden", "/.hidden", _NONE),
    _file("hidden-encoded", "/%2ehidden", _NONE),
    _file("hidden-directory", "/.git/config", _NONE),
    _file("hidden-deeper", "/directory/.env", _NONE),
    _file("hidden-by-dots", "/directory/../.git/./config", _NONE),
    _file("hidden-directory-slash", "/.git/", _NONE),
    _file("hidden-directory-no-slash", "/.git", _NONE),
    _file("well-known", "/.well-known/security.txt", "200:.well-known/security.txt open",
          "8615 3"),
    _file("well-known-none", "/.well-known/none", _NONE, "8615 3"),
    _file("well-known-no-slash", "/.well-known", "301>/.well-known/ open", "8615 3"),
    _file("well-known-parent", "/.well-known/../.git/config", _NONE, "8615 3"),
    _file("well-known-encoded-slash", "/.well-known%2fsecurity.txt", _NONE, "3986 2.2"),
    _file("well-known-deeper", "/directory/.well-known/security.txt", _NONE, "8615 3"),
    _file("well-known-other-case", "/.Well-Known/security.txt", _NONE, "8615 3"),
    _file("well-known-hidden", "/.well-known/.hidden", _NONE, "8615 3"),
    _file("link-inside", "/link-inside.txt", OK),
    _file("link-inside-absolute", "/link-inside-absolute.txt", _FORBIDDEN),
    _file("link-outside", "/link-outside.txt", _FORBIDDEN),
    _file("link-outside-absolute", "/link-outside-absolute.txt", _FORBIDDEN),
    _file("link-out-and-in", "/link-out-and-in.txt", _FORBIDDEN),
    _file("link-loop", "/link-loop", _FORBIDDEN),
    _file("link-dangling", "/link-dangling", _NONE),
    _file("fifo", "/fifo", _FORBIDDEN, "9110 15.5.4", last=True),
    _file("socket", "/socket", _FORBIDDEN, "9110 15.5.4"),
    _file("unreadable", "/unreadable.txt", _FORBIDDEN, "9110 15.5.4", skip=_AS_ROOT),
    _file("no-extension", "/no-extension", "200:no-extension open"),
    _file("device-name", "/con", "200:con open"),
    Case("file.type-html", "9110 8.3", ask("/index.html"),
         "200:index.html{Content-Type: text/html; charset=utf-8} open", shown=("Content-Type",)),
    Case("file.type-text", "9110 8.3", ask("/plain.txt"),
         "200:plain.txt{Content-Type: text/plain; charset=utf-8} open", shown=("Content-Type",)),
    Case("file.last-modified", "9110 8.8.2", ask("/plain.txt"),
         "200:plain.txt{Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT} open",
         shown=("Last-Modified",)),
    Case("file.no-sniffing", "9110 8.3", ask("/plain.txt"),
         "200:plain.txt{X-Content-Type-Options: nosniff} open",
         shown=("X-Content-Type-Options",)),
    Case("file.error-type", "9110 12.5.1", ask("/none"),
         "404{Content-Type: text/plain; charset=utf-8} open", shown=("Content-Type",)),
    Case("file.error-type-browser", "9110 12.5.1",
         ask("/none", "Accept: text/html,application/xhtml+xml,*/*;q=0.8"),
         "404{Content-Type: text/html; charset=utf-8} open", shown=("Content-Type",)),
    Case("file.error-type-refused", "9110 12.5.1", ask("/none", "Accept: text/html;q=0, */*"),
         "404{Content-Type: text/plain; charset=utf-8} open", shown=("Content-Type",)),
]
