"""What the model leaves unexplained of a series, in log-odds, and how it goes on after the window.

    log-odds seen = log-odds of the model + b * (its movement) + a deviation that persists

The movement is the model's path less its mean over the window; b, prior N(0, .5), says how much
more or less of it the series shows. So a window that moved less than the model did shrinks the
forecast's movement, and one that says little of b leaves its doubt in the interval. The deviation
is a first-order autoregression with the priors of ``estimate.discrepancy``. All together are one
Gaussian for each size and persistence, and these are weighed by how well they explain the window.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.estimate.discrepancy import (
    MOST_PERSISTENCE,
    SeriesDiscrepancy,
    log_prior,
    logit_slope,
)
from simulator.calibrate.forecast.prediction_interval import balanced_normals, correlated
from simulator.calibrate.forecast.responses.surface import log_odds

F8 = NDArray[np.float64]

MOVEMENT_SD: Final = 0.5
"""Of b before the window is seen: the model's movement is right within a factor of about half to
one and a half (assumption)."""
_PERSISTENCES: Final = np.array([0.0, 0.3, 0.6, 0.75, 0.85, 0.9, 0.94, 0.96, MOST_PERSISTENCE])
_SIZES: Final = np.geomspace(0.02, 0.6, 12)
"""Standard deviations of the deviation, log-odds; alike on a log scale beside the prior."""
MIXED: Final = 16
"""Autoregressions that forecasts are drawn from."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One size and persistence given the window: what it says of the later periods.

    ``gain`` (k, h) turns the window's deviations into the mean later; ``covariance`` (h, h).
    """

    gain: F8
    covariance: F8


@dataclass(frozen=True, slots=True)
class Continued:
    """The window's deviations and what may follow them, ready to be drawn from.

    ``seen`` (k,) log-odds; ``likely``: MIXED draws of autoregressions by their posterior.
    """

    seen: F8
    likely: tuple[Deviation, ...]
    movement: float
    movement_sd: float

    def futures(self, model: F8, ahead: F8, seed: int) -> F8:
        """Draws of later shares, (MIXED * m, h), if the model's log-odds are these, (k,), (h,)."""
        normals = balanced_normals(seed, ahead.size)
        missed = self.seen - model
        drawn = [
            ahead + missed @ found.gain + correlated(normals[place::MIXED], found.covariance)
            for place, found in enumerate(self.likely)
        ]
        shares: F8 = expit(np.concatenate(drawn))
        return shares


def continued(seen: Moments, places: F8, steps: F8, path: F8) -> Continued:
    """What the window says of the deviations ``steps`` (h,) periods after its last place.

    ``places`` (k,): periods of the window's values; ``path`` (k + h,): the model's log-odds there
    and later, from which its movement is taken.
    """
    k = len(seen.labels)
    values, slope = log_odds(seen.values), logit_slope(seen.values)
    noise = seen.covariance / np.outer(slope, slope)
    at = np.concatenate([places, places[-1] + steps])
    movement = path - path[:k].mean()
    missed = values - path[:k]
    cells = [SeriesDiscrepancy(float(s), float(r)) for r in _PERSISTENCES for s in _SIZES]
    fits = [_conditioned(cell, at, movement, noise, missed) for cell in cells]
    weights = np.array([fit[0] for fit in fits])
    shares = np.exp(weights - weights.max()).cumsum()
    luck = (np.arange(MIXED) + 0.5) / MIXED
    chosen = np.searchsorted(shares, luck * shares[-1])
    moved = np.array([fits[n][2] for n in chosen])
    return Continued(
        seen=values,
        likely=tuple(fits[n][1] for n in chosen),
        movement=float(moved[:, 0].mean()),
        movement_sd=float(np.sqrt(moved[:, 1].mean() + moved[:, 0].var())),
    )


def _conditioned(
    cell: SeriesDiscrepancy, at: F8, movement: F8, noise: F8, missed: F8
) -> tuple[float, Deviation, tuple[float, float]]:
    """Log posterior of a cell, what it says of later periods, mean and variance of b."""
    k = missed.size
    joint = cell.covariance(at) + MOVEMENT_SD**2 * np.outer(movement, movement)
    known = joint[:k, :k] + noise
    factor = cho_factor(known, lower=True)
    likelihood = -0.5 * float(missed @ cho_solve(factor, missed))
    likelihood -= float(np.log(np.diag(factor[0])).sum())
    prior = float(log_prior(np.array(cell.sd), np.array(cell.persistence), 1.0))
    gain = cho_solve(factor, joint[:k, k:])
    covariance = joint[k:, k:] - joint[k:, :k] @ gain
    # What will be published errs as what was published.
    covariance = 0.5 * (covariance + covariance.T) + np.eye(len(at) - k) * float(
        np.diag(noise).mean()
    )
    pull = MOVEMENT_SD**2 * movement[:k]
    mean = float(pull @ cho_solve(factor, missed))
    variance = MOVEMENT_SD**2 - float(pull @ cho_solve(factor, pull))
    return likelihood + prior, Deviation(gain, covariance), (mean, variance)
