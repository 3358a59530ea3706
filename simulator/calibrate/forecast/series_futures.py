"""What may be seen after a series' window, if the model is right but for a deviation that fades."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.estimate.discrepancy import LEAST_SHARE, logit_slope
from simulator.calibrate.estimate.residual_autoregression import Autoregressions, autoregressions
from simulator.calibrate.forecast.prediction_interval import balanced_normals, correlated
from simulator.reading.periods import Frequency, period_places

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

DISCREPANCIES: Final = 8
"""Autoregressions that the deviations of one draw allow."""


@dataclass(frozen=True, slots=True)
class Window:
    """A series as it was seen: k values, and the autoregressions of deviations they allow.

    ``level``: what deviations are a share of; ``least``: no value is below it.
    """

    seen: Moments
    allowed: Autoregressions
    places: F8
    frequency: Frequency
    level: float
    least: float

    @classmethod
    def of(cls, seen: Moments, allowed: Autoregressions, frequency: Frequency) -> "Window":
        """The window of ``seen``, fractions."""
        places, level = period_places(seen.labels, frequency), float(np.abs(seen.values).mean())
        return cls(seen, allowed, places, frequency, level, 0.0)

    @classmethod
    def in_log_odds(cls, seen: Moments, frequency: Frequency) -> "Window":
        """The window of the log-odds of ``seen``: deviations are in proportion to the level."""
        slope = logit_slope(seen.values)
        odds = replace(
            seen,
            values=logit(np.clip(seen.values, LEAST_SHARE, 1.0 - LEAST_SHARE)),
            covariance=seen.covariance / np.outer(slope, slope),
        )
        places = period_places(seen.labels, frequency)
        allowed = autoregressions(places, odds.covariance)
        return cls(odds, allowed, places, frequency, 1.0, -np.inf)

    def steps(self, labels: Sequence[str]) -> I8:
        """Periods from the step after the window's last to each of ``labels``; 0 is that step."""
        after = period_places(labels, self.frequency) - self.places[-1]
        steps: I8 = after.astype(np.int64) - 1
        return steps

    def futures(self, model: F8, ahead: F8, steps: I8, noise_seed: int) -> F8:
        """Draws of later values, (m, h), if the model's values are ``model`` (k,), ``ahead`` (h,).

        All on the window's own scale. Deviations go on from where they are and fade as they did.
        """
        # A period in which the model has no value says nothing of its deviation.
        deviations = np.nan_to_num(self.seen.values - model)
        # What will be published errs as what was published.
        error = np.eye(steps.size) * float(np.diag(self.seen.covariance).mean())
        normals = balanced_normals(noise_seed, steps.size)
        luck = (np.arange(DISCREPANCIES) + 0.5) / DISCREPANCIES
        outcomes = []
        for place, likely in enumerate(self.allowed.likely(deviations, luck, self.level)):
            mean, covariance = likely.forecast(
                deviations, int(steps.max()) + 1, self.seen.covariance, self.places
            )
            own = covariance[np.ix_(steps, steps)] + error
            outcomes.append(ahead + mean[steps] + correlated(normals[place::DISCREPANCIES], own))
        together: F8 = np.maximum(self.least, np.concatenate(outcomes))
        return together
