"""Draws of the economy shifted towards large losses, and how much each draw then counts.

Equations: docs/model.md, section 14.10.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import exp
from simulator.linear import product
from simulator.macro.paths import deviations
from simulator.macro.variables import DEVIATING_VARIABLES
from simulator.ridge import ridge
from simulator.settings import MacroDeviation

F8 = NDArray[np.float64]

SHIFT: Final = 2.33
"""Standard deviations of the shift, the normal quantile at 99 %: half of the shifted draws then lie
beyond a loss that one in a hundred exceeds (assumption)."""


def shock_loadings(deviation: MacroDeviation, horizon: int) -> F8:
    """How each mean deviation hangs on the shocks, (k, horizon, n_variables), rows of length 1.

    Of each variable that deviates the mean over the first and over the second half of the simulated
    months: with standard normal shocks each is standard normal.
    """
    n_variables = len(DEVIATING_VARIABLES)
    units = np.eye(horizon * n_variables).reshape(horizon, n_variables, -1)
    still = np.zeros((1, *units.shape[1:]))
    moved = deviations(deviation, np.concatenate([still, units]))[:, :, 1:]
    half = (horizon + 1) // 2
    spans = [moved[..., :half], moved[..., half:]] if horizon > 1 else [moved]
    means = np.concatenate([span.mean(axis=2) for span in spans])
    sizes = np.sqrt((means**2).sum(axis=1))
    moving = sizes > 0.0
    found = means[moving] / sizes[moving, None]
    return found.reshape(-1, horizon, n_variables)


def loss_direction(shocks: F8, losses: F8, loadings: F8) -> F8 | None:
    """Direction of the shocks, (horizon, n_variables) of length 1, in which ``losses`` rise most.

    ``shocks`` (horizon, n_variables, draws) and ``losses`` (draws,) of a pilot. Least squares on
    the mean deviations (``shock_loadings``), drawn together by ridge regression, so that few draws
    give a direction in many dimensions. None where nothing moves the losses.
    """
    if not len(loadings) or not np.ptp(losses) > 0.0:
        return None
    known = loadings.reshape(len(loadings), -1)
    scores = product(known, shocks.reshape(known.shape[1], -1)).T
    slopes = ridge(scores, losses / np.abs(losses).max()).slopes
    found = (slopes[:, None, None] * loadings).sum(axis=0)
    size = float(np.sqrt((found**2).sum()))
    return found / size if size > 0.0 else None


def along(shocks: F8, direction: F8) -> F8:
    """How far each draw of ``shocks`` (horizon, n_variables, draws) lies along ``direction``."""
    return np.asarray((shocks * direction[..., None]).sum(axis=(0, 1)))


def draw_weights(score: F8, pilot_share: float) -> F8:
    """How much each draw of both blocks counts, (draws,): never more than 1 / ``pilot_share``.

    ``score``: how far it lies along the direction; ``pilot_share``: draws of the pilot over those
    of both blocks, in [0, 1]. Source: Hesterberg 1995 (defensive mixtures); Veach and Guibas 1995
    (balance heuristic); Glasserman 2003, Monte Carlo Methods in Financial Engineering, section 9.2.
    """
    ratio = exp(SHIFT * score - SHIFT**2 / 2.0)
    return np.asarray(1.0 / (pilot_share + (1.0 - pilot_share) * ratio))
