"""Shares and rates whose cells mix percent and fractions: a few are read as the others, or asked.

One rate of 18 among rates of 0.18 is 18 %: what a few cells must be is what the others are.
"""

from typing import Final, NamedTuple

import numpy as np

from simulator.book.schema import F8
from simulator.reading.cells import B

FEW: Final = 0.05
"""Most cells, of those that are known and not 0, that may be in another unit than the others."""
LEAST_OTHERS: Final = 19
"""Cells that must agree before another one is read as they are."""
_ROOM: Final = 2.0
"""How far beyond the others' range a cell may come to lie."""


class Outliers(NamedTuple):
    """``values`` with cells of the other unit read as the others; which rows that changed."""

    values: F8
    read: B
    unlike: B
    """Cells that are of the other unit, but too many to be read without asking."""


def like_the_others(values: F8, *, in_percent: bool) -> Outliers:
    """Fractions (n,) whose few odd cells are a hundred times too large, or too small.

    ``in_percent``: the mapping says percent, so that cells in fractions are now too small.
    """
    factor = 100.0 if in_percent else 0.01
    known = np.isfinite(values) & (values > 0)
    if in_percent:
        middle = float(np.median(values[known])) if known.any() else 0.0
        odd = known & (values * 10.0 < middle)
    else:
        odd = known & (values > 1.0)
    others = values[known & ~odd]
    nowhere = np.zeros(values.size, dtype=bool)
    if not odd.any() or not others.size:
        return Outliers(values, nowhere, nowhere)
    low, high = float(others.min()) / _ROOM, float(others.max()) * _ROOM
    moved = values * factor
    odd &= (moved >= low) & (moved <= high) & (moved <= 1.0)
    count = int(np.count_nonzero(odd))
    if not count:
        return Outliers(values, nowhere, nowhere)
    if others.size < LEAST_OTHERS or count > FEW * np.count_nonzero(known):
        return Outliers(values, nowhere, odd if in_percent else nowhere)
    return Outliers(np.where(odd, moved, values), odd, nowhere)
