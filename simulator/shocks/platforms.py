"""Rates that move from the opening on: other platforms', and what this lender's follow."""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters

F8 = NDArray[np.float64]


def since_opening(rate: F8) -> F8:
    """Change of a rate since month 0, shape (n_draws, horizon + 1) like ``rate``."""
    return rate - rate[:, :1]


def other_annual_rate(policy_rate: F8, parameters: Parameters) -> F8:
    """Yearly rate of other platforms' debt, following the policy rate since the opening.

    ``policy_rate``: fraction a year, (n_draws, horizon + 1); same shape returned.
    """
    passed_on = parameters["platform_rate_passthrough"] * since_opening(policy_rate)
    return np.maximum(0.0, parameters["platform_annual_rate"] + passed_on)
