"""Other platforms: what their credit costs."""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters

F8 = NDArray[np.float64]


def other_annual_rate(policy_rate: F8, parameters: Parameters) -> F8:
    """Yearly rate of other platforms' debt, following the policy rate since the opening.

    ``policy_rate``: fraction a year, (n_draws, horizon + 1); same shape returned.
    """
    change = policy_rate - policy_rate[:, :1]
    passed_on = parameters["platform_rate_passthrough"] * change
    return np.maximum(0.0, parameters["platform_annual_rate"] + passed_on)
