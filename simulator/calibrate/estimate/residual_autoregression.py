"""How sure the discrepancy of a series is known: autoregressions that its deviations allow.

A window of decades holds few independent deviations when they persist, and the likeliest
autoregression is too small and too short-lived. Intervals therefore use many, drawn in proportion
to how well they explain the deviations.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from simulator.calibrate.estimate.discrepancy import (
    LEAST_SERIES_SD,
    MOST_PERSISTENCE,
    SeriesDiscrepancy,
    log_prior,
)

F8 = NDArray[np.float64]

_PERSISTENCES: Final = np.linspace(0.0, MOST_PERSISTENCE, 21)
"""All alike before the data (assumption)."""
_SIZES: Final = np.geomspace(0.3, 4.0, 17)
"""Standard deviations over the deviations' root mean square; alike on a log scale (assumption)."""


@dataclass(frozen=True, slots=True)
class Autoregressions:
    """Autoregressions of every persistence on one window of k values, ready to be weighed.

    For persistence r with correlation R and errors N of the values: ``rotations[r]`` (k, k) turns
    R into 1 and N into the diagonal ``errors[r]`` (k,); ``log_determinants[r]`` is that of R.
    """

    rotations: F8
    errors: F8
    log_determinants: F8

    def likely(
        self, deviations: F8, luck: F8, level: float | None = None
    ) -> list[SeriesDiscrepancy]:
        """One autoregression for each number of ``luck`` (uniform), by its posterior.

        ``deviations`` (k,) are observed less simulated; with the series' ``level``, the prior is
        that of ``discrepancy.log_prior``.
        """
        scale = max(float(np.sqrt(np.mean(deviations**2))), LEAST_SERIES_SD)
        squares = np.square(self.rotations @ deviations)
        variances = np.square(scale * _SIZES)[:, None] + self.errors[:, None, :]
        fit = -0.5 * (squares[:, None, :] / variances + np.log(variances)).sum(axis=2)
        weights = fit - 0.5 * self.log_determinants[:, None]
        if level is not None:
            weights = weights + log_prior(scale * _SIZES, _PERSISTENCES[:, None], level)
        weights = weights.ravel()
        shares = np.exp(weights - logsumexp(weights)).cumsum()
        chosen = np.minimum(np.searchsorted(shares, luck * shares[-1]), shares.size - 1)
        return [
            SeriesDiscrepancy(float(scale * _SIZES[size]), float(_PERSISTENCES[persistence]))
            for persistence, size in zip(*np.divmod(chosen, _SIZES.size), strict=True)
        ]


def autoregressions(positions: F8, noise: F8) -> Autoregressions:
    """Those of values at ``positions`` (k,), known up to errors of covariance ``noise`` (k, k)."""
    rotations, errors, determinants = [], [], []
    for persistence in _PERSISTENCES:
        correlation = SeriesDiscrepancy(1.0, float(persistence)).covariance(positions)
        lower = np.linalg.cholesky(correlation)
        inverse = np.linalg.inv(lower)
        values, vectors = np.linalg.eigh(inverse @ noise @ inverse.T)
        rotations.append(vectors.T @ inverse)
        errors.append(np.maximum(values, 0.0))
        determinants.append(2.0 * np.log(np.diag(lower)).sum())
    return Autoregressions(np.stack(rotations), np.stack(errors), np.array(determinants))
