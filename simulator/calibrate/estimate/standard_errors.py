"""How sure an estimate is: the sandwich covariance of its error, and what each world alone gives.

Standard errors in ``parameters.csv`` are the roots of the diagonal, on each parameter's own scale
(``fitted.Fit.parameters``).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.estimate.parameter_transform import UNIFORM_SD
from simulator.calibrate.estimate.search import Search, newton_step

F8 = NDArray[np.float64]

_NEXT_TO_NOTHING: Final = 0.01
"""Precision of a coordinate (standard deviation 10) that keeps the errors of unidentified ones
finite."""


def covariance_of_estimate(slopes: F8, whiten: F8, errors: F8, prior_precision: F8, left: F8) -> F8:
    """Covariance of the estimate on the search scale, (p, p).

    A sandwich: ``errors`` (k, k) are what the numbers' errors turned out to be, ``whiten`` the root
    of the weights. Where slopes would still move the estimate by ``left`` (p,), it is uncertain
    along that step as well, up to a doubled variance. A direction without information is as
    uncertain as the bounds leave it.
    """
    known = np.diag(prior_precision + _NEXT_TO_NOTHING)
    weighted = whiten @ slopes
    inverse = np.linalg.inv(weighted.T @ weighted + known)
    middle = weighted.T @ (whiten @ errors @ whiten.T) @ weighted + known
    wide = inverse @ middle @ inverse
    spread = np.sqrt(np.diag(wide))
    unsettled = np.clip(left, -spread, spread)
    wide += np.outer(unsettled, unsettled)
    shrink = np.minimum(1.0, UNIFORM_SD / np.sqrt(np.diag(wide)))
    covariance: F8 = wide * np.outer(shrink, shrink)
    return 0.5 * (covariance + covariance.T)


def points_by_seed(search: Search, point: F8, slopes: F8, whiten: F8) -> F8:
    """One Gauss-Newton step from the estimate with each world's own numbers, (S, p)."""
    worlds = search.at(point)
    own = np.where(np.isfinite(worlds), worlds, search.mean(point))
    missed = np.nan_to_num(own - search.numbers.observed)
    prior = search.residuals(point, whiten)[worlds.shape[1] :]
    steps = [
        newton_step(point, whiten @ slopes, np.concatenate([whiten @ row, prior]), search.scale)
        for row in missed
    ]
    return point + np.stack(steps)
