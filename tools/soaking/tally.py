"""What clients did and what came of it, summed up over processes."""

import collections


class Tally:
    """answered: responses that were verified. ends: how connections ended that should not have, by
    kind. wrong: what no reason can excuse, in words."""

    EXAMPLES = 10

    def __init__(self):
        self.connections = 0
        self.connections_answered = 0
        self.asked = 0
        self.answered = 0
        self.bad_asked = 0
        self.bad_answered = 0
        self.bytes = 0
        self.statuses = collections.Counter()
        self.left = collections.Counter()
        self.ends = collections.Counter()
        self.wrong_count = 0
        self.wrong = []
        self.oldest = 0.0

    def note_wrong(self, text):
        self.wrong_count += 1
        if len(self.wrong) < self.EXAMPLES:
            self.wrong.append(text)

    def add(self, other):
        for name in ("connections", "connections_answered", "asked", "answered", "bad_asked",
                     "bad_answered", "bytes", "wrong_count"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("statuses", "left", "ends"):
            getattr(self, name).update(getattr(other, name))
        self.wrong = (self.wrong + other.wrong)[:self.EXAMPLES]
        self.oldest = max(self.oldest, other.oldest)

    def unexplained(self, explained):
        """Kinds of ends for which the scenario knows no reason."""
        return {kind: count for kind, count in self.ends.items() if kind not in explained}

    def as_json(self):
        return {**vars(self), "statuses": dict(self.statuses), "left": dict(self.left),
                "ends": dict(self.ends)}
