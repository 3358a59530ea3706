"""How strongly defaults move together: the asset correlation behind the spread of default rates.

In the Vasicek model of a large book, Basel's own, default rates spread over the years by one
number, the correlation of borrowers' assets. A mixture of scenarios, each with its paths,
spreads them too; which correlation would spread them as much is a yardstick for the economy's
volatility.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

F8 = NDArray[np.float64]

BASEL_REVOLVING: Final = 0.04
"""Asset correlation of qualifying revolving retail exposures (Basel framework, CRE31)."""
_NODES: Final = 80
_MOST: Final = 0.95


def vasicek_variance(mean: float, correlation: float) -> float:
    """Variance of the default rate of a large book; ``mean`` and ``correlation`` in (0, 1).

    Gauss-Hermite over the common factor. Source: Vasicek (2002).
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    threshold = ndtri(mean)
    rates = ndtr((threshold - np.sqrt(correlation) * nodes) / np.sqrt(1.0 - correlation))
    return float(weights @ np.square(rates) - np.square(weights @ rates))


def mixture_moments(rates: F8, weights: F8, loans: float) -> tuple[float, float]:
    """Mean and variance of a mixture's default rates, without what a finite book adds.

    ``rates`` (scenarios, draws) fractions of ``loans`` equal loans; ``weights`` (scenarios,), which
    are normalised. The luck of a book of n loans adds p (1 - p) / n on each path.
    """
    share = weights / weights.sum()
    mean = float(share @ rates.mean(axis=1))
    spread = float(share @ np.square(rates - mean).mean(axis=1))
    luck = float(share @ (rates * (1.0 - rates)).mean(axis=1)) / loans
    return mean, max(0.0, spread - luck)


def implied_correlation(mean: float, variance: float) -> float:
    """The correlation whose default rates have this mean and variance; 0 for none, at most .95."""
    if not 0.0 < mean < 1.0 or variance <= vasicek_variance(mean, 1e-9):
        return 0.0
    if variance >= vasicek_variance(mean, _MOST):
        return _MOST
    return float(brentq(lambda r: vasicek_variance(mean, r) - variance, 1e-9, _MOST))
