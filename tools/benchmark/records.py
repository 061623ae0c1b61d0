"""The rows of a run as JSON lines: measuring writes them, reports are made from them.

Types of rows: machine (first), server, features, command, round, summary, bar, comparison.
"""

import json

from .processes import Failure


class Records:
    """Rows in their order; those of a file if one is given, which add() goes on with."""

    def __init__(self, rows=(), file=None):
        self.rows = list(rows)
        self.file = file

    def add(self, row):
        self.rows.append(row)
        if self.file:
            self.file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self.file.flush()

    def of_type(self, kind):
        return [row for row in self.rows if row["type"] == kind]

    def machine(self):
        return self.of_type("machine")[0]

    def works(self):
        """Names of the work items that have summaries, in their order."""
        return list(dict.fromkeys(row["work"] for row in self.of_type("summary")))

    def summaries(self, work):
        return [row for row in self.of_type("summary") if row["work"] == work]


def load(path):
    """The rows of a file; Failure if it is no report of ours."""
    rows = []
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                row = json.loads(line)
                if not isinstance(row, dict) or "type" not in row:
                    raise ValueError("no row with a type")
                rows.append(row)
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise Failure(f"{path}:{number}: {error}") from error
    if not rows or rows[0]["type"] != "machine":
        raise Failure(f"{path} does not begin with the facts of a machine")
    return Records(rows)
