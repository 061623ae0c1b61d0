"""What files of the hot path may not use."""

from collections.abc import Iterator

from . import policy
from .source import Finding, SourceFile


def _is_hot(file: SourceFile) -> bool:
    return any(pattern.fullmatch(file.path) for pattern in policy.HOT_FILES)


def hot_path(file: SourceFile) -> Iterator[Finding]:
    """No allocation, exception, lock, output or virtual call per request or event."""
    if not _is_hot(file):
        return
    for number, line in enumerate(file.code_lines, 1):
        for rule, pattern in policy.HOT_TOKENS.items():
            match = pattern.search(line)
            if match:
                yield file.finding(number, rule, f"{match[0]} on the hot path")


def clock(file: SourceFile) -> Iterator[Finding]:
    """Time is an argument: one reading per turn of the loop, and none in protocol code."""
    if not _is_hot(file) and file.layer not in policy.SANS_IO_LAYERS:
        return
    for number, line in enumerate(file.code_lines, 1):
        match = policy.CLOCK_TOKEN.search(line)
        if match:
            yield file.finding(number, "clock", f"{match[0]}: time is an argument here")
