"""Changes of period and of unit; the only place where a rate changes its period."""

import numpy as np
from numpy.typing import NDArray

from simulator.vocabulary import DAYS_PER_MONTH

MONTHS_PER_YEAR = 12


def monthly_simple(annual_rate: float) -> float:
    """Monthly interest of a nominal annual rate (fraction a year -> fraction a month, 30/360)."""
    return annual_rate / MONTHS_PER_YEAR


def monthly_probability(annual_probability: float) -> float:
    """Probability a month that compounds to ``annual_probability`` (fraction) over a year."""
    return float(1.0 - (1.0 - annual_probability) ** (1.0 / MONTHS_PER_YEAR))


def log_monthly_growth(annual_growth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the monthly growth factor of ``annual_growth`` (fractions, > -1; any shape)."""
    return np.log1p(annual_growth) / MONTHS_PER_YEAR


def end_of_month_dpd(n_unpaid: int, due_day: int) -> int:
    """Days past due at month end of a loan with ``n_unpaid`` unpaid instalments.

    Payments clear the oldest instalment first, so the unpaid ones are always the latest
    ``n_unpaid`` due dates and the oldest of them fell ``n_unpaid - 1`` months and
    ``30 - due_day`` days ago.
    """
    return n_unpaid * DAYS_PER_MONTH - due_day if n_unpaid > 0 else 0
