"""Published series by quarter or month, as a target of a calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.files import columns_of
from simulator.calibrate.settings import SeriesTarget
from simulator.reading.csv_columns import texts
from simulator.reading.periods import period_number, period_text, periods
from simulator.validation import UserError, clip

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """Values of a span in order of time, fractions, shape (n,); ``labels`` as ``2008Q1``."""

    labels: tuple[str, ...]
    values: F8
    warnings: tuple[str, ...] = ()


def read_series(owner: str, target: SeriesTarget) -> Series:
    """The target's span of its file; periods that the file lacks are named in a warning.

    ``UserError`` for a date or number that is none, a period that stands twice, and a span of
    which the file has nothing.
    """
    table = columns_of(owner, target.path, (target.date_column, target.column))
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
