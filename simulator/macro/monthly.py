"""From the rows of a table to months: smooth quarters, and the path past the table's end."""

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import power
from simulator.linear import product, solved
from simulator.macro.variables import MacroVariable

F8 = NDArray[np.float64]

MONTHS_PER_QUARTER: Final = 3

Smoothing = Literal["quadratic", "bounded"]


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
    system = np.block(
        [[product(months.T, months), means.T], [means, np.zeros((n_quarters, n_quarters))]]
    )
    given = np.zeros((n_months + n_quarters, n_quarters + 1))
    given[:n_months, :1] = -product(months.T, opening)
    given[n_months:, 1:] = np.eye(n_quarters)
    operator = solved(system, given)[:n_months]
    operator.setflags(write=False)
    return operator


def months_from_quarters(
    quarter_means: F8, opening: float, low: float, high: float, smoothing: Smoothing = "quadratic"
) -> F8:
    """Smooth months 1..3n with the given means, of shape (3n,), within [low, high].

    ``bounded`` also keeps the months of a quarter between the least and the largest of its own
    mean and those beside it (the opening before the first): jumpy series do not overshoot, and
    peaks, troughs and the last quarter are flat. Where the smoothest path would leave the range,
    its quarter is drawn towards its mean until it stays inside: means hold, at the price of a kink.
    """
    if smoothing == "bounded":
        floor, ceiling = _range_beside(quarter_means, opening)
    else:
        floor = np.full(quarter_means.size, low)
        ceiling = np.full(quarter_means.size, high)
    of_means = _smoothing_operator(quarter_means.size)[:, 1:]  # its rows sum to 1: flat stays flat
    smooth = opening + (of_means * (quarter_means - opening)).sum(axis=1)
    around = smooth.reshape(-1, MONTHS_PER_QUARTER) - quarter_means[:, None]
    peak, trough = around.max(axis=1), around.min(axis=1)
    scale = np.ones(quarter_means.size)
    above, below = quarter_means + peak > ceiling, quarter_means + trough < floor
    scale[above] = (ceiling - quarter_means)[above] / peak[above]
    scale[below] = np.minimum(scale[below], (floor - quarter_means)[below] / trough[below])
    months = quarter_means[:, None] + scale[:, None] * around
    inside: F8 = np.clip(months, floor[:, None], ceiling[:, None]).reshape(-1)
    return inside


def _range_beside(quarter_means: F8, opening: float) -> tuple[F8, F8]:
    """Least and largest of each quarter's mean and those beside it, two arrays (n_quarters,)."""
    before = np.append(opening, quarter_means[:-1])
    after = np.append(quarter_means[1:], quarter_means[-1])
    beside = np.stack([before, quarter_means, after])
    return beside.min(axis=0), beside.max(axis=0)


def continued(months: F8, horizon: int, variable: MacroVariable) -> F8:
    """``months`` (from month 0 on) cut or continued to shape (horizon + 1,).

    The continuation returns geometrically from the last month to the long-run mean; a variable
    without one keeps its last value.
    """
    beyond = np.arange(1, horizon + 2 - months.size)
    last = months[-1]
    target = last if variable.long_run is None else variable.long_run
    tail = target + (last - target) * power(0.5, beyond / variable.half_life_months)
    return np.append(months, tail)[: horizon + 1]
