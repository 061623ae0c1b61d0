"""Each row of the failure policy in ARCHITECTURE.md names tests that show it, and they exist."""

from collections.abc import Iterator
import pathlib
import re

from .source import Finding, SourceFile, read_file

SECTION = "## Failure policy"
NAME = re.compile(r"`(\w+\.\w+)`")
TEST = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)


def _tests(root: pathlib.Path, paths: list[str]) -> set[str]:
    files = (read_file(root, path) for path in paths
             if path.startswith("tests/") and path.endswith("_test.cc"))
    return {".".join(match.groups()) for file in files if file
            for match in TEST.finditer(file.text)}


def shown_by(file: SourceFile, root: pathlib.Path, paths: list[str]) -> Iterator[Finding]:
    if file.path != "ARCHITECTURE.md" or SECTION not in file.lines:
        return
    tests = _tests(root, paths)
    start = file.lines.index(SECTION)
    rows = [(number, line) for number, line in enumerate(file.lines, 1)
            if number > start + 1 and line.startswith("| ")]
    for number, line in rows[1:]:
        cells = line.strip("|").split("|")
        names = NAME.findall(cells[2]) if len(cells) == 3 else []
        if not names:
            yield file.finding(number, "shown-by", "no test is named that shows it")
        for name in names:
            if name not in tests:
                yield file.finding(number, "shown-by", f"there is no test {name}")
        if file.lines[number:number + 1] == [""]:
            return  # the table ends here
