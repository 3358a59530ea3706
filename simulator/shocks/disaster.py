"""Disasters by region of the book."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]


def disaster_chance(
    by_scenario_region: F8, scenario_regions: Sequence[str], regions: Sequence[str]
) -> F8:
    """Chance a month that a borrower is hit, in the order of ``regions``; (months, n_regions).

    ``by_scenario_region``: the same in the order of ``scenario_regions``.
    """
    order = [scenario_regions.index(region) for region in regions]
    return by_scenario_region[:, order]
