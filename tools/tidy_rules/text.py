"""Rules about text, whatever the language."""

from collections.abc import Iterator
import re

from . import policy
from .source import Finding, SourceFile

SNAKE_CASE = re.compile(r"_*[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


def columns(file: SourceFile) -> Iterator[Finding]:
    if not file.is_code:
        return
    for number, line in enumerate(file.lines, 1):
        if len(line) > policy.MAX_COLUMNS:
            yield file.finding(number, "columns", f"{len(line)} columns; {policy.MAX_COLUMNS} "
                               "are the limit")


def whitespace(file: SourceFile) -> Iterator[Finding]:
    for number, line in enumerate(file.lines, 1):
        if "\t" in line:
            yield file.finding(number, "whitespace", "tab")
        if line != line.rstrip():
            yield file.finding(number, "whitespace", "white space at the end of the line")
    if file.text and not file.text.endswith("\n"):
        yield file.finding(len(file.lines), "whitespace", "no newline at the end of the file")
    if file.text.endswith("\n\n"):
        yield file.finding(len(file.lines), "whitespace", "empty line at the end of the file")


def length(file: SourceFile) -> Iterator[Finding]:
    if not (file.is_cxx or file.is_script):
        return
    limit = policy.MAX_TEST_LINES if file.path.startswith("tests/") else policy.MAX_LINES
    if len(file.lines) > limit:
        yield file.finding(limit + 1, "length", f"{len(file.lines)} lines; {limit} are the limit")


def unfinished(file: SourceFile) -> Iterator[Finding]:
    for number, line in enumerate(file.lines, 1):
        match = policy.UNFINISHED.search(line)
        if match:
            yield file.finding(number, "unfinished", f"{match[0]}: do it, or open an issue")


def file_name(file: SourceFile) -> Iterator[Finding]:
    if (file.is_cxx or file.is_script) and not SNAKE_CASE.fullmatch(file.name):
        yield file.finding(1, "file-name", f"{file.name} is not snake_case")


def registry_host(file: SourceFile) -> Iterator[Finding]:
    for number, line in enumerate(file.lines, 1):
        match = policy.REGISTRY_HOST.search(line)
        if match:
            yield file.finding(number, "registry-host", f"{match[0]} names a package registry")


def absolute_path(file: SourceFile) -> Iterator[Finding]:
    for number, line in enumerate(file.lines, 1):
        match = policy.ABSOLUTE_PATH.search(line)
        if match:
            yield file.finding(number, "absolute-path", f"{match[0]}... is a path of one machine")


def top_level(paths: list[str]) -> Iterator[Finding]:
    seen = set()
    for path in paths:
        entry = path.split("/")[0]
        if entry not in policy.TOP_LEVEL and entry not in seen:
            seen.add(entry)
            yield Finding(path, 1, "top-level", f"{entry} does not belong into the root; "
                          "see tools/tidy_rules/policy.py")
