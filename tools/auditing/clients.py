"""The load generators that are known: how they are called, and what they say in the end.

Parsers take the output as it is and never fail: what is not said is not in the report. Durations
are nanoseconds.
"""

import dataclasses
import os
import re

UNITS = {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "secs": 1e9, "m": 60e9, "h": 3600e9}


@dataclasses.dataclass
class Report:
    """What a client says. Names of durations: mean, max, and percentiles by their share."""

    requests: int | None = None  # that it counts as answered
    durations: dict = dataclasses.field(default_factory=dict)
    errors: dict = dataclasses.field(default_factory=dict)  # by kind, without those that are 0
    resolution: float = 0  # of the durations


def _duration(text):
    number, unit = re.fullmatch(r"([\d.]+) ?(\D+)", text).groups()
    return float(number) * UNITS[unit]


def _number(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return int(found.group(1)) if found else None


def _errors(kinds):
    return {kind: number for kind, number in kinds.items() if number}


def parse_wrk(text):
    report = Report(requests=_number(r"^\s*(\d+) requests in ", text))
    if line := re.search(r"^\s*Latency +(\S+) +\S+ +(\S+) ", text, re.MULTILINE):
        report.durations["mean"] = _duration(line.group(1))
        report.durations["max"] = _duration(line.group(2))
    for share, duration in re.findall(r"^ +([\d.]+)% +(\S+)$", text, re.MULTILINE):
        report.durations[_share(share)] = _duration(duration)
    kinds = {"not 2xx or 3xx": _number(r"Non-2xx or 3xx responses: (\d+)", text)}
    for kind in ("connect", "read", "write", "timeout"):
        kinds[kind] = _number(rf"Socket errors:.*\b{kind} (\d+)", text)
    report.errors = _errors(kinds)
    return report


def parse_h2load(text):
    report = Report(requests=_number(r"^requests: .* (\d+) done,", text))
    if line := re.search(r"^time for request: +\S+ +(\S+) +(\S+) ", text, re.MULTILINE):
        report.durations["max"] = _duration(line.group(1))
        report.durations["mean"] = _duration(line.group(2))
    kinds = {kind: _number(rf"^requests: .*\b(\d+) {kind}\b", text)
             for kind in ("failed", "errored", "timeout")}
    report.errors = _errors(kinds)
    return report


def parse_ab(text):
    report = Report(requests=_number(r"^Complete requests: +(\d+)", text), resolution=1e6)
    if line := re.search(r"^Total: +\d+ +(\d+) +\S+ +\d+ +(\d+)", text, re.MULTILINE):
        report.durations["mean"] = int(line.group(1)) * 1e6
        report.durations["max"] = int(line.group(2)) * 1e6
    for share, duration in re.findall(r"^ +(\d\d)% +(\d+)$", text, re.MULTILINE):
        report.durations[_share(share)] = int(duration) * 1e6
    report.errors = _errors({"failed": _number(r"^Failed requests: +(\d+)", text),
                             "write": _number(r"^Write errors: +(\d+)", text),
                             "not 2xx": _number(r"^Non-2xx responses: +(\d+)", text)})
    return report


def parse_hey(text):
    report = Report(resolution=1e5)
    statuses = re.findall(r"^ +\[(\d{3})\]\t(\d+) responses", text, re.MULTILINE)
    if statuses:
        report.requests = sum(int(number) for _, number in statuses)
    for name, title in (("mean", "Average"), ("max", "Slowest")):
        if line := re.search(rf"^ +{title}:\t([\d.]+) secs", text, re.MULTILINE):
            report.durations[name] = _duration(line.group(1) + "s")
    # It says 0 % of percentiles for which it has too few.
    for share, duration in re.findall(r"^ +([1-9]\d*)%+ in ([\d.]+) secs", text, re.MULTILINE):
        report.durations[_share(share)] = _duration(duration + "s")
    kinds = {f"status {status}": int(number) for status, number in statuses if status[0] != "2"}
    for number, kind in re.findall(r"^ +\[(\d+)\]\t(?!\d+ responses)(.+)$", text, re.MULTILINE):
        # Without the address, which has a port of its own in each.
        kind = kind.rpartition(": ")[2]
        kinds[kind] = kinds.get(kind, 0) + int(number)
    report.errors = _errors(kinds)
    return report


def parse_bombardier(text):
    report = Report()
    statuses = {kind: int(number) for kind, number in
                re.findall(r"\b(\dxx) - (\d+)", text)}
    if statuses:
        report.requests = sum(statuses.values())
    if line := re.search(r"^ +Latency +(\S+) +\S+ +(\S+)\s*$", text, re.MULTILINE):
        report.durations["mean"] = _duration(line.group(1))
        report.durations["max"] = _duration(line.group(2))
    # Some versions say them of all and then of those with 2xx.
    for share, duration in re.findall(r"^ +(\d\d)% +(\S+)\s*$", text, re.MULTILINE):
        report.durations.setdefault(_share(share), _duration(duration))
    kinds = {kind: number for kind, number in statuses.items() if kind not in ("2xx", "3xx")}
    for kind, number in re.findall(r"^ +(.+) - (\d+)\s*$", text.partition("Errors:")[2],
                                   re.MULTILINE):
        kinds[kind] = kinds.get(kind, 0) + int(number)
    report.errors = _errors(kinds)
    return report


def _share(percent):
    return round(float(percent) / 100, 6)


@dataclasses.dataclass(frozen=True)
class Client:
    """package: of Debian; none: it is known by what it says, and run by who names it. arguments:
    the usual ones."""

    package: str | None
    arguments: tuple
    parse: object


KNOWN = {
    "wrk": Client("wrk", ("-t", "1", "-c", "{connections}", "-d", "{seconds}s", "--latency",
                          "{url}"), parse_wrk),
    "h2load": Client("nghttp2-client", ("--h1", "-t", "1", "-c", "{connections}", "-D",
                                        "{seconds}", "{url}"), parse_h2load),
    # -t alone ends after 50,000 requests.
    "ab": Client("apache2-utils", ("-q", "-k", "-c", "{connections}", "-t", "{seconds}", "-n",
                                   "100000000", "{url}"), parse_ab),
    "hey": Client("hey", ("-c", "{connections}", "-z", "{seconds}s", "{url}"), parse_hey),
    # What Debian has by that name is a game.
    "bombardier": Client(None, ("-c", "{connections}", "-d", "{seconds}s", "--latencies",
                                "--print", "result", "{url}"), parse_bombardier),
}


def parser_of(program):
    """Null for a program that is not known."""
    known = KNOWN.get(os.path.basename(program))
    return known.parse if known else None


def fill_in(words, values):
    """A command with its places filled in; other braces stay as they are."""
    def fill(word):
        return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found.group(1), found.group(0))),
                      word)
    return [fill(word) for word in words]
