"""Profile of the objective along one parameter: a check of the local errors of a fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.estimate.search import MomentSource, Search
from simulator.progress import Progress
from simulator.validation import check_known

F8 = NDArray[np.float64]

_REACH = 2.0
"""Standard errors to either side."""


@dataclass(frozen=True, slots=True)
class ProfilePoint:
    """Value of the parameter, and the objective there above that of the estimate.

    About the square of the distance in standard errors where the local errors hold.
    """

    value: float
    rise: float


def profile(
    fit: Fit, source: MomentSource, name: str, watch: Progress, n: int = 5
) -> tuple[ProfilePoint, ...]:
    """``n`` points within two standard errors of the estimate of parameter ``name``.

    At each, the other parameters take the values that suit it best by the slopes at the estimate;
    the numbers there are simulated. Raises ``UserError`` for an unknown name.
    """
    check_known("profile", fit.names, name)
    search = Search(source, fit.scale, fit.numbers, step=0.0, watch=watch)
    j = fit.names.index(name)
    sd = float(np.sqrt(fit.covariance[j, j]))
    reach = np.linspace(-_REACH, _REACH, n) * sd
    offsets = np.unique(np.clip(fit.point[j] + reach, 0.0, 1.0)) - fit.point[j]
    least = search.objective(fit.point, fit.whiten)
    watch.start(offsets.size, f"profile of {name}")
    found: list[ProfilePoint] = []
    for offset in offsets:
        point = fit.point + fit.covariance[:, j] / sd**2 * offset
        rise = search.objective(point, fit.whiten) - least
        found.append(ProfilePoint(fit.scale.coordinates[j].to_natural(float(point[j])), rise))
    watch.finish()
    return tuple(found)
