"""Lenders' standards: what they do to the cut-off, the amounts and the price of new loans.

``standards`` is the net share of lenders that lend less readily than usual, (n_draws,
horizon + 1), 0 as usual. One gain scales all three effects, so that a fit moves one number; who is
in the book changes only as new customers come, so that arrears follow with the age of vintages.
"""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.elementary import exp

F8 = NDArray[np.float64]


def standards_cutoff(standards: F8, parameters: Parameters) -> F8:
    """Points that standards add to the score cut-off; shape kept."""
    points: F8 = parameters["standards_gain"] * parameters["standards_cutoff_points"] * standards
    return points


def standards_amount(standards: F8, parameters: Parameters) -> F8:
    """Factor on the amounts and limits of new loans; shape kept."""
    factor: F8 = exp(-parameters["standards_gain"] * parameters["standards_limit_cut"] * standards)
    return factor


def standards_price(standards: F8, parameters: Parameters) -> F8:
    """Yearly rate added to new loans, fractions; shape kept."""
    added: F8 = parameters["standards_gain"] * parameters["standards_price_rise"] * standards
    return added
