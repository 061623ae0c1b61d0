"""Durations as the server counts them (core/latency_histogram.h), and what a steady rate makes of
them. All are nanoseconds, exact to 1/128."""

import collections
import math


class Durations:
    """Counts by duration."""

    def __init__(self, counts=()):
        self.counts = collections.Counter(dict(counts))

    @classmethod
    def parse(cls, histogram):
        """One of those on the page /histograms."""
        return cls((round(seconds * 1e9), count) for seconds, count in histogram["buckets"])

    def __add__(self, other):
        return Durations(self.counts + other.counts)

    def since(self, earlier):
        """Those that came after `earlier`, which holds a part of them."""
        return Durations(self.counts - earlier.counts)

    def at_most(self, longest):
        """The same, where it is known that none was longer."""
        shortened = collections.Counter()
        for duration, count in self.counts.items():
            shortened[min(duration, longest)] += count
        return Durations(shortened)

    def count(self):
        return self.counts.total()

    def mean(self):
        return self._sum() / self.count() if self.counts else 0.0

    def _sum(self):
        return sum(duration * count for duration, count in self.counts.items())

    def max(self):
        return max(self.counts, default=0)

    def percentile(self, share):
        """What this share of the durations does not exceed; 0 if there are none."""
        rank = rank_of(share, self.count())
        passed = 0
        for duration, count in sorted(self.counts.items()):
            passed += count
            if passed >= rank:
                return duration
        return 0


def rank_of(share, count):
    # 0.07 of 100 are 7, although the product is a little more.
    return max(math.ceil(math.nextafter(share * count, 0.0)), 1)


class Corrected:
    """What a client would have waited that asks every `interval`, whether or not it has its answer.

    HdrHistogram's correction (recordValueWithExpectedInterval): each duration L that is longer than
    the interval I stands for the requests that were due meanwhile, too, which would have taken
    L - I, L - 2 I, and so on down to I. It takes the next answers to be at once: a queue that grows
    is not in it.
    """

    def __init__(self, durations, interval):
        self.durations = durations
        self.interval = max(round(interval), 1)

    def _added(self, duration):
        """How many there are beside this one."""
        return max(duration // self.interval - 1, 0)

    def count(self):
        return sum(count * (1 + self._added(duration))
                   for duration, count in self.durations.counts.items())

    def _count_up_to(self, limit):
        total = 0
        for duration, count in self.durations.counts.items():
            # Of duration - k I, those from the first k on that is no longer than the limit.
            first = max(-(-(duration - limit) // self.interval), 1)
            total += count * ((duration <= limit) + max(self._added(duration) - first + 1, 0))
        return total

    def mean(self):
        total = 0
        for duration, count in self.durations.counts.items():
            added = self._added(duration)
            total += count * ((1 + added) * duration - self.interval * added * (added + 1) // 2)
        return total / self.count() if self.durations.counts else 0.0

    def max(self):
        return self.durations.max()

    def percentile(self, share):
        """The shortest duration that this share does not exceed, to the nanosecond."""
        rank = rank_of(share, self.count())
        low, high = 0, self.max()
        while low < high:
            middle = (low + high) // 2
            if self._count_up_to(middle) >= rank:
                high = middle
            else:
                low = middle + 1
        return low
