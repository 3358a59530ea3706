"""Work that an epidemic closes."""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters, by_work

F8 = NDArray[np.float64]


def closure_chance(epidemic: F8, parameters: Parameters) -> F8:
    """Chance that a borrower's work is closed in the month, (n_draws, horizon + 1, 3) by ``Work``.

    ``epidemic``: intensity 0-1, (n_draws, horizon + 1).
    """
    chance: F8 = epidemic[..., None] * by_work(parameters, "closure_exposure")
    return chance
