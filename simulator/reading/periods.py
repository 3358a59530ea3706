"""Calendar months and quarters: labels to numbers and back."""

import re
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.units import MONTHS_PER_YEAR
from simulator.validation import UserError, clip

F8 = NDArray[np.float64]
Frequency = Literal["monthly", "quarterly"]

MONTHS_OF: Final[dict[Frequency, int]] = {"monthly": 1, "quarterly": 3}
"""Months in a period."""
_QUARTERS_A_YEAR: Final = MONTHS_PER_YEAR // MONTHS_OF["quarterly"]
_DATE: Final = re.compile(r"(\d{4})-(\d{2})(-\d{2})?")
_QUARTER: Final = re.compile(r"(\d{4})Q([1-4])")


def month_number(text: str) -> int:
    """Months since year 0 of ``2008-01`` or ``2008-01-15``; ``ValueError`` for anything else."""
    match = _DATE.fullmatch(text)
    month = int(match[2]) if match else 0
    if match is None or not 1 <= month <= MONTHS_PER_YEAR:
        raise ValueError(f"{clip(text, 40)} is no month as 2008-01")
    return int(match[1]) * MONTHS_PER_YEAR + month - 1


def month_text(number: int) -> str:
    """Inverse of ``month_number``, as ``2008-01``."""
    year, month = divmod(number, MONTHS_PER_YEAR)
    return f"{year:04d}-{month + 1:02d}"


def next_month(month: str, later: int = 1) -> str:
    """The calendar month ``later`` months after (or, below 0, before) ``month``."""
    return month_text(month_number(month) + later)


def months_between(first: str, last: str) -> tuple[str, ...]:
    """Calendar months from ``first`` to ``last``, both included; none if they are reversed."""
    return tuple(month_text(n) for n in range(month_number(first), month_number(last) + 1))


def period_number(text: str, frequency: Frequency) -> int:
    """Months or quarters since year 0 of a date; quarters also as ``2008Q1``, else ``ValueError``.

    A date within a quarter stands for it.
    """
    quarter = _QUARTER.fullmatch(text)
    if frequency == "quarterly" and quarter:
        return int(quarter[1]) * _QUARTERS_A_YEAR + int(quarter[2]) - 1
    return month_number(text) // MONTHS_OF[frequency]


def period_places(labels: Sequence[str], frequency: Frequency) -> F8:
    """``period_number`` of each label, (k,)."""
    return np.array([period_number(label, frequency) for label in labels], dtype=np.float64)


def period_text(number: int, frequency: Frequency) -> str:
    """Inverse of ``period_number``: ``2008-01`` or ``2008Q1``."""
    if frequency == "monthly":
        return month_text(number)
    year, quarter = divmod(number, _QUARTERS_A_YEAR)
    return f"{year:04d}Q{quarter + 1}"


def period_months(label: str, frequency: Frequency) -> tuple[str, str]:
    """First and last calendar month of a period."""
    size = MONTHS_OF[frequency]
    first = period_number(label, frequency) * size
    return month_text(first), month_text(first + size - 1)


def periods(owner: str, span: tuple[str, str], frequency: Frequency) -> tuple[str, ...]:
    """Labels of every period of ``span``, both ends included; ``UserError`` if it is none."""
    try:
        first, last = (period_number(text, frequency) for text in span)
    except ValueError as error:
        form = "2008Q1" if frequency == "quarterly" else "2008-01"
        raise UserError(f"{owner}.span must be two {frequency} dates as {form}; {error}") from None
    if last < first:
        raise UserError(f"{owner}.span must end at or after its start; got {span[0]}, {span[1]}")
    return tuple(period_text(number, frequency) for number in range(first, last + 1))
