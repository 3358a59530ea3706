"""What predictions of shares inherit from a target: how far the model missed the same cells.

Everything is in log-odds. A cell misses by a part that stays, the same in every month, and by a
part that each month brings anew; only the first carries over, shrunk by how surely it is known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.estimate.discrepancy import carry_over, logit_slope

F8 = NDArray[np.float64]

_MONTH_AT_END: Final = re.compile(r" \d{4}-\d{2}$")
_LEAST_SHARE: Final = 1e-4
"""Shares are kept so far from 0 and 1 where log-odds are taken."""
_MOST_CHANGE: Final = 2.0
"""Slopes are trusted for so much change in log-odds (assumption)."""


@dataclass(frozen=True, slots=True)
class Misses:
    """A target that the model has been fitted to; arrays of shape (k,).

    ``simulated`` are the model's values, ``simulation_variance`` the variances of their errors;
    ``slopes`` (k, p) their change, in log-odds, per unit of each search coordinate;
    ``discrepancy`` is the variance in log-odds of what the model leaves unexplained.
    """

    seen: Moments
    simulated: F8
    simulation_variance: F8
    slopes: F8
    discrepancy: float

    def moved(self, change: F8) -> "Misses":
        """The misses of other parameters, ``change`` (p,) away on the search scale."""
        odds = logit(np.clip(self.simulated, _LEAST_SHARE, 1.0 - _LEAST_SHARE))
        step = np.clip(self.slopes @ change, -_MOST_CHANGE, _MOST_CHANGE)
        return replace(self, simulated=expit(odds + step))


@dataclass(frozen=True, slots=True)
class Inherited:
    """Log-odds to add to simulated shares: ``mean`` and ``variance``, (k,) each."""

    mean: F8
    variance: F8

    def apply(self, shares: F8, normals: F8) -> F8:
        """``shares`` (k,) moved by the mean and by ``normals`` (m, k) with the variance, (m, k)."""
        moved = self.mean != 0.0
        moved |= self.variance != 0.0
        odds = logit(np.clip(shares, _LEAST_SHARE, 1.0 - _LEAST_SHARE))
        shifted = expit(odds + self.mean + normals * np.sqrt(self.variance))
        return np.where(moved & np.isfinite(shares), shifted, shares)


def cell_of(label: str) -> str:
    """A label without its month: ``C->2`` of ``C->2 2005-04``."""
    return _MONTH_AT_END.sub("", label)


def inherit(labels: Sequence[str], months: Sequence[str], misses: Misses) -> Inherited:
    """What numbers with these ``labels`` inherit from ``misses``, log-odds.

    ``months`` are those of a number whose label has none. A number over the very months of the
    target inherits what they brought too. A cell that the target does not have inherits no
    deviation, but all of its uncertainty.
    """
    anew = _variance_anew(misses)
    lasting = max(0.0, misses.discrepancy - anew)
    found = [
        _of_cell(cell_of(label), _months_of(label) or set(months), misses, lasting, anew)
        for label in labels
    ]
    mean, variance = (np.array(part) for part in zip(*found, strict=True))
    return Inherited(mean, variance)


def _months_of(*labels: str) -> set[str]:
    """Months at the ends of ``labels``."""
    return {found[0].strip() for label in labels if (found := _MONTH_AT_END.search(label))}


def _rows(misses: Misses, cell: str) -> NDArray[np.int64]:
    """Rows of the target that are of ``cell`` and have a value on both sides."""
    known = np.isfinite(misses.seen.values) & np.isfinite(misses.simulated)
    same = np.array([cell_of(label) == cell for label in misses.seen.labels])
    return np.flatnonzero(known & same)


def _error_covariance(misses: Misses, rows: NDArray[np.int64]) -> F8:
    """Of the deviations of ``rows`` by sampling and simulation, in shares."""
    sampling = misses.seen.covariance[np.ix_(rows, rows)]
    covariance: F8 = sampling + np.diag(misses.simulation_variance[rows])
    return covariance


def _of_cell(
    cell: str, months: set[str], misses: Misses, lasting: float, anew: float
) -> tuple[float, float]:
    """Mean and variance of a cell's discrepancy over ``months``."""
    rows = _rows(misses, cell)
    news = anew / max(1, len(months))
    if rows.size == 0:
        return 0.0, lasting + news
    counts = misses.seen.counts[rows]
    weights = np.maximum(counts, 1.0) / np.maximum(counts, 1.0).sum()
    pooled = np.array([weights @ misses.seen.values[rows], weights @ misses.simulated[rows]])
    seen, model = logit(np.clip(pooled, _LEAST_SHARE, 1.0 - _LEAST_SHARE))
    slope = float(logit_slope(pooled[:1])[0])
    error = float(weights @ _error_covariance(misses, rows) @ weights) / slope**2
    of_window = anew * float(np.square(weights).sum())
    if months == _months_of(*(misses.seen.labels[row] for row in rows)):
        return carry_over(float(seen - model), error, lasting + of_window)
    mean, variance = carry_over(float(seen - model), error + of_window, lasting)
    return mean, variance + news


def _variance_anew(misses: Misses) -> float:
    """Variance of what each month brings anew, by the spread of a cell's months around its mean.

    Method of moments, over all cells that have several months; at most the whole discrepancy.
    """
    squares = errors = 0.0
    spare = 0
    for cell in dict.fromkeys(cell_of(label) for label in misses.seen.labels):
        rows = _rows(misses, cell)
        if rows.size < 2:
            continue
        slope = logit_slope(misses.seen.values[rows])
        deviations = (misses.seen.values[rows] - misses.simulated[rows]) / slope
        centred = np.eye(rows.size) - 1.0 / rows.size
        noise = _error_covariance(misses, rows) / np.outer(slope, slope)
        squares += float(deviations @ centred @ deviations)
        errors += float(np.trace(centred @ noise))
        spare += rows.size - 1
    return min(misses.discrepancy, max(0.0, (squares - errors) / spare)) if spare else 0.0
