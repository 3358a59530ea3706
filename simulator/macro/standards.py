"""Lenders' standards from a survey, and what unemployment says of them where it is not used."""

import numpy as np
from numpy.typing import NDArray

from simulator.macro.rows import used_rows
from simulator.reading.columns import numbers
from simulator.reading.periods import MONTHS_OF, Frequency
from simulator.reading.row_labels import frequency_of
from simulator.reading.table_file import Source
from simulator.settings import StandardsHistory
from simulator.units import MONTHS_PER_YEAR
from simulator.validation import UserError, clip

F8 = NDArray[np.float64]

PERCENT = 100.0


def standards_history(
    owner: str, source: Source, used: range, settings: StandardsHistory, frequency: Frequency | None
) -> tuple[F8, str | None]:
    """Standards in the used rows, fractions, 0 as usual; and the finding if a column is bad.

    ``UserError`` for a window that the table lacks or that has too few answers to learn from.
    """
    everything = range(source.table.num_rows)
    columns = []
    for column in (settings.willingness_column, settings.unemployment_column):
        if column not in source.names:
            return np.zeros(len(used)), (
                f"{source.name}: column {clip(column)} (for standards) is missing;"
                f" the table has {clip(', '.join(source.names), 300)}"
            )
        found = numbers(source, column, everything, may_be_empty=True)
        if found.finding:
            return np.zeros(len(used)), found.finding
        columns.append(found.values)
    willingness, unemployment = columns
    window = used_rows(f"{owner}.standards", source, settings.window)
    usual = float(np.nanmean(willingness[window.start : window.stop]))
    if settings.after == "predicted":
        rows_a_year = MONTHS_PER_YEAR // MONTHS_OF[frequency or frequency_of(owner, source, used)]
        predicted = willingness_from_unemployment(willingness, unemployment, window, rows_a_year)
        if predicted is None:
            raise UserError(
                f"{owner}.standards.window {settings.window[0]} to {settings.window[1]} has too few"
                f" rows with both columns to learn from; needed are {_LEAST_ROWS}"
            )
        willingness[window.stop :] = predicted[window.stop :]
    tightening = np.nan_to_num((usual - willingness) / PERCENT)
    return accumulated(tightening, settings.half_life)[used.start : used.stop], None


_LEAST_ROWS = 8
"""Rows without which nothing is learned from a window (assumption)."""


def accumulated(changes: F8, half_life: float) -> F8:
    """Mean of the changes so far with weights that halve in ``half_life`` rows; 0 before the first.

    Source: the survey asks how willingness has changed; how long an answer counts is assumed.
    """
    kept = 0.5 ** (1.0 / half_life)
    level = np.zeros(changes.size)
    before = 0.0
    for row, change in enumerate(changes):
        before = kept * before + (1.0 - kept) * change
        level[row] = before
    return level


def willingness_from_unemployment(
    willingness: F8, unemployment: F8, window: range, rows_a_year: int
) -> F8 | None:
    """Willingness that unemployment and its yearly change let expect, in every row; percent.

    Least squares over ``window``; kept within the range that the window's answers had, for the
    survey's percentages say little of an economy that the window never saw. None with too few
    rows. Rows without a year before them are NaN.
    """
    change = np.full(unemployment.size, np.nan)
    change[rows_a_year:] = unemployment[rows_a_year:] - unemployment[:-rows_a_year]
    design = np.column_stack([np.ones(unemployment.size), unemployment, change])
    inside = np.zeros(unemployment.size, dtype=bool)
    inside[window.start : window.stop] = True
    inside &= np.isfinite(design).all(axis=1) & np.isfinite(willingness)
    if inside.sum() < _LEAST_ROWS:
        return None
    coefficients = np.linalg.lstsq(design[inside], willingness[inside])[0]
    seen = willingness[inside]
    expected: F8 = np.clip(design @ coefficients, seen.min(), seen.max())
    return expected
