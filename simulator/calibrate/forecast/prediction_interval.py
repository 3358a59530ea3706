"""From draws to a prediction and its interval: parameters, luck and what the model misses."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

NOISES: Final = 64
"""Draws of the discrepancy for each draw of parameters and luck; they cost no simulation."""


def balanced_normals(seed: int, size: int) -> F8:
    """Standard normal draws that sum to zero, (NOISES, size); the same for the same ``seed``."""
    half = np.random.default_rng(seed).standard_normal((NOISES // 2, size))
    return np.concatenate([half, -half])


def correlated(normals: F8, covariance: F8) -> F8:
    """``normals`` (m, k) with the covariance (k, k), which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    shaped: F8 = normals @ root.T
    return shaped


def moved_to(outcomes: F8, centre: F8) -> F8:
    """Shares ``outcomes`` (n, m, k) with the mean of ``centre`` (n, m, k), kept within [0, 1].

    NaN (nobody was at risk in a draw) is left out of means; a number without any stays NaN.
    """
    moved: F8 = np.clip(outcomes + _means(centre) - _means(outcomes), 0.0, 1.0)
    return moved


def _means(outcomes: F8) -> F8:
    """Mean of each number over all draws that have it, (k,); NaN without any."""
    known = np.isfinite(outcomes)
    count = known.sum(axis=(0, 1))
    total = np.where(known, outcomes, 0.0).sum(axis=(0, 1))
    means: F8 = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return means


def without_luck(values: F8, changes: F8) -> F8:
    """``values`` (n, k) of n draws as a linear function of their ``changes`` (n, p).

    What is left out is the luck of each draw's world.

    With fewer than twice as many draws as coefficients, or with a value that is not known, they
    stay as they are.
    """
    n, p = changes.shape
    if n < 2 * (p + 1) or not np.isfinite(values).all():
        return values
    design = np.column_stack([np.ones(n), changes])
    smooth: F8 = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return smooth


def summarised(outcomes: F8, level: float) -> tuple[F8, F8, F8]:
    """Mean, and bounds that a new outcome leaves with chance 1 - ``level``; (k,) each.

    ``outcomes`` (n, m, k): n independent draws, each with m draws of noise; NaN where a draw has
    no value (nobody was at risk), and all NaN where fewer than two draws have one.
    """
    columns = []
    for column in np.moveaxis(outcomes, 2, 0):
        known = column[np.isfinite(column).all(axis=1)]
        columns.append(_interval(known, level) if len(known) > 1 else (np.nan, np.nan, np.nan))
    middle, low, high = np.array(columns).T
    return middle, low, high


def _interval(outcomes: F8, level: float) -> tuple[float, float, float]:
    """Mean and bounds of one number, (n, m).

    With n draws only, plain quantiles would cover too little: a share p of the draws lies below
    the p (n + 1)-th (exact for exchangeable draws). Noise is drawn often enough to need no such
    care, so the correction counts by the share of the variance that is between draws.
    """
    n = outcomes.shape[0]
    tail = (1.0 - level) / 2.0
    careful = max(0.0, (tail * (n + 1) - 1.0) / (n - 1))
    total = float(outcomes.var())
    share = float(outcomes.mean(axis=1).var()) / total if total > 0.0 else 1.0
    at = tail + (careful - tail) * min(1.0, share)
    low, high = np.quantile(outcomes, (at, 1.0 - at))
    return float(outcomes.mean()), float(low), float(high)


def least_draws(level: float) -> int:
    """Draws below which an interval of ``level`` can only give the extremes."""
    return int(np.ceil(2.0 / (1.0 - level) - 1.0 - 1e-9))
