"""From rounds to tables: medians, spreads, ratios within a round, and the bars."""

import statistics

from . import wrk

_FLOORS = {
    "spate-uring": ["floor-uring", "floor-uring-file"],
    "spate-epoll": ["floor-epoll", "floor-epoll-file"],
}

# What the rounds say about noise: above this share of a core the row is marked.
_NOISE = 0.05


def median(values):
    return statistics.median(values)


def spread(values):
    """Median absolute deviation."""
    middle = median(values)
    return median([abs(value - middle) for value in values])


def ratio(rounds, name, others):
    """Median over the rounds of CPU time per request against the cheapest of the others in the same
    round. None if they were not measured."""
    others = [other for other in others if other in rounds and other != name]
    if name not in rounds or not others:
        return None
    return median([own["cpu_us"] / min(rounds[other][i]["cpu_us"] for other in others)
                   for i, own in enumerate(rounds[name])])


def summarise(work, rounds, memory):
    """One summary row per server. rounds: lists of results of wrk.run by name; memory: resident
    memory after the last round, by name."""
    rows = []
    for name, results in rounds.items():
        def middle(key, results=results):
            return median([result[key] for result in results])

        errors = {}
        for result in results:
            for kind, number in result["errors"].items():
                errors[kind] = errors.get(kind, 0) + number
        rates = [result["requests_per_second"] for result in results]
        rows.append({
            "type": "summary",
            "work": work.name,
            "server": name,
            "rounds": len(results),
            "requests_per_second": median(rates),
            "requests_per_second_spread": spread(rates),
            "cpu_us": middle("cpu_us"),
            "cpu_us_spread": spread([result["cpu_us"] for result in results]),
            "cpu_user_us": middle("cpu_user_us"),
            "cpu_system_us": middle("cpu_system_us"),
            "p50_us": middle("p50_us"),
            "p99_us": middle("p99_us"),
            "server_share": middle("server_share"),
            "others_share": middle("others_share"),
            "steal_share": middle("steal_share"),
            "client_was_the_limit": wrk.client_was_the_limit(results),
            "errors": errors,
            "memory": memory[name].as_json(),
            "to_floor": ratio(rounds, name, _FLOORS.get(name, [])),
            "to_nginx": ratio(rounds, name, ["nginx"]),
        })
    return rows


def table(titles, rows):
    """Text in columns; the first is flush left, the last too if it is the notes."""
    cells = [titles, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
    lines = []
    for row in cells:
        parts = [cell.ljust(widths[i]) if i == 0 or titles[i] == "notes" else cell.rjust(widths[i])
                 for i, cell in enumerate(row)]
        lines.append("  ".join(parts).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join(lines)


def _times(value):
    return "" if value is None else f"{value:.2f}"


def _milliseconds(microseconds):
    # wrk does not time pipelined requests in a way that means something, and then says 0.
    return "-" if microseconds == 0 else f"{microseconds / 1000:.2f}"


def speed_table(rows):
    lines = []
    for row in rows:
        notes = []
        if row["errors"]:
            notes.append("ERRORS: " + ", ".join(f"{k} {n}" for k, n in row["errors"].items()))
        if row["client_was_the_limit"]:
            notes.append("client-bound")
        if row["others_share"] > _NOISE:
            notes.append(f"others took {row['others_share']:.0%} of the core")
        if row["steal_share"] > _NOISE:
            notes.append(f"hypervisor took {row['steal_share']:.0%}")
        lines.append([
            row["server"],
            f"{row['requests_per_second']:,.0f}",
            f"{row['requests_per_second_spread']:,.0f}",
            f"{row['cpu_us']:.2f}",
            f"{row['cpu_us_spread']:.2f}",
            f"{row['cpu_user_us']:.2f}",
            f"{row['cpu_system_us']:.2f}",
            f"{row['server_share']:.0%}",
            _milliseconds(row["p50_us"]),
            _milliseconds(row["p99_us"]),
            f"{row['memory']['rss'] / 2**20:.1f}",
            _times(row["to_floor"]),
            _times(row["to_nginx"]),
            "; ".join(notes),
        ])
    text = table(["server", "req/s", "±", "CPU µs/req", "±", "user", "system", "core", "p50 ms",
                  "p99 ms", "RSS MiB", "x floor", "x nginx", "notes"], lines)
    if any(row["client_was_the_limit"] for row in rows):
        text += ("\nclient-bound: wrk's core was full and the server's was not, so requests/s is "
                 "wrk's and ranks nobody; CPU per request still does.")
    return text


def memory_table(rows):
    lines = [[
        row["server"],
        f"{row['before']['user'] / 2**20:.2f}",
        f"{row['after']['user'] / 2**20:.2f}",
        f"{row['after']['rss'] / 2**20:.2f}",
        f"{row['after']['pss'] / 2**20:.2f}",
        f"{row['after']['private'] / 2**20:.2f}",
        f"{row['growth']:,.0f}",
        f"{row['with_preallocation']:,.0f}" if "with_preallocation" in row else "",
        f"{row['whole']:,.0f}",
    ] for row in rows]
    return table(["server", "user MiB before", "after", "RSS", "PSS", "private", "B/conn growth",
                  "with preallocation", "whole process"], lines) + (
        "\nuser: anonymous, shared and dirty pages. with preallocation: less what the same server "
        "holds at --max-connections 64.\nwhole process: all user memory over the connections. "
        "The kernel's own memory is not in these numbers.")


class Bars:
    """What was asked for, against what was measured. rows: all summary and memory rows."""

    def __init__(self, rows):
        self.rows = {(row["work"], row["server"]): row for row in rows}

    def _judge(self, text, work, server, key, limit, unit):
        row = self.rows.get((work, server), {})
        value = row.get(key)
        cells = [text, server, f"at most {limit:g}{unit}"]
        if value is None:
            met = None
            cells += ["not measured", ""]
        elif row.get("errors"):  # a server that fails requests has not answered them cheaply
            met = False
            cells += [f"{value:,.2f}{unit}", "NOT MET: errors"]
        else:
            met = value <= limit
            cells += [f"{value:,.2f}{unit}", "met" if met else "NOT MET"]
        return {"type": "bar", "bar": text, "server": server, "limit": limit, "measured": value,
                "met": met, "cells": cells}

    def judge(self):
        asked = [
            ("128 B keep-alive: CPU/request to the floor", "file-128", "to_floor", 1.15, " x"),
            ("128 B keep-alive: CPU/request to nginx", "file-128", "to_nginx", 0.80, " x"),
            ("16-deep pipelined: CPU/request", "pipelined", "cpu_us", 0.9, " µs"),
            ("64 KiB: CPU/request to nginx", "file-64k", "to_nginx", 1.0, " x"),
            ("1 MiB: CPU/request to nginx", "file-1m", "to_nginx", 1.0, " x"),
            ("user memory per idle connection, with preallocation", "idle-memory",
             "with_preallocation", 512, " B"),
        ]
        return [self._judge(text, work, server, key, limit, unit)
                for text, work, key, limit, unit in asked
                for server in ("spate-uring", "spate-epoll")]


def bars_table(bars):
    return table(["bar", "server", "asked", "measured", ""], [bar["cells"] for bar in bars])
