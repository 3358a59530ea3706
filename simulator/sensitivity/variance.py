"""Shares of the variance of a function of independent uniform inputs: Sobol indices, Shapley.

Source: Sobol 1993; Saltelli et al. 2010 (the estimator); Owen 2014 and Song, Nelson and Staum 2016
(Shapley effects).
"""

from collections.abc import Callable
from math import factorial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

F8 = NDArray[np.float64]

POWER: Final = 12
"""Points are 2 to this power."""
MOST_INPUTS: Final = 15
"""Every subset of inputs is looked at."""


class VarianceShares(NamedTuple):
    """Of each input, (d,), over ``variance``: first-order, total, and Shapley, which add up to 1.

    NaN where the function does not vary.
    """

    first: F8
    total: F8
    shapley: F8
    variance: float


def variance_shares(
    function: Callable[[F8], F8], d: int, power: int = POWER, seed: int = 20260101
) -> VarianceShares:
    """Shares of ``function`` ((n, d) -> (n,)) with inputs uniform in [0, 1].

    The variance that a subset of inputs explains is the mean of f(A) (f(AB) - f(B)), with AB the
    subset of A and the rest of B, over quasi-random A and B: of none 0 exactly, of an input that
    does nothing the same as without it.
    """
    if d > MOST_INPUTS:
        raise ValueError(f"at most {MOST_INPUTS} inputs; got {d}")
    both = qmc.Sobol(2 * d, rng=seed).random_base2(power)
    a, b = both[:, :d], both[:, d:]
    middle = float(function(a).mean())
    of_a, of_b = function(a) - middle, function(b) - middle
    explained = np.empty(2**d)
    for chosen in range(2**d):
        mask = np.array([bool(chosen >> place & 1) for place in range(d)])
        mixed = function(np.where(mask, a, b)) - middle
        explained[chosen] = float((of_a * (mixed - of_b)).mean())
    variance = float(explained[-1])
    if variance <= 0.0:
        unknown = np.full(d, np.nan)
        return VarianceShares(unknown, unknown, unknown, 0.0)
    everybody = 2**d - 1
    first = np.array([explained[1 << place] for place in range(d)]) / variance
    total = 1.0 - np.array([explained[everybody ^ 1 << place] for place in range(d)]) / variance
    return VarianceShares(first, total, _shapley(explained, d) / variance, variance)


def _shapley(explained: F8, d: int) -> F8:
    """Mean gain of each input over all orders of adding it, (d,)."""
    sizes = np.array([chosen.bit_count() for chosen in range(2**d)])
    weights = np.array([factorial(k) * factorial(d - k - 1) / factorial(d) for k in range(d)])
    found = np.zeros(d)
    everything = np.arange(2**d)
    for place in range(d):
        without = everything[(everything >> place) & 1 == 0]
        gains = explained[without | 1 << place] - explained[without]
        found[place] = float((weights[sizes[without]] * gains).sum())
    return found
