"""Points of the parameters at which the model is simulated, spread as the priors are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc

from simulator.calibrate.estimate.parameter_transform import ParameterTransform

F8 = NDArray[np.float64]

WIDTH: Final = 1.3
"""Standard deviations of the points over those of the priors, so that a fit lies among them."""
_INSIDE: Final = 0.01
"""Points keep so far from the bounds (on the search scale)."""


def design_points(scale: ParameterTransform, n: int, seed: int) -> F8:
    """``n`` points on the search scale, (n, p): even over each prior, and over pairs of them.

    A Latin hypercube through the quantiles of each coordinate's prior, widened by ``WIDTH`` and
    cut to its bounds; uniform where there is none. Points come in random order, so that the first
    few are a design too.
    """
    uniform = qmc.LatinHypercube(d=len(scale.names), rng=seed).random(n)
    mean, sd = scale.prior_mean, WIDTH * scale.sd_before_data
    given = scale.prior_precision > 0.0
    low, high = norm.cdf((_INSIDE - mean) / sd), norm.cdf((1.0 - _INSIDE - mean) / sd)
    normal = mean + sd * norm.ppf(low + uniform * (high - low))
    even = _INSIDE + uniform * (1.0 - 2.0 * _INSIDE)
    points: F8 = np.clip(np.where(given, normal, even), _INSIDE, 1.0 - _INSIDE)
    return points
