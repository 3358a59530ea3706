"""The simple rivals from one origin: constant, last value, damped trend, ridge logit.

All in log-odds; rates are fractions. Each takes the window's rates, and says the next periods.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from simulator.calibrate.forecast.responses.surface import log_odds

F8 = NDArray[np.float64]

CONSTANT: Final = "constant"
LAST: Final = "last value"
TREND: Final = "damped trend"
LOGIT: Final = "ridge logit"
DAMPING: Final = 0.8
"""Each step of the trend over the one before, a quarter (assumption, as damped trends have it)."""
_TREND_PERIODS: Final = 4
"""The trend is the mean step of so many periods."""
RIDGE: Final = 1.0
"""Pull on the logit's slopes, per standard deviation of an input, in rows (assumption)."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known at an origin: ``rates`` (n,) fractions and ``inputs`` (n, q) of their periods.

    ``steps`` (h,): periods from the last rate to each period that is forecast, ascending, and
    ``later`` (h, q) the inputs there. Columns: unemployment, its change over a year, lenders'
    standards.
    """

    rates: F8
    inputs: F8
    steps: NDArray[np.int64]
    later: F8


def constant(past: Past) -> F8:
    """The mean of the window, for ever."""
    return np.full(past.steps.size, float(expit(log_odds(past.rates).mean())))


def last_value(past: Past) -> F8:
    """The last rate, for ever."""
    return np.full(past.steps.size, float(past.rates[-1]))


def damped_trend(past: Past) -> F8:
    """The last rate, moved by the last year's mean step, each step a part of the one before."""
    odds = log_odds(past.rates)
    back = min(_TREND_PERIODS, odds.size - 1)
    slope = (odds[-1] - odds[-1 - back]) / max(1, back)
    moved = slope * DAMPING * (1.0 - DAMPING**past.steps) / (1.0 - DAMPING)
    forecast: F8 = expit(odds[-1] + moved)
    return forecast


def ridge_logit(past: Past) -> F8:
    """Log-odds on unemployment, its yearly change and standards, slopes pulled towards zero."""
    forecast: F8 = expit(fit_ridge(log_odds(past.rates), past.inputs)(past.later))
    return forecast


def fit_ridge(outcome: F8, inputs: F8, pull: float = RIDGE) -> Callable[[F8], F8]:
    """A linear forecaster of ``outcome`` (n,) from ``inputs`` (n, q); rows with NaN left out."""
    known = np.isfinite(inputs).all(axis=1) & np.isfinite(outcome)
    x, y = inputs[known], outcome[known]
    centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    z = (x - centre) / spread
    slopes = np.linalg.solve(z.T @ z + pull * np.eye(z.shape[1]), z.T @ (y - y.mean()))

    def forecast(rows: F8) -> F8:
        return np.asarray(y.mean() + (rows - centre) / spread @ slopes)

    return forecast


RIVALS: Final[Mapping[str, Callable[[Past], F8]]] = {
    CONSTANT: constant,
    LAST: last_value,
    TREND: damped_trend,
    LOGIT: ridge_logit,
}
"""The rivals by name; named beforehand: the trend at 1 to 2 quarters, the logit at 4 to 12."""
