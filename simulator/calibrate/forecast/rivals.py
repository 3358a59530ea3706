"""The simple rivals on a backtest's window: what each would have said of the months after it."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.data.panel import MISSING, Panel
from simulator.calibrate.forecast.benchmarks import (
    Forecast,
    constant_share,
    last_value,
    logit_on_unemployment,
    window_mean,
)
from simulator.calibrate.forecast.residual_carryover import cell_of
from simulator.calibrate.settings import SeriesTarget, ShareTarget
from simulator.reading.periods import MONTHS_OF, Frequency, month_number, period_number
from simulator.units import MONTHS_PER_YEAR

F8 = NDArray[np.float64]

CONSTANT: Final = "constant"
"""Nothing changes: the mean of the window, or its average roll matrix applied on."""
LAST: Final = "last"
"""The last value of the window, for ever."""
LOGIT: Final = "logit"
"""Log-odds of the rate on unemployment and its yearly change."""
RIVALS: Final = (CONSTANT, LAST, LOGIT)


def series_rivals(
    target: SeriesTarget,
    window: Moments,
    later: Sequence[str],
    unemployment: Mapping[int, float],
    level: float,
) -> dict[str, Forecast]:
    """What each rival says of the periods ``later``, from the ``window`` of a series.

    ``unemployment``: by month since year 0, fractions; a period takes its months' mean.
    """
    frequency = target.frequency
    at = np.array([period_number(label, frequency) for label in window.labels])
    wanted = np.array([period_number(label, frequency) for label in later])
    horizon = int(wanted.max() - at.max())
    known = window.values[np.isfinite(window.values)]
    everything = {
        CONSTANT: window_mean(known, horizon, level),
        LAST: last_value(known, horizon, level),
        LOGIT: _logit(window.values, at, horizon, frequency, unemployment, level),
    }
    chosen = wanted - at.max() - 1
    return {
        name: Forecast(found.values[chosen], found.low[chosen], found.high[chosen])
        for name, found in everything.items()
    }


def _logit(
    rates: F8,
    at: NDArray[np.int64],
    horizon: int,
    frequency: Frequency,
    unemployment: Mapping[int, float],
    level: float,
) -> Forecast:
    """The logit rival on a grid without gaps that begins a year before the window."""
    year = MONTHS_PER_YEAR // MONTHS_OF[frequency]
    first, last = int(at.min()) - year, int(at.max())
    grid = np.full(last - first + 1, np.nan)
    grid[at - first] = rates
    path = [_mean_of(n, frequency, unemployment) for n in range(first, last + horizon + 1)]
    return logit_on_unemployment(grid, np.array(path), year, level)


def _mean_of(period: int, frequency: Frequency, by_month: Mapping[int, float]) -> float:
    length = MONTHS_OF[frequency]
    months = range(period * length, (period + 1) * length)
    return float(np.mean([by_month.get(month, np.nan) for month in months]))


def cell_rival(window: Moments, later: Sequence[str], level: float) -> Forecast:
    """Each cell as it was in the window's months, pooled: a constant roll matrix's cells."""
    cells = np.array([cell_of(label) for label in window.labels])
    found = []
    for label in later:
        rows = cells == cell_of(label)
        found.append(constant_share(window.values[rows], window.counts[rows], level))
    values, low, high = np.array(found).T
    return Forecast(values, low, high)


def matrix_rival(panel: Panel, target: ShareTarget, last: str, level: float) -> Forecast:
    """Shares of states after month ``last`` by the average roll matrix of the months until then.

    Numbers as in the labels of ``target``: month by month, the states of each. The interval holds
    the sampling of the accounts only.
    """
    until = [month for month in panel.months if month_number(month) <= month_number(last)]
    states = np.stack([panel.state("shares", month) for month in until], axis=1)
    now = states[:, -1][states[:, -1] != MISSING]
    size = len(panel.labels)
    shares = np.bincount(now, minlength=size) / max(1, now.size)
    matrix = _average_rolls(states, size)
    found: list[F8] = []
    for month in target.months:
        steps = month_number(month) - month_number(until[-1])
        ahead = shares @ np.linalg.matrix_power(matrix, steps)
        found.append(ahead[[panel.label_index("shares", state) for state in target.states]])
    values = np.concatenate(found)
    half = norm.ppf(0.5 + level / 2.0) * np.sqrt(2.0 * values * (1.0 - values) / max(1, now.size))
    return Forecast(values, np.maximum(0.0, values - half), np.minimum(1.0, values + half))


def _average_rolls(states: NDArray[np.int16], size: int) -> F8:
    """Share of each state's accounts that are in each state a month later, (size, size).

    All steps count together; a state never left stays.
    """
    before, after = states[:, :-1].ravel(), states[:, 1:].ravel()
    seen = (before != MISSING) & (after != MISSING)
    counts = np.zeros((size, size))
    np.add.at(counts, (before[seen], after[seen]), 1.0)
    total = counts.sum(axis=1, keepdims=True)
    matrix: F8 = np.where(total > 0, counts / np.maximum(total, 1.0), np.eye(size))
    return matrix
