"""Income growth of a person at work, from the growth of a country's aggregate income.

Equations: docs/model.md, section 2.
"""

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]


def growth_at_work(
    aggregate_growth: F8,
    unemployment: F8,
    population_growth: float,
    income_lost: float,
    rows_a_year: int = 12,
) -> F8:
    """Yearly growth, month by month, of the nominal income of those whose work is undisturbed.

    ``aggregate_growth`` and ``unemployment``: (n_months,) from month 0 on, fractions (a year).
    The unemployed lose the share ``income_lost``, so aggregate income per head is income at work
    times 1 - income_lost * unemployment: compounded, both sides agree in every month. Month 0 has
    no month before it: its employment counts as unchanged. ``rows_a_year`` is 4 for quarters.
    """
    kept = 1 - income_lost * unemployment
    before = np.append(kept[:1], kept[:-1])
    growth: F8 = (1 + aggregate_growth) / (1 + population_growth) * (
        before / kept
    ) ** rows_a_year - 1
    return growth
