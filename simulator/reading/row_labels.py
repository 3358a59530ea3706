"""What the labels of a table's rows say: the calendar month of each, and how long a row is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.reading.periods import MONTHS_OF, Frequency
from simulator.validation import UserError, clip

Months = NDArray[np.datetime64]

LABEL_COLUMNS: Final = ("date", "month", "quarter")
"""Columns of a table that name its rows for the reader; never read."""
_QUARTER: Final = re.compile(r"(\d{4})[ -]?Q([1-4])", re.IGNORECASE)
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-\d{2})?")
_FORMS: Final = "2025 Q1, 2025-01 or 2025-01-31"


def label_column(columns: Iterable[str]) -> str | None:
    """The first column that is called date, month or quarter, in letters of any case."""
    return next((c for c in columns if c.lower() in LABEL_COLUMNS), None)


def months_of(labels: Sequence[str]) -> Months | None:
    """Calendar month of each label, ``datetime64[M]``; of a quarter its first, None if unread."""
    found: list[str] = []
    for label in labels:
        if quarter := _QUARTER.fullmatch(label):
            found.append(f"{quarter[1]}-{3 * int(quarter[2]) - 2:02d}")
        elif month := _MONTH.fullmatch(label):
            found.append(f"{month[1]}-{month[2]}")
        else:
            return None
    return np.array(found, dtype="datetime64[M]")


def frequency_of(owner: str, file: str, cells: Mapping[str, Sequence[str]]) -> Frequency:
    """Whether a row is a month or a quarter, as the labels say, else as their column is called.

    ``cells``: texts by column. A ``UserError`` asks for ``frequency`` where neither says it.
    """
    column = label_column(cells)
    if column is None:
        raise UserError(
            f"{owner}.frequency must be monthly or quarterly: {file} has no column called"
            f" {', '.join(LABEL_COLUMNS)} to tell it"
        )
    labels = cells[column]
    months = months_of(labels)
    if months is not None and months.size > 1:
        steps = set(np.diff(months).astype(int).tolist())
        for frequency, length in MONTHS_OF.items():
            if steps == {length}:
                return frequency
        raise UserError(
            f"{file}, column {clip(column)}: rows must follow each other by one month or by one"
            f" quarter; they run from {clip(labels[0])} to {clip(labels[-1])} in steps of"
            f" {clip(', '.join(map(str, sorted(steps))), 60)} months"
        )
    if months is not None:
        return "quarterly" if _QUARTER.fullmatch(labels[0]) else "monthly"
    if column.lower() == "date":
        raise UserError(
            f"{owner}.frequency must be monthly or quarterly: column {clip(column)} of {file} does"
            f" not tell it; labels are read as {_FORMS}; got {clip(labels[0])}"
        )
    return "monthly" if column.lower() == "month" else "quarterly"
