"""Which code may know which: the direction of includes and the layers without I/O."""

from collections.abc import Iterator
import pathlib

from . import policy
from .source import Finding, Include, SourceFile, layer_of

TOP_FOLDERS = ("core/", "io/", "http/", "tests/", "bench/", "tools/")


def include_direction(file: SourceFile) -> Iterator[Finding]:
    """A layer includes itself, the layers below it and what policy.py grants, by full path."""
    if file.layer is None:
        return
    for include in file.includes:
        message = _quoted(file, include) if include.quoted else _angled(file, include)
        if message:
            yield file.finding(include.line, "include-direction", message)


def _quoted(file: SourceFile, include: Include) -> str | None:
    if not include.name.startswith(TOP_FOLDERS) or ".." in include.name.split("/"):
        return f'"{include.name}" is not a path from the root of the repository'
    target = layer_of(include.name)
    if target in policy.MAY_INCLUDE[file.layer]:
        return None
    folder = include.name.split("/")[0] if target is None else target
    return f"{file.layer} must not include {folder}"


def _angled(file: SourceFile, include: Include) -> str | None:
    for header, users in policy.THIRD_PARTY:
        if header.fullmatch(include.name):
            if users.fullmatch(file.path):
                return None
            return f"<{include.name}> is for {users.pattern} only"
    if not policy.SYSTEM_HEADER.fullmatch(include.name):
        return f"<{include.name}> is not known; see tools/tidy_rules/policy.py"
    if (file.layer in policy.SOCKETLESS_LAYERS
            and policy.SOCKET_HEADER.fullmatch(include.name)):
        return f"{file.layer} has no sockets: <{include.name}>"
    return None


def sans_io(file: SourceFile) -> Iterator[Finding]:
    """Protocol code does no I/O and reads no clock: bytes come in and go out."""
    if file.layer not in policy.SANS_IO_LAYERS:
        return
    for include in file.includes:
        if not include.quoted and policy.IO_HEADER.fullmatch(include.name):
            yield file.finding(include.line, "sans-io", f"<{include.name}> is for I/O")
    for number, line in enumerate(file.code_lines, 1):
        match = policy.IO_TOKEN.search(line)
        if match:
            yield file.finding(number, "sans-io", f"{match[0]} asks the system")


def own_header_first(file: SourceFile, paths: set[str]) -> Iterator[Finding]:
    """x.cc includes x.h before all else, so that x.h shows by itself that it is complete."""
    if file.suffix != ".cc":
        return
    header = str(pathlib.PurePosixPath(file.path).with_suffix(".h"))
    if header not in paths:
        return
    if not file.includes or file.includes[0].name != header:
        line = file.includes[0].line if file.includes else 1
        yield file.finding(line, "own-header-first", f'the first include must be "{header}"')


def pragma_once(file: SourceFile) -> Iterator[Finding]:
    """Every header starts with #pragma once, behind its comment."""
    if file.suffix != ".h":
        return
    code = [(number, line.strip()) for number, line in enumerate(file.code_lines, 1)
            if line.strip()]
    if file.includes:
        code = [entry for entry in code if entry[0] < file.includes[0].line]
    if not code or code[0][1] != "#pragma once":
        yield file.finding(code[0][0] if code else 1, "pragma-once",
                           "#pragma once must come before all other code")
