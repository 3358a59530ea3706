"""How far an economy strays from what is forecast of it: h-step errors of a VAR on its history.

What paths deviate by (``settings.MacroDeviation``) is a forecast error, not a spread around a
mean: a vector autoregression on the history says how large it is h quarters ahead, and the monthly
autoregression of the scenario's paths is fitted to that.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from simulator.elementary import log_odds, power
from simulator.macro.history import MacroHistory
from simulator.macro.variables import DEVIATING_VARIABLES, LOGIT_VARIABLES
from simulator.settings import MacroDeviation

F8 = NDArray[np.float64]

EPIDEMIC_QUARTERS: Final = ("2020Q2", "2020Q3")
"""Quarters of the epidemic's closure, which no forecast of an ordinary downturn has to hold."""
EPIDEMIC_WEIGHT: Final = 0.1
"""Weight of those quarters in the regression and in the errors (assumption)."""
HORIZONS: Final = 8
"""Quarters ahead of which errors are matched: two years, as the default run."""
_LEAST_RATE: Final = 0.005
"""Rates near zero are kept here on the logit scale, where a hundredth of a point would be large
(assumption)."""


@dataclass(frozen=True, slots=True)
class ForecastErrors:
    """Errors of the deviating variables, in the order of ``DEVIATING_VARIABLES``.

    ``sd`` (HORIZONS, 4): of a quarter's mean h quarters ahead; ``correlation`` (4, 4): of the
    errors of the first step; ``quarters``: rows of the history that were used.
    """

    sd: F8
    correlation: F8
    quarters: int


def forecast_errors(history: MacroHistory) -> ForecastErrors:
    """Errors of a first-order VAR with constant on all whole quarters of ``history``.

    The h-step errors are those of the fitted system (a sum of its impulse responses).
    """
    months, values = history.by_quarter()
    table = np.column_stack([_on_scale(name, values[name]) for name in DEVIATING_VARIABLES])
    names = [f"{str(month)[:4]}Q{(int(str(month)[5:7]) + 2) // 3}" for month in months]
    weights = np.array([EPIDEMIC_WEIGHT if n in EPIDEMIC_QUARTERS else 1.0 for n in names])
    whole = np.atleast_1d(np.isfinite(table).all(axis=1))
    steps = np.flatnonzero(whole[1:] & whole[:-1]) + 1
    design = np.column_stack([np.ones(steps.size), table[steps - 1]])
    # A quarter counts little as an outcome, and so does the one that starts from it.
    root = np.sqrt(np.minimum(weights[steps], weights[steps - 1]))[:, None]
    slopes = np.linalg.lstsq(root * design, root * table[steps])[0]
    errors = root * (table[steps] - design @ slopes)
    spare = float((root**2).sum()) - design.shape[1]
    covariance = errors.T @ errors / spare
    step, total, found = np.eye(len(DEVIATING_VARIABLES)), np.zeros_like(covariance), []
    for _ in range(HORIZONS):
        total = total + step @ covariance @ step.T
        found.append(np.sqrt(np.diag(total)))
        step = slopes[1:].T @ step
    sd = np.sqrt(np.diag(covariance))
    return ForecastErrors(np.array(found), covariance / np.outer(sd, sd), int(steps.size))


def _on_scale(name: str, values: F8) -> F8:
    """A variable as it deviates: log-odds of rates, fractions of growth."""
    if name not in LOGIT_VARIABLES:
        return values
    return log_odds(np.maximum(values, _LEAST_RATE))


def deviation_of(errors: ForecastErrors) -> MacroDeviation:
    """The monthly autoregression whose quarters' means err as ``errors`` do; rounded to 3 digits.

    Least squares of log standard deviations over the horizons; persistence at most .995.
    """
    persistence, volatility = zip(*(_fitted(column) for column in errors.sd.T), strict=True)
    correlation = np.round(errors.correlation, 2)
    np.fill_diagonal(correlation, 1.0)
    rows = tuple(tuple(float(x) for x in row) for row in 0.5 * (correlation + correlation.T))
    return MacroDeviation(persistence=persistence, volatility=volatility, correlation=rows)


def _fitted(sd: F8) -> tuple[float, float]:
    """Persistence a month and volatility that match ``sd`` (HORIZONS,) best."""

    def loss(x: F8) -> float:
        ratio = np.log(_quarter_sd(float(x[0]), 1.0) / sd)
        return float(np.var(ratio))

    found = minimize(loss, [0.9], bounds=[(0.0, 0.995)], method="L-BFGS-B")
    persistence = round(float(found.x[0]), 3)
    scale = float(np.exp(np.mean(np.log(sd / _quarter_sd(persistence, 1.0)))))
    return persistence, float(f"{scale:.3g}")


def _quarter_sd(persistence: float, volatility: float) -> F8:
    """Standard deviations of the means of quarters 1 to HORIZONS of z' = persistence z + shock."""
    months = 3 * HORIZONS
    ages = np.arange(months)[:, None] - np.arange(months)[None, :]
    response = np.where(ages >= 0, power(persistence, np.maximum(ages, 0)), 0.0)
    means = response.reshape(HORIZONS, 3, months).mean(axis=1)
    sd: F8 = volatility * np.sqrt(np.square(means).sum(axis=1))
    return sd
