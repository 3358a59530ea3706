"""rejected.csv: rows of a tape that break a rule and were left out, by rule."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Final

from simulator.book.schema import Rejected
from simulator.results.store import safe_text

HEADER: Final = ("rule", "rows", "balance", "first")


def rejected_text(rejected: Sequence[Rejected]) -> str:
    """A line a rule; no cell is a formula to a spreadsheet."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for item in rejected:
        first = "; ".join(item.first)
        writer.writerow([safe_text(item.rule), item.rows, f"{item.balance:.2f}", safe_text(first)])
    return out.getvalue()
