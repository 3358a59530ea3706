"""Published series by quarter or month, as a target of a calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.files import UNKNOWN, open_data
from simulator.calibrate.settings import SeriesTarget
from simulator.reading.columns import numbers, texts
from simulator.reading.periods import period_number, period_text, periods
from simulator.validation import UserError

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
    source = open_data(owner, target.path)
    seen: dict[str, float] = {}
    wanted = periods(owner, target.span, target.frequency)
    dates, rows = texts(source, target.date_column), range(source.table.num_rows)
    read = numbers(source, target.column, rows, UNKNOWN, may_be_empty=True)
    if read.finding:
        raise UserError(f"{owner}: {read.finding}")
    for row, date in enumerate(dates):
        where = f"{owner}: {source.name}, column {target.date_column}, {source.line(row)}"
        try:
            label = period_text(period_number(date, target.frequency), target.frequency)
        except ValueError as error:
            raise UserError(f"{where}: {error}") from None
        if label in seen:
            raise UserError(f"{where}: duplicate period {label}")
        seen[label] = float(read.values[row])
    labels = tuple(
        label
        for label in wanted
        if np.isfinite(seen.get(label, np.nan)) and label not in target.masked
    )
    if not labels:
        have = [label for label, value in seen.items() if np.isfinite(value)]
        told = f"{min(have)} to {max(have)}" if have else "no number"
        raise UserError(
            f"{target.path}: {owner}.span {target.span[0]} to {target.span[1]} has no value in"
            f" column {target.column}; the file has {told}"
        )
    warnings = list(source.notes)
    if lacking := [lab for lab in wanted if lab not in labels and lab not in target.masked]:
        warnings.append(f"{target.path}: {target.column} lacks {', '.join(lacking)}")
    unit = 0.01 if target.percent and not read.signs else 1.0
    values = np.array([seen[label] for label in labels]) * unit
    return Series(labels, values, tuple(warnings))
