"""Levels of incomes and prices over the opening's."""

import numpy as np
from numpy.typing import NDArray

from simulator.units import log_monthly_growth

F8 = NDArray[np.float64]


def level_index(annual_growth: F8) -> F8:
    """Level over the opening's: 1 in month 0, then compounded from month 1's growth on.

    ``annual_growth``: fractions a year, (n_draws, horizon + 1); same shape returned.
    """
    steps = log_monthly_growth(annual_growth)
    steps[:, 0] = 0.0
    level: F8 = np.exp(np.cumsum(steps, axis=1))
    return level
