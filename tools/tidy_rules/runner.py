"""Runs the rules over a tree and takes the allowed exceptions off."""

import pathlib

from . import compilers, failure_policy, hot_path, includes, text
from .source import Finding, SourceFile, list_files, read_file

# Each rule sees one file at a time.
FILE_RULES = [
    includes.include_direction,
    includes.sans_io,
    includes.pragma_once,
    hot_path.hot_path,
    hot_path.clock,
    text.columns,
    text.whitespace,
    text.length,
    text.unfinished,
    text.file_name,
    text.registry_host,
    text.absolute_path,
]


def _apply_allowances(file: SourceFile, findings: list[Finding]) -> list[Finding]:
    """An exception needs a reason, and something that it allows."""
    allowances = file.allowances()
    used = set()
    remaining = []
    for finding in findings:
        key = (finding.line, finding.rule)
        if key in allowances:
            used.add(key)
        else:
            remaining.append(finding)
    for key, (line, reason) in allowances.items():
        if not reason:
            remaining.append(file.finding(line, "allow", f"{key[1]} is allowed without a reason"))
        if key not in used:
            remaining.append(file.finding(line, "allow", f"there is no {key[1]} to allow here"))
    return remaining


def check_sources(root: pathlib.Path, paths: list[str]) -> list[Finding]:
    """What this package finds by reading."""
    findings = list(text.top_level(paths))
    for path in paths:
        file = read_file(root, path)
        if file is None:
            continue
        found = [finding for rule in FILE_RULES for finding in rule(file)]
        found += includes.own_header_first(file, set(paths))
        found += failure_policy.shown_by(file, root, paths)
        findings += _apply_allowances(file, found)
    return findings


def check_tree(root: pathlib.Path) -> tuple[list[Finding], list[str]]:
    """All findings in order, and notes on what could not be checked."""
    paths = list_files(root)
    layout, notes = compilers.check_format(root, paths)
    return sorted(check_sources(root, paths) + layout), notes
