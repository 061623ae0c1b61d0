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
    ("plaintext", "`/plaintext` of the load-test target"), ("json", "`/json`"),
    ("bytes-1024", "`/bytes/1024`"), ("plaintext-pipelined", "`/plaintext`, 16 requests at once"),
]
_README_SERVERS = {
    "spate-uring": ["spate-uring"], "spate-epoll": ["spate-epoll"],
    "floors": ["floor-uring", "floor-epoll"], "nginx": ["nginx"], "nginx, 60 s": ["nginx-60s"],
    "h2o": ["h2o"], "lighttpd": ["lighttpd"], "Caddy": ["caddy"],
}


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


def _short(value):
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def _cell(rows, work, names):
    """CPU time per request, and in brackets the ratio to nginx. Of files that a server would send
    by sendfile, the floor that does."""
    parts = []
    for name in names:
        row = rows.get((work, name + "-file")) or rows.get((work, name))
        if row is None or row["cpu_us"] is None:
            continue
        text = _short(row["cpu_us"])
        if name.startswith("spate-"):
            text = f"**{text}**"
            if row.get("to_nginx"):
                text += f" ({row['to_nginx']:.2f})"
        parts.append(text + (" with errors" if row["errors"] else ""))
    return ", ".join(parts)


def _idle_cell(rows, names):
    """Bytes per connection; of spate with all that is reserved beforehand."""
    found = [rows[("idle-memory", name)] for name in names if ("idle-memory", name) in rows]
    texts = [f"{row.get('with_preallocation', row['growth']):,.0f}" for row in found]
    return ", ".join(f"**{text}**" if names[0].startswith("spate-") else text for text in texts)


def readme_table(records, picture):
    """The picture, the table and where they are from."""
    rows = {(row["work"], row["server"]): row for row in records.of_type("summary")}
    columns = {title: names for title, names in _README_SERVERS.items()
               if any(name in names for _, name in rows)}
    lines = [[title, *(_cell(rows, work, names) for names in columns.values())]
             for work, title in _README if any(key == work for key, _ in rows)]
    idle = [_idle_cell(rows, names) for names in columns.values()]
    if any(idle):
        lines.append(["bytes for each of 8,000 idle connections", *idle])
    facts = records.machine()
    return (f"![CPU time per request of 128 B]({picture})\n\n" +
            tables.Table(["CPU µs/request", *columns], lines).markdown() +
            f"\n\nMeasured on {facts['date'][:10]}, revision {facts['revision'][:12]}: "
            f"{facts['cpu']}, {len(facts['cpus_allowed'])} CPUs, Linux "
            f"{facts['kernel'].split(' ')[0]}, congestion control "
            f"{facts['congestion_control']}.")


def update_readme(path, records, picture):
    """Replaces what stands between the markers. picture: path of the chart, as the file links."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise Failure(f"{path} has no lines {_BEGIN} and {_END}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{begin}\n{readme_table(records, picture)}\n{end}{after}")
