"""Illness beyond its ordinary incidence."""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters

F8 = NDArray[np.float64]


def illness_factor(epidemic: F8, parameters: Parameters) -> F8:
    """What an epidemic (0-1, any shape) multiplies the chance of falling ill by; same shape."""
    return 1 + parameters["illness_epidemic_multiplier"] * epidemic
