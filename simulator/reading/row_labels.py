"""What the labels of a table's rows say: the calendar month of each, and how long a row is."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from simulator.reading.columns import texts
from simulator.reading.periods import (
    MONTHS_A_QUARTER,
    MONTHS_OF,
    SPELLINGS,
    Frequency,
    Months,
    months_of,
    order_hint,
    read_label,
)
from simulator.reading.table_file import Source
from simulator.validation import UserError, clip

LABEL_COLUMNS: Final = ("date", "month", "quarter")
"""Columns of a table that name its rows for the reader; never read."""
MAX_DIGITS: Final = 7
"""Digits of a number that counts rows."""
PERIOD: Final[dict[Frequency, str]] = {"monthly": "month", "quarterly": "quarter"}


def label_column(columns: Iterable[str]) -> str | None:
    """The first column that is called date, month or quarter, in letters of any case."""
    return next((c for c in columns if c.lower() in LABEL_COLUMNS), None)


def row_months(source: Source, rows: range) -> Months | None:
    """First calendar month of each row; None without labels, or where one is no date."""
    column = label_column(source.names)
    return None if column is None else months_of(texts(source, column)[rows.start : rows.stop])


def check_order(owner: str, source: Source, rows: range, frequency: Frequency) -> None:
    """Refuse ``rows`` that do not follow each other in time, one period of ``frequency`` apart.

    Labels are days, months or quarters, or numbers that count rows. The ``UserError`` names the
    first row out of order. A table without labels, or with others, tells nothing.
    """
    column = label_column(source.names)
    labels = [] if column is None else texts(source, column)[rows.start : rows.stop]
    months = months_of(labels)
    if months is not None:
        places, wanted = months.astype(int), MONTHS_OF[frequency]
    elif all(label.isascii() and label.isdigit() and len(label) < MAX_DIGITS for label in labels):
        places, wanted = np.array([int(label) for label in labels]), 1
    else:
        return
    wrong = np.flatnonzero(np.diff(places) != wanted)
    if wrong.size:
        at = int(wrong[0]) + 1
        period = f"by one {PERIOD[frequency]}" if months is not None else "by 1"
        raise UserError(
            f"{owner}.table {source.name}, column {clip(column)}: rows must follow each other"
            f" {period}, the oldest first; {source.line(rows[at])}: {clip(labels[at], 40)} follows"
            f" {clip(labels[at - 1], 40)}"
        )


def frequency_of(owner: str, source: Source, rows: range) -> Frequency:
    """Whether a row is a month or a quarter, as the labels say, else as their column is called.

    A ``UserError`` asks for ``frequency`` where neither says it.
    """
    column = label_column(source.names)
    if column is None:
        raise UserError(
            f"{owner}.frequency must be monthly or quarterly: {source.name} has no column called"
            f" {', '.join(LABEL_COLUMNS)} to tell it"
        )
    labels = texts(source, column)[rows.start : rows.stop]
    months = months_of(labels)
    if months is not None and months.size > 1:
        steps = set(np.diff(months).astype(int).tolist())
        for frequency, length in MONTHS_OF.items():
            if steps == {length}:
                return frequency
        raise UserError(
            f"{source.name}, column {clip(column)}: rows must follow each other by one month or by"
            f" one quarter; they run from {clip(labels[0])} to {clip(labels[-1])} in steps of"
            f" {clip(', '.join(map(str, sorted(steps))), 60)} months"
        )
    first = read_label(labels[0])
    if months is not None and first is not None:
        return "quarterly" if first.months == MONTHS_A_QUARTER else "monthly"
    odd = next((label for label in labels if order_hint(label)), labels[0])
    if column.lower() == "date" or order_hint(odd):
        raise UserError(
            f"{owner}.frequency must be monthly or quarterly: column {clip(column)} of"
            f" {source.name} does not tell it; labels are read as {SPELLINGS}; got {clip(odd)}"
        )
    return "monthly" if column.lower() == "month" else "quarterly"
