"""Elementary functions of arrays, the kernels' own: the same bits on every machine."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.kernels import mapped

F8 = NDArray[np.float64]


def _mapped(fill: Callable[[F8, F8], None], x: ArrayLike) -> F8:
    """``fill`` over the flattened numbers of ``x``; its shape."""
    given = np.array(x, dtype=np.float64, order="C")
    out = np.empty_like(given)
    fill(given.reshape(-1), out.reshape(-1))
    return out.reshape(np.shape(x))


def exp(x: ArrayLike) -> F8:
    """e to the power of each number."""
    return _mapped(mapped.fill_exp, x)


def expm1(x: ArrayLike) -> F8:
    """exp(x) - 1 of each number below 700, exact near 0."""
    return _mapped(mapped.fill_expm1, x)


def log(x: ArrayLike) -> F8:
    """Natural logarithm of each number; minus infinity of 0, NaN below."""
    return _mapped(mapped.fill_log, x)


def log1p(x: ArrayLike) -> F8:
    """log(1 + x) of each number, exact near 0."""
    return _mapped(mapped.fill_log1p, x)


def power(x: ArrayLike, y: ArrayLike) -> F8:
    """Each ``x`` >= 0 to the power of ``y``, 1 for a power of 0; shapes broadcast."""
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    bases, powers, out = np.empty(shape), np.empty(shape), np.empty(shape)
    bases[...], powers[...] = x, y
    mapped.fill_power(bases.reshape(-1), powers.reshape(-1), out.reshape(-1))
    return out


def logistic(x: ArrayLike) -> F8:
    """1 / (1 + exp(-x)) of each number."""
    return _mapped(mapped.fill_logistic, x)


def log_odds(p: ArrayLike) -> F8:
    """log(p / (1 - p)) of each share; infinite at 0 and 1."""
    return _mapped(mapped.fill_log_odds, p)


def normal_cdf(x: ArrayLike) -> F8:
    """Chance of a standard normal number at or below each of ``x``."""
    return _mapped(mapped.fill_normal_cdf, x)


def normal_quantile(p: ArrayLike) -> F8:
    """Standard normal number below which each chance ``p`` lies; infinite at 0 and 1."""
    return _mapped(mapped.fill_normal_quantile, p)
