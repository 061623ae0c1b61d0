"""From rounds to one row per server and work item: medians, deviations, ratios within a round, and
the order of the servers."""

from . import robust
from .meter import client_was_the_limit
from .work import SENDFILE_FROM

_FLOORS = {
    "uring": ["floor-uring", "floor-uring-file"],
    "epoll": ["floor-epoll", "floor-epoll-file"],
}
_MIDDLE = ["requests_per_second", "bytes_per_second", "cpu_us", "cpu_user_us", "cpu_system_us",
           "cpu_irq_us", "p50_us", "p90_us", "p99_us", "p999_us", "max_us", "lateness_us",
           "lateness_p999_us", "waited_us", "server_share", "client_share", "others_share",
           "steal_share"]
_PARTS = ["cpu_user_us", "cpu_system_us", "cpu_irq_us"]
_SPREAD = ["requests_per_second", "cpu_us", "p99_us", "p999_us"]

# What the rounds say about noise: above this share of a core the row is marked.
NOISE = 0.05
# Above this share of p99, the open-loop generator's own delays are in the latency.
_LATE = 0.1
# Above this ratio to the shortest responses, a server does other work: it did not send siblings.
_MORE_BYTES = 1.5


def _ratios(rounds, name, others, key):
    """Of each round, a number against the smallest of the others; [None] if they were not
    measured."""
    others = [other for other in others if other in rounds and other != name]
    if name not in rounds or not others:
        return [None]
    values = [rounds[server][i].get(key) for server in [name, *others]
              for i in range(len(rounds[name]))]
    if None in values or 0 in values:
        return [None]
    return [own[key] / min(rounds[other][i][key] for other in others)
            for i, own in enumerate(rounds[name])]


def ratio(rounds, name, others, key="cpu_us"):
    """The median of _ratios()."""
    return robust.median(_ratios(rounds, name, others, key))


def _parts(row):
    """Medians of parts need not add up to the median of the whole; the proportions are theirs."""
    parts = {key: row[key] for key in _PARTS}
    total = None if None in parts.values() else sum(parts.values())
    return {key: value * row["cpu_us"] / total for key, value in parts.items()} if total else parts


def _floor_of(name, work):
    """Of a file that servers send by sendfile, the floor that does too."""
    floors = _FLOORS.get(name.rpartition("-")[2], [])
    return floors[1:] if work.size >= SENDFILE_FROM else floors[:1]


def summarise(work, rounds, memory, sizes):
    """One row per server. All by name: rounds: lists of results; memory: after the last round, None
    where it can not be seen; sizes: mean bytes of a response."""
    rows = []
    smallest = min(sizes.values())
    for name, results in rounds.items():
        errors = {}
        for result in results:
            for kind, number in result["errors"].items():
                errors[kind] = errors.get(kind, 0) + number
        row = {
            "type": "summary",
            "work": work.name,
            "title": work.title,
            "kind": work.kind,
            "size": work.size,
            "connections": work.connections,
            "depth": work.depth,
            "driver": work.driver,
            "server": name,
            "rounds": len(results),
            "response_bytes": sizes[name],
            "bytes_to_smallest": sizes[name] / smallest,
        }
        row |= {key: robust.median(result.get(key) for result in results) for key in _MIDDLE}
        row |= _parts(row)
        row |= {key + "_deviation": robust.deviation(result.get(key) for result in results)
                for key in _SPREAD}
        row |= {
            "client_was_the_limit": client_was_the_limit(results),
            "errors": errors,
            "memory": memory[name].as_json() if memory[name] else None,
        }
        key = "cpu_us" if work.kind == "load" else "p99_us"
        row["to_nginx"] = ratio(rounds, name, ["nginx"], key)
        if name not in _FLOORS["uring"] + _FLOORS["epoll"]:
            row |= {
                "to_floor": ratio(rounds, name, _floor_of(name, work), key),
                "to_best": ratio(rounds, name, ["nginx", "h2o"], key),
            }
        if work.kind == "open-loop":
            p999_to_nginx = _ratios(rounds, name, ["nginx"], "p999_us")
            row |= {
                "to_nginx_deviation": robust.deviation(_ratios(rounds, name, ["nginx"], key)),
                "p999_to_nginx": robust.median(p999_to_nginx),
                "p999_to_nginx_deviation": robust.deviation(p999_to_nginx),
            }
        rows.append(row)
    return rank(rows)


def _order(rows, key, best_first):
    ranked = sorted((row for row in rows if row.get(key) is not None and not row["errors"]),
                    key=lambda row: row[key], reverse=best_first)
    return {row["server"]: position for position, row in enumerate(ranked, 1)}


def _is_noisy(row):
    return max(row["others_share"] or 0, row["steal_share"] or 0) > NOISE


def rank(rows):
    """Adds to the rows of one work item the order by CPU per request, and by requests per second
    unless the load generator was the limit of any of them, or somebody else used their processors:
    then that order is not the servers'. Floors are no servers, and who made errors has not done
    the work: neither has a place."""
    servers = [row for row in rows if not row["server"].startswith("floor-")]
    by_cpu = _order(servers, "cpu_us", best_first=False)
    by_rate = {}
    if not any(row["client_was_the_limit"] or _is_noisy(row) for row in servers):
        by_rate = _order(servers, "requests_per_second", best_first=True)
    for row in rows:
        row["rank_by_cpu"] = by_cpu.get(row["server"])
        row["rank_by_rate"] = by_rate.get(row["server"])
    return rows


def notes(row):
    """What a reader has to know of one row, as short texts."""
    found = []
    if row["errors"]:
        found.append("ERRORS: " + ", ".join(f"{kind} {number}"
                                            for kind, number in row["errors"].items()))
    if row["bytes_to_smallest"] > _MORE_BYTES:
        found.append(f"sends {row['bytes_to_smallest']:.1f} x the bytes")
    if row["client_was_the_limit"]:
        found.append("client-bound")
    if (row["lateness_us"] or 0) > _LATE * (row["p99_us"] or 0):
        found.append(f"load generator late by {row['lateness_us']:.0f} µs (p99)")
    if (row.get("lateness_p999_us") or 0) > _LATE * (row["p999_us"] or 0):
        found.append(f"load generator late by {row['lateness_p999_us']:.0f} µs (p99.9)")
    if (row["others_share"] or 0) > NOISE:
        found.append(f"others took {row['others_share']:.0%} of the core")
    if (row["steal_share"] or 0) > NOISE:
        found.append(f"hypervisor took {row['steal_share']:.0%}")
    return found
