"""rejected.csv: rows of a tape that break a rule and were left out, by rule."""

from collections.abc import Sequence
from typing import Final

from simulator.book.schema import Rejected
from simulator.results.table import csv_text

HEADER: Final = ("rule", "rows", "balance", "first")


def rejected_text(rejected: Sequence[Rejected]) -> str:
    """A line a rule; no cell is a formula to a spreadsheet."""
    rows = ((item.rule, item.rows, item.balance, "; ".join(item.first)) for item in rejected)
    return csv_text(HEADER, rows, ".2f")
