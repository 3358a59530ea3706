"""Least squares of a figure on scores, drawn towards what is expected of the slopes."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.linear import product, solved

F8 = NDArray[np.float64]

PENALTIES: Final = tuple(float(10.0**power) for power in np.arange(-6.0, 2.01, 0.5))
"""Tried, over the mean square of a score times the number of rows."""


class Fit(NamedTuple):
    """Intercept and slopes (d,) of a ridge regression; ``penalty`` is what was added."""

    intercept: float
    slopes: F8
    penalty: float


def ridge(scores: F8, values: F8, about: F8 | None = None, penalty: float | None = None) -> Fit:
    """Slopes of ``values`` (n,) on ``scores`` (n, d), drawn towards ``about`` (d,), by default 0.

    The penalty is the one of least generalised cross-validation, unless it is given.
    Source: Hoerl and Kennard 1970; Golub, Heath and Wahba 1979.
    """
    expected = np.zeros(scores.shape[1]) if about is None else about
    centre, level = scores.mean(axis=0), float(values.mean())
    x = scores - centre
    y = values - level - (x * expected).sum(axis=1)
    squares, cross = product(x.T, x), product(x.T, y[:, None])
    if penalty is None:
        unit = float(np.trace(squares)) / scores.shape[1]
        tried = [share * unit for share in PENALTIES] if unit > 0.0 else [1.0]
        penalty = min(tried, key=lambda one: _cross_validated(x, y, squares, cross, one))
    slopes = expected + _slopes(squares, cross, penalty)
    return Fit(level - float((centre * slopes).sum()), slopes, penalty)


def _slopes(squares: F8, cross: F8, penalty: float) -> F8:
    return solved(squares + penalty * np.eye(len(squares)), cross)[:, 0]


def _cross_validated(x: F8, y: F8, squares: F8, cross: F8, penalty: float) -> float:
    """Generalised cross-validation: mean squared residual over the squared share left free."""
    rest = y - (x * _slopes(squares, cross, penalty)).sum(axis=1)
    inverse = solved(squares + penalty * np.eye(len(squares)), np.eye(len(squares)))
    used = 1.0 + len(squares) - penalty * float(np.trace(inverse))
    free = 1.0 - used / len(y)
    return float((rest**2).mean()) / free**2 if free > 0.0 else float("inf")


def resampled(scores: F8, values: F8, about: F8, penalty: float, n: int) -> F8:
    """Slopes (n, d) from rows drawn with replacement, the penalty kept (bootstrap)."""
    random = np.random.default_rng(20260101)
    found = np.empty((n, scores.shape[1]))
    for at in range(n):
        rows = random.integers(0, len(values), len(values))
        found[at] = ridge(scores[rows], values[rows], about, penalty).slopes
    return found
