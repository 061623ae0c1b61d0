"""Memory, descriptors and threads of a process over time, and when such a curve counts as flat."""

import os
import statistics

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 32

# Flat: the median of the last quarter is not above that of the third by more than this. The first
# half is for what becomes resident as it is used: buffers, chunks and slots have all been touched
# when there have been as many clients of each kind at a time as there will ever be.
_SHARE = 0.05
_MEMORY = 1 << 19  # bytes


def sparkline(values, width=_WIDTH):
    """The values as bars between 0 and their largest, the mean of each stretch."""
    if not values:
        return ""
    width = min(width, len(values))
    edges = [index * len(values) // width for index in range(width + 1)]
    means = [statistics.fmean(values[a:b]) for a, b in zip(edges, edges[1:])]
    top = max(means) or 1
    return "".join(_BARS[min(len(_BARS) - 1, int(mean / top * len(_BARS)))] for mean in means)


def quarters(values):
    """Medians of the third and the last quarter."""
    quarter = len(values) // 4
    return (statistics.median(values[-2 * quarter:-quarter]),
            statistics.median(values[-quarter:]))


def is_flat(values, slack=_MEMORY):
    """With fewer than eight values there is nothing to judge."""
    if len(values) < 8:
        return True
    third, last = quarters(values)
    return last <= third * (1 + _SHARE) + slack


class Curves:
    """Samples of a server, and of those that follow it. Memory is its own: of what it shares with
    other processes, libraries above all, more is counted to it when one of them ends."""

    def __init__(self):
        self.memory = []
        self.descriptors = []
        self.threads = []

    def sample(self, pid):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                kilobytes = next(int(line.split()[1]) for line in file
                                 if line.startswith("Anonymous:"))
            descriptors = len(os.listdir(f"/proc/{pid}/fd"))
            threads = len(os.listdir(f"/proc/{pid}/task"))
        except (OSError, StopIteration):
            return  # it ends
        self.memory.append(kilobytes * 1024)
        self.descriptors.append(descriptors)
        self.threads.append(threads)

    def describe(self):
        if len(self.memory) < 4:
            return [f"curves       {len(self.memory)} samples, too few to tell"]
        lines = []
        for name, values, unit in (("memory", self.memory, 1 << 20),
                                   ("descriptors", self.descriptors, 1),
                                   ("threads", self.threads, 1)):
            digits = 1 if unit > 1 else 0
            third, last = (value / unit for value in quarters(values))
            lines.append(f"{name:12} {sparkline(values)}  third quarter {third:,.{digits}f}, "
                         f"last {last:,.{digits}f}, most {max(values) / unit:,.{digits}f}"
                         f"{' MiB' if unit > 1 else ''}")
        return lines

    def as_json(self):
        return {"memory": self.memory, "descriptors": self.descriptors, "threads": self.threads}
