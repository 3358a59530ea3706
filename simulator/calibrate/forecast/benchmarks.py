"""Simple rivals that a calibrated model must beat: no change, and a logit on unemployment.

Each gives a forecast and an interval that owns up to its errors' persistence, so that coverage is
compared fairly. All rates are fractions.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm, t

F8 = NDArray[np.float64]

_LEAST_RATE: Final = 1e-6
"""Rates are kept this far from 0 and 1 on the logit scale."""
_LEAST_SPARE_ROWS: Final = 4
"""Rows beyond the number of coefficients without which a regression is not tried (assumption)."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A rival's forecast with its interval; arrays of one shape, fractions, NaN if it has none."""

    values: F8
    low: F8
    high: F8


@dataclass(frozen=True, slots=True)
class Regression:
    """Least squares: coefficients (k,), their Newey-West covariance (k, k), residual variance.

    ``spare_rows`` are the rows beyond the coefficients.
    """

    coefficients: F8
    covariance: F8
    residual_variance: float
    spare_rows: int


def no_forecast(size: int) -> Forecast:
    """What a rival says that has too little to learn from: ``size`` NaN."""
    nothing = np.full(size, np.nan)
    return Forecast(nothing, nothing, nothing)


def regress(outcome: F8, design: F8) -> Regression:
    """Least squares of ``outcome`` (n,) on ``design`` (n, k), with errors allowed to persist.

    Source: Newey and West (1987), Bartlett weights, floor(4 (n / 100)^(2/9)) lags, scaled by
    n / (n - k).
    """
    n, k = design.shape
    coefficients = np.asarray(np.linalg.lstsq(design, outcome)[0], dtype=np.float64)
    errors = outcome - design @ coefficients
    scores = design * errors[:, None]
    middle = scores.T @ scores
    lags = int(4.0 * (n / 100.0) ** (2.0 / 9.0))
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1.0 - lag / (lags + 1.0)) * (cross + cross.T)
    inverse = np.linalg.pinv(design.T @ design)
    return Regression(
        coefficients=coefficients,
        covariance=inverse @ middle @ inverse * n / (n - k),
        residual_variance=float(errors @ errors) / (n - k),
        spare_rows=n - k,
    )


def window_mean(rates: F8, horizon: int, level: float) -> Forecast:
    """The mean of the window's ``rates`` (n,), for ever: a constant roll matrix's steady state.

    The interval holds the rates' spread and the error of their mean (persistence included).
    """
    if rates.size < 1 + _LEAST_SPARE_ROWS:
        return no_forecast(horizon)
    found = regress(rates, np.ones((rates.size, 1)))
    spread = np.sqrt(found.residual_variance + found.covariance[0, 0])
    half = t.ppf(0.5 + level / 2.0, found.spare_rows) * spread
    return _around(np.full(horizon, found.coefficients[0]), np.full(horizon, half))


def last_value(rates: F8, horizon: int, level: float) -> Forecast:
    """The last of the window's ``rates`` (n,), for ever; a random walk's interval."""
    if rates.size < 2 + _LEAST_SPARE_ROWS:
        return no_forecast(horizon)
    step = np.sqrt(np.mean(np.square(np.diff(rates))))
    half = norm.ppf(0.5 + level / 2.0) * step * np.sqrt(np.arange(1, horizon + 1))
    return _around(np.full(horizon, rates[-1]), half)


def logit_on_unemployment(rates: F8, unemployment: F8, year: int, level: float) -> Forecast:
    """Log-odds of the rate on unemployment and its change over a year, by least squares.

    ``rates`` (n,) are the window's; ``unemployment`` (n + horizon,) goes on past it, fractions,
    NaN where unknown; ``year`` is the number of periods in one. The interval holds the residuals'
    spread and the coefficients' errors. Without enough rows every number is NaN.
    """
    n = rates.size
    change = np.full(unemployment.size, np.nan)
    change[year:] = unemployment[year:] - unemployment[:-year]
    design = np.column_stack([np.ones(unemployment.size), unemployment, change])
    known = np.isfinite(design).all(axis=1)
    window = known[:n] & np.isfinite(rates)
    if window.sum() < design.shape[1] + _LEAST_SPARE_ROWS:
        return no_forecast(unemployment.size - n)
    odds = logit(np.clip(rates[window], _LEAST_RATE, 1.0 - _LEAST_RATE))
    found = regress(odds, design[:n][window])
    ahead = design[n:]
    centre = ahead @ found.coefficients
    variance = found.residual_variance + np.einsum("ij,jk,ik->i", ahead, found.covariance, ahead)
    half = t.ppf(0.5 + level / 2.0, found.spare_rows) * np.sqrt(variance)
    return Forecast(expit(centre), expit(centre - half), expit(centre + half))


def constant_share(shares: F8, counts: F8, level: float) -> tuple[float, float, float]:
    """Share of a cell as pooled over the window's months, with an interval for one month more.

    ``shares`` and ``counts`` have shape (months,). The interval comes from the spread between
    months, which holds their sampling; from sampling alone if there is one month only.
    """
    used = np.isfinite(shares)
    if not used.any():
        return np.nan, np.nan, np.nan
    seen, weight = shares[used], np.maximum(counts[used], 1.0)
    centre = float(np.average(seen, weights=weight))
    if seen.size > 1:
        spread = np.sqrt(seen.var(ddof=1) * (1.0 + 1.0 / seen.size))
        half = float(t.ppf(0.5 + level / 2.0, seen.size - 1) * spread)
    else:
        spread = np.sqrt(2.0 * centre * (1.0 - centre) / weight[0])
        half = float(norm.ppf(0.5 + level / 2.0) * spread)
    return centre, max(0.0, centre - half), min(1.0, centre + half)


def _around(centre: F8, half: F8) -> Forecast:
    """A symmetric interval, cut to fractions."""
    return Forecast(centre, np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0))
