"""Draws of the economy shifted towards large losses, and how much each draw then counts.

Equations: docs/model.md, section 14.10.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import exp, normal_quantile
from simulator.linear import product
from simulator.macro.paths import deviations
from simulator.macro.variables import DEVIATING_VARIABLES
from simulator.ridge import ridge
from simulator.settings import MacroDeviation

F8 = NDArray[np.float64]

AIM: Final = 2.33
"""Standard deviations of the loss at which the shifted draws aim: the normal quantile at 99 %
(assumption)."""


class Shift(NamedTuple):
    """``direction`` of the shocks, (horizon, n_variables) of length 1, and how far they go along it
    in standard deviations."""

    direction: F8
    size: float

    def moved(self, shocks: F8) -> F8:
        """``shocks`` (horizon, n_variables, draws), shifted."""
        return np.asarray(shocks + self.size * self.direction[..., None])

    def along(self, shocks: F8) -> F8:
        """How far each of the draws lies along the direction, (draws,)."""
        return np.asarray((shocks * self.direction[..., None]).sum(axis=(0, 1)))

    def weights(self, score: F8, pilot_share: float) -> F8:
        """How much each draw of both blocks counts, (draws,): never more than 1 / ``pilot_share``.

        ``score``: how far it lies along the direction; ``pilot_share``: draws of the pilot over
        those of both blocks, above 0. Source: Hesterberg 1995 (defensive mixtures); Veach and
        Guibas 1995 (balance heuristic).
        """
        ratio = exp(self.size * score - self.size**2 / 2.0)
        return np.asarray(1.0 / (pilot_share + (1.0 - pilot_share) * ratio))


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
    found: F8 = means[moving] / sizes[moving, None]
    return found.reshape(-1, horizon, n_variables)


def loss_shift(shocks: F8, losses: F8, loadings: F8) -> Shift | None:
    """The shift towards large losses that a pilot tells; None where nothing moves them.

    ``shocks`` (horizon, n_variables, draws) and ``losses`` (draws,) of the pilot. Losses count by
    the normal scores of their ranks, so that their shape is no matter. The direction in which they
    rise most is that of least squares on the mean deviations (``shock_loadings``), drawn together
    by ridge regression, so that few draws give it in many dimensions. The size is the mean of the
    score along it where the loss lies at ``AIM``, were both normal: ``AIM`` times their
    correlation.
    Source: Glasserman 2003, Monte Carlo Methods in Financial Engineering, section 9.2.
    """
    if not len(loadings) or not np.ptp(losses) > 0.0:
        return None
    known = loadings.reshape(len(loadings), -1)
    scores = product(known, shocks.reshape(known.shape[1], -1)).T
    ranks = np.argsort(np.argsort(losses, kind="stable"), kind="stable")
    usual = normal_quantile((ranks + 0.5) / losses.size)
    slopes = ridge(scores, usual).slopes
    found: F8 = (slopes[:, None, None] * loadings).sum(axis=0)
    length = float(np.sqrt((found**2).sum()))
    if not length > 0.0:
        return None
    alone = Shift(found / length, 0.0)
    correlation = float(np.corrcoef(alone.along(shocks), usual)[0, 1])
    return alone._replace(size=AIM * max(correlation, 0.0))
