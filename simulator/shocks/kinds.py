"""Parameters that differ by kind of work."""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.vocabulary import Work


def by_work(parameters: Parameters, prefix: str) -> NDArray[np.float64]:
    """``<prefix>_formal``, ``_self_employed``, ``_gig`` in the order of ``Work``, (3,)."""
    return np.array([parameters[f"{prefix}_{kind.name.lower()}"] for kind in Work])
