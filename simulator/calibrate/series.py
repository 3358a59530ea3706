"""Calendar periods, and published series by quarter or month."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.settings import SeriesTarget
from simulator.calibrate.tables import read_columns, texts
from simulator.units import MONTHS_PER_YEAR
from simulator.validation import UserError, clip

F8 = NDArray[np.float64]
Frequency = Literal["monthly", "quarterly"]

MONTHS_OF: Final[dict[Frequency, int]] = {"monthly": 1, "quarterly": 3}
"""Months in a period."""
_QUARTERS_A_YEAR: Final = MONTHS_PER_YEAR // MONTHS_OF["quarterly"]
_DATE: Final = re.compile(r"(\d{4})-(\d{2})(-\d{2})?")
_QUARTER: Final = re.compile(r"(\d{4})Q([1-4])")


@dataclass(frozen=True, slots=True)
class Series:
    """Values of a span in order of time, fractions, shape (n,); ``labels`` as ``2008Q1``."""

    labels: tuple[str, ...]
    values: F8
    warnings: tuple[str, ...] = ()


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


def read_series(owner: str, target: SeriesTarget) -> Series:
    """The target's span of its file; periods that the file lacks are named in a warning.

    ``UserError`` for a date or number that is none, a period that stands twice, and a span of
    which the file has nothing.
    """
    table = read_columns(owner, target.path, (target.date_column, target.column))
    seen: dict[str, float] = {}
    wanted = periods(owner, target.span, target.frequency)
    dates, cells = texts(table, target.date_column), texts(table, target.column)
    for row, (date, cell) in enumerate(zip(dates, cells, strict=True), start=2):
        place = f"{target.path}: {owner} line {row}"
        where = f"{place} column {target.date_column}"
        try:
            label = period_text(period_number(date, target.frequency), target.frequency)
        except ValueError as error:
            raise UserError(f"{where}: {error}") from None
        if label in seen:
            raise UserError(f"{where}: {label} stands there twice")
        seen[label] = _number(f"{place} column {target.column}", cell)
    labels = tuple(label for label in wanted if np.isfinite(seen.get(label, np.nan)))
    if not labels:
        have = [label for label, value in seen.items() if np.isfinite(value)]
        told = f"{min(have)} to {max(have)}" if have else "no number"
        raise UserError(
            f"{target.path}: {owner}.span {target.span[0]} to {target.span[1]} has no value in"
            f" column {target.column}; the file has {told}"
        )
    lacking = [label for label in wanted if label not in labels]
    warning = f"{target.path}: {target.column} lacks {', '.join(lacking)}"
    unit = 0.01 if target.percent else 1.0
    values = np.array([seen[label] for label in labels]) * unit
    return Series(labels, values, (warning,) if lacking else ())


def _number(owner: str, cell: str) -> float:
    """A finite number, NaN for an empty cell."""
    try:
        value = float(cell) if cell else np.nan
    except ValueError:
        value = np.inf
    if np.isinf(value):
        raise UserError(f"{owner} must be a number or empty; got {clip(cell, 40)}")
    return value
