"""Judges a case: spate against its expectation, and against the majority of its rivals."""

import collections
import dataclasses

from .case import Case


def majority(verdicts):
    """What more than half of them say, or None. A reset is the end that a client had to expect from
    servers that do not linger; from spate it is a mistake."""
    if not verdicts:
        return None
    ends = (verdict.replace("reset", "closed") for verdict in verdicts)
    verdict, count = collections.Counter(ends).most_common(1)[0]
    return verdict if 2 * count > len(verdicts) else None


@dataclasses.dataclass
class Outcome:
    case: Case
    verdicts: dict[str, str]  # by the name of the server
    explained: bool
    judged: bool              # whether all rivals are there, so that a difference counts

    @property
    def spate(self):
        return self.verdicts.get("spate")

    @property
    def majority(self):
        return majority([verdict for name, verdict in self.verdicts.items() if name != "spate"])

    @property
    def differs(self):
        return self.spate is not None and self.majority not in (None, self.spate)

    @property
    def unexpected(self):
        return self.spate is not None and self.spate != self.case.expect

    @property
    def unexplained(self):
        return self.judged and self.differs and not self.explained

    @property
    def stale(self):
        return self.judged and self.explained and not self.differs

    @property
    def failed(self):
        return self.unexpected or self.unexplained or self.stale

    def complaints(self):
        if self.unexpected:
            yield f"expected {self.case.expect}"
        if self.unexplained:
            yield f"differs from most ({self.majority}) and is not in explained.txt"
        if self.stale:
            yield "does not differ any more: take it out of explained.txt"

    def mark(self):
        if self.failed:
            return "!"
        return "*" if self.differs else " "
