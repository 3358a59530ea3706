"""From the rows of a table to months: smooth quarters, and the path past the table's end."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.macro.variables import MacroVariable

F8 = NDArray[np.float64]

MONTHS_PER_QUARTER: Final = 3


@lru_cache(maxsize=8)
def _smoothing_operator(n_quarters: int) -> F8:
    """Linear map from (opening, quarter means) to months, (3 n_quarters, n_quarters + 1).

    Solves: least sum of squared second differences of months 0..3n, subject to the means of the
    quarters, month 0 being the opening.
    """
    n_months = MONTHS_PER_QUARTER * n_quarters
    second = np.diff(np.eye(n_months + 1), n=2, axis=0)
    opening, months = second[:, :1], second[:, 1:]
    means = np.kron(np.eye(n_quarters), np.full((1, MONTHS_PER_QUARTER), 1 / MONTHS_PER_QUARTER))
    system = np.block([[months.T @ months, means.T], [means, np.zeros((n_quarters, n_quarters))]])
    given = np.zeros((n_months + n_quarters, n_quarters + 1))
    given[:n_months, :1] = -months.T @ opening
    given[n_months:, 1:] = np.eye(n_quarters)
    operator = np.linalg.solve(system, given)[:n_months]
    operator.setflags(write=False)
    return operator


def months_from_quarters(quarter_means: F8, opening: float, low: float, high: float) -> F8:
    """Smooth months 1..3n with the given means, of shape (3n,), within [low, high].

    Where the smoothest path would leave the range, its quarter is drawn towards its mean until
    it stays inside: means hold exactly, at the price of a kink.
    """
    smooth = _smoothing_operator(quarter_means.size) @ np.append(opening, quarter_means)
    around = smooth.reshape(-1, MONTHS_PER_QUARTER) - quarter_means[:, None]
    peak, trough = around.max(axis=1), around.min(axis=1)
    scale = np.ones(quarter_means.size)
    above, below = quarter_means + peak > high, quarter_means + trough < low
    scale[above] = (high - quarter_means[above]) / peak[above]
    scale[below] = np.minimum(scale[below], (low - quarter_means[below]) / trough[below])
    months = quarter_means[:, None] + scale[:, None] * around
    inside: F8 = np.clip(months, low, high).reshape(-1)
    return inside


def continued(months: F8, horizon: int, variable: MacroVariable) -> F8:
    """``months`` (from month 0 on) cut or continued to shape (horizon + 1,).

    The continuation returns geometrically from the last month to the long-run mean; a variable
    without one keeps its last value.
    """
    beyond = np.arange(1, horizon + 2 - months.size)
    last = months[-1]
    target = last if variable.long_run is None else variable.long_run
    tail = target + (last - target) * 0.5 ** (beyond / variable.half_life_months)
    return np.append(months, tail)[: horizon + 1]
