"""How many new customers ask for a loan: a growth that the scenario sets, path by path the same."""

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import power
from simulator.units import MONTHS_PER_YEAR

F8 = NDArray[np.float64]


def arrivals_index(growth: float, shape: tuple[int, ...]) -> F8:
    """Index of the monthly applicants, 1 at the opening; ``shape`` is (n_draws, horizon + 1)."""
    months = np.arange(shape[-1]) / MONTHS_PER_YEAR
    return np.broadcast_to(power(1.0 + growth, months), shape)
