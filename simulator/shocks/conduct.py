"""What policy-makers and public mood change about paying and collecting."""

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import exp

F8 = NDArray[np.float64]


def all_in_rate_cap(scenario_cap: F8, jurisdiction_cap: float) -> F8:
    """The stricter of the scenario's cap (fraction a year, any shape) and the jurisdiction's."""
    return np.minimum(scenario_cap, jurisdiction_cap)


def refusal_factor(willingness_shift: F8) -> F8:
    """What multiplies the chance of refusal: exp of the shift (logarithm, any shape)."""
    return exp(willingness_shift)
