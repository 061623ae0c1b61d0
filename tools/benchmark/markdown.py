"""The report as Markdown, and the table that the README shows."""

from . import machine, tables
from .processes import Failure

_BEGIN = "<!-- begin: made by tools/bench --report FILE --readme -->"
_END = "<!-- end -->"

# Rows of the README's table: work item, and how its row is called there.
_README = [
    ("file-128", "128 B"), ("connections-1000", "128 B, 1,000 connections"),
    ("connections-8000", "128 B, 8,000 connections"), ("file-4k", "4 KiB"),
    ("file-16k", "16 KiB"), ("file-64k", "64 KiB"), ("file-1m", "1 MiB"), ("file-16m", "16 MiB"),
    ("pipelined", "128 B, 16 requests at once"),
    ("new-connection", "128 B, a new connection each"),
    ("site", "a site of 20 files, as browsers ask"), ("many", "10,000 files of 1 KiB"),
]
_README_SERVERS = ["spate-uring", "spate-epoll", "nginx", "nginx-60s", "h2o", "lighttpd", "caddy"]


def section(records, work):
    """One work item: its heading and table."""
    rows = records.summaries(work)
    table = tables.TABLES[rows[0]["kind"]](rows)
    return f"## {rows[0]['title']} (`{work}`)\n\n{table.markdown()}\n"


def report(records):
    """All of it."""
    facts = records.machine()
    parts = ["# spate, its floors and its rivals\n",
             "".join(f"- {line}\n" for line in machine.describe(facts))]
    parts.append(f"Made by `{' '.join(['tools/bench', *facts['arguments']])}`. ± is the median "
                 "absolute deviation; numbers are medians of the rounds.\n")
    if rows := records.of_type("comparison"):
        parts.append("## Two revisions\n\n" + tables.comparison_table(rows).markdown() + "\n")
    if rows := records.of_type("features"):
        parts.append("## What each server does\n\n" + tables.features_table(rows).markdown() + "\n")
    parts += [section(records, work) for work in records.works()]
    if rows := records.of_type("bar"):
        parts.append("## What was asked for\n\n" + tables.bars_table(rows).markdown() + "\n")
    return "\n".join(parts)


def _cell(row):
    if row is None or row["cpu_us"] is None:
        return ""
    digits = 0 if row["cpu_us"] >= 100 else 1 if row["cpu_us"] >= 10 else 2
    text = f"{row['cpu_us']:,.{digits}f}"
    if row["server"].startswith("spate-"):
        text = f"**{text}**"
    return text + (" (errors)" if row["errors"] else "")


def readme_table(records):
    """CPU time per request, a column for each server that was measured."""
    rows = {(row["work"], row["server"]): row for row in records.of_type("summary")
            if row["kind"] == "load"}
    servers = [name for name in _README_SERVERS if any(server == name for _, server in rows)]
    lines = [[title, *(_cell(rows.get((work, name))) for name in servers)]
             for work, title in _README if any((work, name) in rows for name in servers)]
    facts = records.machine()
    return (tables.Table(["CPU µs/request", *servers], lines).markdown() +
            f"\n\nMeasured on {facts['date'][:10]}, revision {facts['revision'][:12]}, "
            f"{facts['cpu']}, {len(facts['cpus_allowed'])} CPUs, Linux "
            f"{facts['kernel'].split(' ')[0]}, {facts['congestion_control']}.")


def update_readme(path, records):
    """Replaces what stands between the markers."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise Failure(f"{path} has no lines {_BEGIN} and {_END}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{begin}\n{readme_table(records)}\n{end}{after}")
