"""The list of the differences that are meant: explained.txt.

  RFC 9112 section 5.1
  One or more lines that say why spate is right.
    case.name    spate: VERDICT; most: VERDICT
    ...

Blocks have an empty line between them, and "#" begins a comment. What stands behind the name of a
case tells the reader what differs; the expectation of the case is what fixes what spate does.
"""

import re

_SECTION = re.compile(r"RFC \d{4} (section [\w.]+|appendix [\w.]+)")


def read(path):
    """Names of the explained cases; ValueError for what is not in the form above."""
    names = set()
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    for block in "\n".join(lines).strip("\n").split("\n\n"):
        if not block:
            continue
        words = [line for line in block.split("\n") if not line.startswith("  ")]
        cases = [line.split()[0] for line in block.split("\n") if line.startswith("  ")]
        if len(words) < 2 or not cases or not _SECTION.match(words[0]):
            raise ValueError(f"{path}: a section, a reason and cases are wanted in:\n{block}")
        repeated = names.intersection(cases)
        if repeated:
            raise ValueError(f"{path}: explained twice: {', '.join(sorted(repeated))}")
        names.update(cases)
    return names
