"""Pay cuts, cut hours and revenue shocks of those who keep their work."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters, by_work

F8 = NDArray[np.float64]

MAX_CUT_HAZARD: Final = 0.9
"""Largest chance a month of a cut (assumption)."""


def cut_hazard(unemployment: F8, income_growth: F8, parameters: Parameters) -> F8:
    """Chance a month that income is cut, (n_draws, horizon + 1, 3) by ``Work``.

    It rises with unemployment over the opening's and with income growth below trend.
    ``unemployment`` (fraction) and ``income_growth`` (fraction a year): (n_draws, horizon + 1).
    """
    rise = unemployment / unemployment[:, :1] - 1
    below_trend = np.maximum(0.0, parameters["income_growth_trend"] - income_growth)
    stress = (
        1
        + parameters["cut_unemployment_sensitivity"] * rise
        + parameters["cut_growth_sensitivity"] * below_trend
    )
    hazard: F8 = np.maximum(0.0, stress)[..., None] * by_work(parameters, "cut_hazard")
    return np.minimum(MAX_CUT_HAZARD, hazard)
