"""What was asked for, against what was measured."""

_SPATE = ("spate-uring", "spate-epoll")

# Text, work item, key of its row, at most (or at least, for keys in _AT_LEAST), unit.
_BARS = [
    ("128 B: CPU/request to the floor", "file-128", "to_floor", 1.05, " x"),
    ("128 B: CPU/request to nginx", "file-128", "to_nginx", 0.70, " x"),
    ("1,000 connections: CPU/request to the floor", "connections-1000", "to_floor", 1.08, " x"),
    ("8,000 connections: CPU/request to the floor", "connections-8000", "to_floor", 1.08, " x"),
    ("16-deep pipelined: CPU/request", "pipelined", "cpu_us", 0.60, " µs"),
    ("16-deep pipelined: CPU/request to the floor", "pipelined", "to_floor", 1.25, " x"),
    ("4 KiB: CPU/request to the floor", "file-4k", "to_floor", 1.05, " x"),
    ("16 KiB: CPU/request to the floor", "file-16k", "to_floor", 1.05, " x"),
    ("64 KiB: CPU/request to nginx or h2o", "file-64k", "to_best", 1.0, " x"),
    ("64 KiB: CPU/request to the floor", "file-64k", "to_floor", 1.05, " x"),
    ("1 MiB: CPU/request to nginx or h2o", "file-1m", "to_best", 1.0, " x"),
    ("1 MiB: CPU/request to the floor", "file-1m", "to_floor", 1.05, " x"),
    ("16 MiB: CPU/request to nginx or h2o", "file-16m", "to_best", 1.0, " x"),
    ("16 MiB: CPU/request to the floor", "file-16m", "to_floor", 1.05, " x"),
    ("new connection: CPU/request to the floor", "new-connection", "to_floor", 1.05, " x"),
    ("new connection: CPU/request to nginx", "new-connection", "to_nginx", 0.95, " x"),
    ("site of 20 files: CPU/request to nginx", "site", "to_nginx", 0.60, " x"),
    ("10,000 files: CPU/request to nginx", "many", "to_nginx", 0.75, " x"),
    ("/plaintext: CPU/request to the floor", "plaintext", "to_floor", 1.10, " x"),
    ("/json: CPU/request to the floor", "json", "to_floor", 1.10, " x"),
    ("/bytes/1024: CPU/request to the floor", "bytes-1024", "to_floor", 1.10, " x"),
    ("16-deep pipelined /plaintext: CPU/request", "plaintext-pipelined", "cpu_us", 0.70, " µs"),
    ("cold start", "start", "first_response_ms", 20.0, " ms"),
    ("cold start, 100,000 files", "start-tree", "first_response_ms", 20.0, " ms"),
    ("open loop: p99 to nginx", "open-loop", "to_nginx", 1.0, " x"),
    ("open loop: p99.9 to nginx", "open-loop", "p999_to_nginx", 1.0, " x"),
    ("memory per idle connection", "idle-memory", "with_preallocation", 192, " B"),
    ("two workers against one", "workers", "speed_up", 1.9, " x"),
]
_AT_LEAST = {"speed_up"}


def judge(summaries):
    """One row per bar and backend, of those work items that were measured."""
    rows = {(row["work"], row["server"]): row for row in summaries}
    bars = []
    for text, work, key, limit, unit in _BARS:
        for server in _SPATE:
            row = rows.get((work, server))
            if row is None:
                continue
            value = row.get(key)
            if value is None:
                met = None
            elif row.get("errors"):  # failing requests is not answering them cheaply
                met = False
            else:
                met = value >= limit if key in _AT_LEAST else value <= limit
            bars.append({"type": "bar", "bar": text, "server": server, "limit": limit,
                         "at_least": key in _AT_LEAST, "unit": unit, "measured": value,
                         "met": met})
    return bars
