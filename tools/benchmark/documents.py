"""The files that are served: the same bytes every time, made from fixed seeds.

A root folder holds files of one size each (128.bin, ...), a site of twenty files with
precompressed siblings (site/), and ten thousand small files (many/). The tree of a hundred
thousand files is a root of its own, because only the cold start looks at it.
"""

import gzip
import os
import random
import shutil
import subprocess

from .processes import Failure

# Written long ago, as most files are: nobody has to doubt the time stamp.
_MODIFIED = 1700000000

EXAMINED_SIZE = 4096  # of the file that servers are asked about all they can do
SMALL_FILES = 10000
SMALL_SIZE = 1024
TREE_FILES = 100000
_FILES_PER_FOLDER = 1000

# What a page of a small site loads: name, bytes. Text is compressed to siblings, as deploy tools
# do; pictures and fonts are compressed already.
SITE = [
    ("index.html", 18_400), ("about.html", 9_100),
    ("css/base.css", 6_200), ("css/layout.css", 14_800), ("css/print.css", 1_100),
    ("js/app.js", 96_000), ("js/vendor.js", 148_000), ("js/menu.js", 4_300),
    ("js/search.js", 22_500), ("data/items.json", 31_000),
    ("img/logo.svg", 3_400), ("img/icons.svg", 12_700),
    ("img/hero.webp", 84_000), ("img/one.webp", 21_500), ("img/two.webp", 17_800),
    ("img/three.webp", 26_200), ("img/avatar.png", 5_600), ("favicon.ico", 1_150),
    ("font/text.woff2", 24_600), ("font/head.woff2", 19_900),
]
_TEXT = (".html", ".css", ".js", ".json", ".svg")

# What the load-test target makes: its type and its bytes by name. None: so many as the name says,
# by chance.
MADE = {
    "/plaintext": ("text/plain", b"Hello, World!"),
    "/json": ("application/json", b'{"message":"Hello, World!"}'),
    "/bytes/1024": ("application/octet-stream", None),
}


def is_text(name):
    return name.endswith(_TEXT)


def body_of(size):
    """Letters in order: the same bytes that the floors send from memory."""
    letters = b"abcdefghijklmnopqrstuvwxyz"
    return (letters * (size // len(letters) + 1))[:size]


def small_name(number):
    return f"many/{number // 100:03}/{number:05}.txt"


def small_body(number):
    """Distinct, so that a mix-up shows."""
    return (f"{number:08}\n".encode("ascii") * (SMALL_SIZE // 9 + 1))[:SMALL_SIZE]


def tree_name(number):
    return f"{number // _FILES_PER_FOLDER:03}/{number:06}.txt"


def write(root, works):
    """Fills a root folder with what these work items ask for, and what every server is examined
    with."""
    for size in {EXAMINED_SIZE, *(work.size for work in works if work.files == "single")}:
        _write(os.path.join(root, f"{size}.bin"), body_of(size))
    _write_site(os.path.join(root, "site"))
    if any(work.files == "many" for work in works):
        for number in range(SMALL_FILES):
            _write(os.path.join(root, small_name(number)), small_body(number))


def write_site_answers(root, path):
    """What answers whom best who takes every coding, a line for each file of the site: target,
    file and, if it is one, its coding."""
    with open(path, "w", encoding="utf-8") as file:
        for name, _ in SITE:
            body = os.path.join(root, "site", name)
            packed = f"{body}.br br" if is_text(name) else body
            file.write(f"/site/{name} {packed}\n")


def write_tree(root):
    """A hundred thousand files of a few bytes, and one of 128 bytes to ask for."""
    _write(os.path.join(root, "128.bin"), body_of(128))
    for number in range(TREE_FILES):
        _write(os.path.join(root, tree_name(number)), b"%06d\n" % number)


def _write(path, content):
    try:
        file = open(path, "wb")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file = open(path, "wb")
    with file:
        file.write(content)
    os.utime(path, (_MODIFIED, _MODIFIED))


def _words(size, generator):
    """Text that compresses about as well as source code does: words drawn unevenly."""
    words = ["".join(generator.choices("etaoinshrdlucmfwypvbgkjqxz", k=generator.randint(2, 9)))
             for _ in range(600)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    text = []
    length = 0
    while length < size:
        line = " ".join(generator.choices(words, weights, k=generator.randint(4, 12))) + ";\n"
        text.append(line)
        length += len(line)
    return "".join(text).encode("ascii")[:size]


def _write_site(folder):
    brotli = shutil.which("brotli")
    if brotli is None:
        raise Failure("brotli is not installed: tools/install_dependencies bench")
    generator = random.Random(5)
    for name, size in SITE:
        path = os.path.join(folder, name)
        if not is_text(name):
            _write(path, generator.randbytes(size))
            continue
        content = _words(size, generator)
        _write(path, content)
        _write(path + ".gz", gzip.compress(content, 9, mtime=0))
        packed = subprocess.run([brotli, "--quality=11", "--stdout", path], check=True,
                                capture_output=True).stdout
        _write(path + ".br", packed)
