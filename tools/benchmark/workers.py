"""Two workers against one, by processor time.

Where there are four processors, the load generator has two of its own; on two, it shares them with
the workers, so requests/s says nothing and only processor time per request is compared: two workers
that use as much of it for a request as one does are twice as fast. There they also share its caches
with the load generator, which one worker does not; nginx shows what that costs anybody.
"""

from . import robust


def place(cpus):
    """Processors for two workers, and for the load generator."""
    allowed = cpus.allowed
    return set(allowed[:2]), set(allowed[2:4] if len(allowed) >= 4 else allowed[:2])


def summarise(work, name, ones, twos):
    """One row. ones, twos: results of rounds that took turns."""
    errors = sum(sum(result["errors"].values()) for result in [*ones, *twos])
    speed_ups = [2 * one["cpu_us"] / two["cpu_us"] for one, two in zip(ones, twos)]
    return {
        "type": "summary", "work": work.name, "title": work.title, "kind": work.kind,
        "server": name, "rounds": len(ones), "errors": {"any": errors} if errors else {},
        "one_us": robust.median(result["cpu_us"] for result in ones),
        "two_us": robust.median(result["cpu_us"] for result in twos),
        "speed_up": robust.median(speed_ups),
        "speed_up_deviation": robust.deviation(speed_ups),
    }
