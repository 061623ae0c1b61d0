"""Rules that a compiler decides: the layout, and headers that are complete in themselves."""

from concurrent.futures import ThreadPoolExecutor
import os
import pathlib
import re
import shutil
import subprocess

from . import policy
from .source import CXX_SUFFIXES, Finding, list_files

DIAGNOSTIC = re.compile(r"(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?:fatal )?error: (?P<message>.*)")
FILES_PER_RUN = 16  # of clang-format: enough to hide its start, few enough to use every CPU


def _parallel(function, items):
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(function, items))


def find_clang_format() -> tuple[str | None, str]:
    """The program, or why there is none."""
    for name in (f"clang-format-{policy.CLANG_FORMAT_MAJOR}", "clang-format"):
        program = shutil.which(name)
        if program is None:
            continue
        version = subprocess.run([program, "--version"], capture_output=True, text=True,
                                 check=True).stdout
        match = re.search(r"version (\d+)", version)
        if match and int(match[1]) == policy.CLANG_FORMAT_MAJOR:
            return program, ""
        return None, f"{version.strip()} is not version {policy.CLANG_FORMAT_MAJOR}"
    return None, "clang-format is not installed"


def check_format(root: pathlib.Path, paths: list[str]) -> tuple[list[Finding], list[str]]:
    """One finding per file: the first line whose layout is not that of .clang-format."""
    program, reason = find_clang_format()
    if program is None:
        return [], [f"format: skipped: {reason}"]
    sources = [path for path in paths if pathlib.PurePosixPath(path).suffix in CXX_SUFFIXES]

    def run(batch: list[str]) -> list[Finding]:
        result = subprocess.run([program, "--dry-run", "-Werror", *batch], cwd=root,
                                capture_output=True, text=True, check=False)
        first = {}
        for match in DIAGNOSTIC.finditer(result.stderr):
            first.setdefault(match["path"], int(match["line"]))
        findings = [Finding(path, line, "format", "run clang-format -i on it")
                    for path, line in first.items()]
        if result.returncode != 0 and not findings:
            findings.append(Finding(batch[0], 1, "format", result.stderr.strip()))
        return findings

    batches = [sources[i:i + FILES_PER_RUN] for i in range(0, len(sources), FILES_PER_RUN)]
    return [finding for found in _parallel(run, batches) for finding in found], []


def check_headers(root: pathlib.Path, compiler: str,
                  include: list[str]) -> tuple[list[Finding], list[str]]:
    """One finding per header that does not compile as the only include of a file."""
    headers = [path for path in list_files(root) if path.endswith(".h")]
    flags = [*policy.HEADER_FLAGS, f"-I{root}", *(f"-I{folder}" for folder in include)]

    def run(header: str) -> list[Finding]:
        result = subprocess.run([compiler, *flags, "-x", "c++", "-"], cwd=root,
                                input=f'#include "{header}"\n', capture_output=True, text=True,
                                check=False)
        if result.returncode == 0:
            return []
        match = DIAGNOSTIC.search(result.stderr)
        if match is None:
            return [Finding(header, 1, "headers", result.stderr.strip())]
        path = os.path.relpath(match["path"], root) if os.path.isabs(match["path"]) else header
        where = "" if path == header else f" (included by {header})"
        return [Finding(path, int(match["line"]), "headers", match["message"] + where)]

    findings = [finding for found in _parallel(run, headers) for finding in found]
    return sorted(set(findings)), [f"headers: {len(headers)} compiled alone with {compiler}"]
