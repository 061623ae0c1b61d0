"""The files of a tree, and what a rule wants to know about one."""

import dataclasses
import pathlib
import re
import subprocess

from . import policy

CXX_SUFFIXES = {".h", ".cc"}
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__"}

# Comments, literals and numbers of C++. Numbers, because their digit separators look like quotes.
CXX_TOKEN = re.compile(
    r"""(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)"""
    r"""|(?P<string>\b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")"""
    r"""|(?P<plain>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<number>\b\d(?:'?[\w.])*)""",
    re.DOTALL)
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
ALLOW = re.compile(r"(?://|#)\s*tidy: allow\(([a-z-]+)\)[ \t]*(.*)")


# The self-test has a case for each of them.
RULES = {
    "absolute-path", "allocation", "allow", "clock", "columns", "exception", "file-name", "format",
    "headers", "include-direction", "length", "lock", "output", "own-header-first", "pragma-once",
    "registry-host", "rtti", "sans-io", "shown-by", "sleep", "top-level", "unfinished",
    "virtual-call", "whitespace",
}


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __post_init__(self):
        assert self.rule in RULES, self.rule

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    quoted: bool
    name: str


def _blank(text: str) -> str:
    """Spaces in place of `text`, with its line breaks."""
    return re.sub(r"[^\n]", " ", text)


def _without(text: str, groups: set[str]) -> str:
    def replace(match: re.Match) -> str:
        return _blank(match.group()) if match.lastgroup in groups else match.group()
    return CXX_TOKEN.sub(replace, text)


class SourceFile:
    """A text file; `path` is relative to the root, with slashes."""

    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text
        self.name = path.rsplit("/", 1)[-1]
        self.suffix = pathlib.PurePosixPath(path).suffix
        self.lines = text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.is_cxx = self.suffix in CXX_SUFFIXES
        first = self.lines[0] if self.lines else ""
        self.is_script = self.suffix in {".py", ".sh"} or first.startswith("#!")
        self.is_code = (self.is_cxx or self.is_script or self.suffix == ".cmake"
                        or self.name == "CMakeLists.txt")
        self.layer = layer_of(path)
        self.includes: list[Include] = []
        self.code_lines: list[str] = []  # C++ without comments, literals and directives
        if self.is_cxx:
            self._read_cxx()

    def _read_cxx(self) -> None:
        directives = _without(self.text, {"comment", "string", "mark"}).split("\n")
        code = _without(self.text, {"comment", "string", "mark", "plain"}).split("\n")
        for number, line in enumerate(directives, 1):
            match = INCLUDE.match(line)
            if match:
                self.includes.append(Include(number, match[1] == '"', match[2]))
                code[number - 1] = ""
        self.code_lines = code

    def finding(self, line: int, rule: str, message: str) -> Finding:
        return Finding(self.path, line, rule, message)

    def allowances(self) -> dict[tuple[int, str], tuple[int, str]]:
        """(line it is for, rule) -> (line it is on, reason)."""
        found = {}
        if not self.is_code:
            return found
        for number, line in enumerate(self.lines, 1):
            match = ALLOW.search(line)
            if match:
                alone = line[:match.start()].strip() == ""
                found[(number + 1 if alone else number, match[1])] = (number, match[2].strip())
        return found


def layer_of(path: str) -> str | None:
    for layer, prefix in policy.LAYERS:
        if path.startswith(prefix):
            return layer
    return None


def list_files(root: pathlib.Path) -> list[str]:
    """What is or could be committed: git's view where there is a repository, else a walk."""
    listing = None
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others",
                   "--exclude-standard"]
        result = subprocess.run(command, capture_output=True, check=False)
        if result.returncode == 0:
            listing = set(result.stdout.decode().split("\0")) - {""}
    if listing is None:
        listing = {path.relative_to(root).as_posix() for path in root.rglob("*")
                   if not SKIPPED_FOLDERS.intersection(path.relative_to(root).parts)}
    return sorted(name for name in listing
                  if (root / name).is_file() and not (root / name).is_symlink())


def read_file(root: pathlib.Path, path: str) -> SourceFile | None:
    """None for a file that is data."""
    if policy.DATA.fullmatch(path):
        return None
    data = (root / path).read_bytes()
    if b"\0" in data:
        return None
    try:
        return SourceFile(path, data.decode("utf-8"))
    except UnicodeDecodeError:
        return None
