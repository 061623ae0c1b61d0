"""What was found, as a table and in words."""

from benchmark.tables import Table, number

SHARES = {0.5: "p50", 0.75: "p75", 0.9: "p90", 0.95: "p95", 0.99: "p99", 0.999: "p99.9"}
# Of two durations that are taken for the same, one is up to this much longer: buckets are exact to
# 1/128, and to read an answer takes time.
SAME = 0.05
# Beneath it is the time that a client and the scheduler take.
SAME_NS = 500_000
# A steady rate that makes no more than this of a percentile makes nothing of it.
WORSE = 1.5
# A client that corrects its figures reports so many times what was delivered, and what its own rate
# makes of that but for this share: it has its own idea of its rate.
CORRECTED = 2
LIKE_CORRECTED = 0.3


def _milliseconds(nanoseconds):
    return "" if nanoseconds is None else number(nanoseconds / 1e6)


def _value(source, name):
    if source is None:
        return None
    if name in SHARES:
        return source.percentile(name)
    return source.mean() if name == "mean" else source.max()


def _measured(result, name):
    key = name if name in ("mean", "max") else SHARES[name].replace(".", "")
    return result["latency"][f"{key}_us"] * 1000 if result["good"] else None


def lines_of(audit):
    """By name: delivered, reported, computed and measured at a steady rate."""
    reported = audit.report.durations if audit.report else {}
    steady = audit.at_steady_rate()
    return {name: {"delivered": _value(audit.delivered, name), "reported": reported.get(name),
                   "computed": _value(steady, name), "measured": _measured(audit.measured, name)}
            for name in ("mean", *SHARES, "max")}


def table(audit):
    rows = []
    for name, line in lines_of(audit).items():
        difference = ""
        if line["reported"] is not None and line["delivered"]:
            ratio = line["reported"] / line["delivered"]
            difference = f"{ratio - 1:+.1%}" if ratio < 10 else f"x {ratio:,.0f}"
        rows.append([SHARES.get(name, name), _milliseconds(line["delivered"]),
                     _milliseconds(line["reported"]), difference, _milliseconds(line["computed"]),
                     _milliseconds(line["measured"])])
    return Table(["ms", "delivered", "reported", "difference", "at a steady rate, computed",
                  "measured"], rows)


def is_same(reported, expected, resolution=0):
    return abs(reported - expected) <= max(SAME * expected, SAME_NS, resolution)


def counts(audit):
    """Whether client and server have counted the same, as a sentence."""
    served = audit.delivered.count()
    if audit.report is None or audit.report.requests is None:
        return f"The server answered {served:,} requests; what the client counted is not known."
    asked = audit.report.requests
    if asked == served:
        return f"Client and server counted the same {served:,} requests."
    if asked <= served <= asked + audit.opened:
        return (f"The client counted {asked:,} requests, the server {served:,}: "
                f"{served - asked:,} were under way when it ended.")
    return (f"The counts do not agree: the client says {asked:,} requests, the server answered "
            f"{served:,}, on {audit.opened:,} connections.")


def errors(audit):
    """By kind, of the client, the server and the open loop; and what falsifies the figures."""
    lines = []
    kinds = audit.report.errors if audit.report else {}
    if kinds:
        lines.append("Errors, by the client: " +
                     ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) + ".")
    if audit.status != 0:
        lines.append(f"The client ended with status {audit.status}.")
    others = {code: count for code, count in audit.statuses.items() if code != "200"}
    if others:
        lines.append("Answers other than 200, by the server: " +
                     ", ".join(f"{count:,} of {code}" for code, count in others.items()) + ".")
    result = audit.measured
    kinds = {kind: result[kind] for kind in ("unavailable", "other", "given_up")}
    kinds = {kind.replace("_", " "): count for kind, count in
             {**kinds, **result["errors"]}.items() if count}
    if kinds:
        lines.append("Of the steady requests: " +
                     ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) + ".")
    # wrk tries the address with one more.
    if not audit.connections <= audit.opened <= audit.connections + 1:
        lines.append(f"The client opened {audit.opened:,} connections and not "
                     f"{audit.connections:,}, for which the steady rate was computed and measured.")
    if audit.rate > audit.capacity():
        lines.append(f"{audit.rate:,.0f} requests/s are more than {audit.connections:,} "
                     f"connections take with these times ({audit.capacity():,.0f}): the queue "
                     "grows for as long as the run lasts, and what was measured grows with it.")
    return lines


