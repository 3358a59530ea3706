"""What compounds over a year, by the month; rates that do not compound stand in ``units``."""

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import expm1, log1p
from simulator.units import MONTHS_PER_YEAR

F8 = NDArray[np.float64]


def monthly_probability(annual_probability: F8) -> F8:
    """Probabilities a month that compound to ``annual_probability`` (fractions) over a year."""
    return -expm1(log1p(-annual_probability) / MONTHS_PER_YEAR)


def log_monthly_growth(annual_growth: F8) -> F8:
    """Logarithm of the monthly growth factor of ``annual_growth`` (fractions, > -1; any shape)."""
    return log1p(annual_growth) / MONTHS_PER_YEAR