def conclusion(audit):
    """What the figures say, in words."""
    if audit.report is None or not audit.report.durations:
        return f"What {audit.name} reported is above; compare it with what was delivered."
    lines = {key: line for key, line in lines_of(audit).items() if line["reported"] is not None}
    percentiles = [key for key in lines if key in SHARES] or list(lines)
    return (_correction(audit, lines, percentiles) or _omission(audit, lines, percentiles))


def _correction(audit, lines, percentiles):
    """Of a client that corrects its figures by itself; None of others."""
    own = audit.at_own_rate()
    key = max(percentiles, key=lambda key: _value(own, key) / max(lines[key]["delivered"], 1))
    reported, delivered = lines[key]["reported"], lines[key]["delivered"]
    expected = _value(own, key)
    if min(reported, expected) < CORRECTED * delivered or abs(
            reported - expected) > LIKE_CORRECTED * expected:
        return None
    return (f"{audit.name} reported a {SHARES.get(key, key)} of {_milliseconds(reported)} ms where "
            f"{_milliseconds(delivered)} ms were delivered: it adds requests that it has not made, "
            f"as if they had been due at its own mean interval, which makes "
            f"{_milliseconds(expected)} ms of it. {_steady(audit, lines[key], key)}.")


def _omission(audit, lines, percentiles):
    """Of a client that reports what it has seen."""
    def gain(key):
        return (lines[key]["measured"] or 0) / max(lines[key]["delivered"], 1)
    # Where a steady rate makes the most of it; of all alike the highest.
    key = max(reversed(percentiles), key=gain)
    reported, delivered = lines[key]["reported"], lines[key]["delivered"]
    told = f"{audit.name} reported a {SHARES.get(key, key)} of {_milliseconds(reported)} ms"
    if is_same(reported, delivered, audit.report.resolution):
        told += f", as it was delivered ({_milliseconds(delivered)} ms)"
    else:
        told += (f", {_milliseconds(abs(reported - delivered))} ms "
                 f"{'more' if reported > delivered else 'less'} than was delivered")
    if lines[key]["measured"] is None:
        return f"{told}. {_steady(audit, lines[key], key)}."
    if gain(key) <= WORSE:
        return f"{told}; a steady rate makes no more of it."
    told += f". {_steady(audit, lines[key], key)}"
    # Of a queue that grows without end nobody's pauses are the reason.
    if reported * WORSE > lines[key]["measured"] or audit.rate > audit.capacity():
        return told + "."
    return (f"{told}: what falls due while {audit.name} waits is asked for later and is not in its "
            "figures (coordinated omission).")


def _steady(audit, line, key):
    title = SHARES.get(key, key)
    if line["measured"] is None:
        return f"No request at a steady {audit.rate:,.0f} in a second was answered"
    return (f"Requests that are due at a steady {audit.rate:,.0f} in a second, on as many "
            f"connections, had a {title} of {_milliseconds(line['measured'])} ms")


def text(audit):
    """All of it."""
    late = audit.lateness
    title = f"== {audit.name}, {audit.backend}: {' '.join(audit.command)}"
    parts = [title, table(audit).markdown()]
    if audit.report is None:
        parts.insert(1, audit.output.strip())
    lines = [counts(audit), *errors(audit),
             f"The delays were late by {_milliseconds(late.percentile(0.5))} ms (p50), "
             f"{_milliseconds(late.percentile(0.99))} ms (p99), {_milliseconds(late.max())} ms at "
             "most.",
             f"Steady rate: {audit.rate:,.0f} requests/s, of {audit.achieved():,.0f} that the "
             "client made.",
             "The server's verdict: " + audit.verdict.partition("\n")[0] + "."]
    return "\n\n".join([*parts, "\n".join(lines), conclusion(audit)])


def as_json(audit):
    """One row."""
    return {"type": "audit", "client": audit.name, "backend": audit.backend,
            "command": audit.command, "output": audit.output, "exit_status": audit.status,
            "client_requests": audit.report.requests if audit.report else None,
            "client_errors": audit.report.errors if audit.report else None,
            "server_requests": audit.delivered.count(), "statuses": audit.statuses,
            "connections": audit.connections, "opened": audit.opened, "seconds": audit.seconds,
            "rate": audit.rate, "durations_ns": {SHARES.get(name, name): line for name, line in
                                                 lines_of(audit).items()},
            "steady": audit.measured, "verdict": audit.verdict, "conclusion": conclusion(audit)}
