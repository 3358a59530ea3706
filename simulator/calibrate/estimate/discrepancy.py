"""What the model does not explain: how far it misses data that are better than itself.

In the spirit of Kennedy and O'Hagan (2001, "Bayesian calibration of computer models"): data =
model + discrepancy + sampling error. Discrepancy enters the weights of the fit, so that targets
with tiny sampling errors do not drag the parameters along, and the intervals of predictions, where
it carries over. Here it is estimated after a first fit, not jointly with the parameters, and has
the simplest form that a target allows: an autoregression along a series, independent errors in
log-odds between the cells of other targets, nothing for levels, whose standard error already holds
how far sources disagree. Deviations are always observed less simulated.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

F8 = NDArray[np.float64]

LEAST_SERIES_SD: Final = 1e-5
"""No series is explained better than to 0.001 percentage points (assumption)."""
MOST_PERSISTENCE: Final = 0.98
GUESSED_SERIES_SD: Final = 0.15
"""Discrepancy of a series before the first fit, over its mean (assumption)."""
_SERIES_SD_SPREAD: Final = 0.4
"""How far that is known, on a log scale (assumption)."""
GUESSED_PERSISTENCE: Final = 0.9
"""Its autocorrelation a step before the first fit (assumption)."""
_PERSISTENCE_BETA: Final = (18.0, 2.0)
"""Beta density of the autocorrelation, mean 0.9 and standard deviation 0.07 (assumption)."""
GUESSED_LOGIT_SD: Final = 0.1
"""Discrepancy of other targets before the first fit, in log-odds (assumption)."""
_LEAST_FOR_PERSISTENCE: Final = 4
"""Fewer deviations say nothing about autocorrelation; it is taken as 0."""
_FEW: Final = 2
"""So few numbers of a target show a discrepancy only by a clear miss."""
_CLEAR_MISS: Final = 2.0
LEAST_SHARE: Final = 1e-4
"""Shares are kept so far from 0 and 1 where log-odds are taken."""


@dataclass(frozen=True, slots=True)
class SeriesDiscrepancy:
    """First-order autoregression: ``sd`` of a value (fraction), ``persistence`` a step."""

    sd: float
    persistence: float

    def covariance(self, positions: F8) -> F8:
        """Covariance of the values at ``positions`` (steps along the series, (k,)), (k, k)."""
        distance = np.abs(positions[:, None] - positions[None, :])
        matrix: F8 = self.sd**2 * np.power(self.persistence, distance)
        return matrix

    def forecast(
        self,
        deviations: F8,
        horizon: int,
        noise: F8 | None = None,
        positions: F8 | None = None,
    ) -> tuple[F8, F8]:
        """Mean (horizon,) and covariance of the next values, given the window's ``deviations``.

        Exact conditioning of a Gaussian; ``deviations`` (k,) are observed less simulated,
        ``noise`` (k, k) is the error with which they are known (None: none), ``positions`` their
        steps (None: 0 to k - 1). Horizon 1 is the step after the last position.
        """
        at = np.arange(deviations.size, dtype=np.float64) if positions is None else positions
        ahead = at[-1] + 1.0 + np.arange(horizon)
        joint = self.covariance(np.concatenate([at, ahead]))
        k = at.size
        seen = joint[:k, :k] + (0.0 if noise is None else noise)
        gain = np.linalg.solve(seen, joint[:k, k:])
        covariance: F8 = joint[k:, k:] - joint[k:, :k] @ gain
        return gain.T @ deviations, 0.5 * (covariance + covariance.T)


def guess_series(observed: F8) -> SeriesDiscrepancy:
    """Discrepancy of a series before anything has been fitted."""
    scale = GUESSED_SERIES_SD * float(np.abs(observed).mean())
    return SeriesDiscrepancy(max(LEAST_SERIES_SD, scale), GUESSED_PERSISTENCE)


def log_prior(sd: F8, persistence: F8, level: float) -> F8:
    """Log density of a series' discrepancy before its deviations are seen, without constants.

    ``sd`` is around ``GUESSED_SERIES_SD`` of the series' ``level``, ``persistence`` around 0.9 a
    step (assumptions). Without them, a window of some years cannot tell a model that is always off
    from one whose misses last long, and the series' level would say nothing about parameters.
    """
    size = np.log(sd / max(LEAST_SERIES_SD, GUESSED_SERIES_SD * level)) / _SERIES_SD_SPREAD
    a, b = _PERSISTENCE_BETA
    lasting = (a - 1.0) * np.log(np.maximum(persistence, 1e-3))
    lasting = lasting + (b - 1.0) * np.log1p(-persistence)
    density: F8 = lasting - 0.5 * size**2
    return density


def estimate_series(
    deviations: F8, noise: F8, positions: F8 | None = None, level: float | None = None
) -> SeriesDiscrepancy:
    """The autoregression that is likeliest given ``deviations`` (k,).

    Exact Gaussian likelihood of discrepancy plus an error of known covariance ``noise`` (k, k);
    with the series' ``level``, times ``log_prior``.
    """
    at = np.arange(deviations.size, dtype=np.float64) if positions is None else positions
    scale = max(float(np.sqrt(np.mean(deviations**2))), LEAST_SERIES_SD)
    most = MOST_PERSISTENCE if deviations.size >= _LEAST_FOR_PERSISTENCE else 0.0
    bounds = [(np.log(LEAST_SERIES_SD), np.log(10.0 * scale)), (0.0, most)]

    def loss(x: F8) -> float:
        candidate = SeriesDiscrepancy(float(np.exp(x[0])), float(x[1]))
        found = _minus_log_likelihood(deviations, candidate.covariance(at) + noise)
        return found if level is None else found - float(log_prior(np.exp(x[0]), x[1], level))

    starts = [(np.log(scale), min(persistence, most)) for persistence in (0.1, 0.5, 0.9)]
    fits = [minimize(loss, start, bounds=bounds, method="L-BFGS-B") for start in starts]
    best = min(fits, key=lambda fit: float(fit.fun))
    return SeriesDiscrepancy(float(np.exp(best.x[0])), float(best.x[1]))


def _minus_log_likelihood(deviations: F8, covariance: F8) -> float:
    """Of a Gaussian with mean zero, without constants."""
    factor = cho_factor(covariance, lower=True)
    quadratic = float(deviations @ cho_solve(factor, deviations))
    return 0.5 * quadratic + float(np.log(np.diag(factor[0])).sum())


def logit_slope(shares: F8) -> F8:
    """Change of a share per unit of its log-odds, p (1 - p); never zero."""
    inside = np.clip(shares, LEAST_SHARE, 1.0 - LEAST_SHARE)
    slope: F8 = inside * (1.0 - inside)
    return slope


def estimate_logit_variance(deviations: F8, variances: F8, shares: F8) -> float:
    """Variance in log-odds of the discrepancy that a target's numbers have in common.

    Method of moments: mean squared deviation beyond the errors' ``variances``; all (k,) on the
    shares' own scale. One or two numbers show a discrepancy only if one is clearly missed.
    """
    z = np.abs(deviations) / np.sqrt(np.maximum(variances, np.finfo(float).tiny))
    if deviations.size <= _FEW and not np.any(z > _CLEAR_MISS):
        return 0.0
    excess = (deviations**2 - variances) / logit_slope(shares) ** 2
    return max(0.0, float(excess.mean()))


def carry_over(
    deviation: float, sampling_variance: float, discrepancy_variance: float
) -> tuple[float, float]:
    """Mean and variance of a cell's discrepancy, given one deviation from the model.

    The deviation is shrunk by discrepancy / (discrepancy + sampling) variance; all on one scale.
    """
    total = discrepancy_variance + sampling_variance
    share = discrepancy_variance / total if total > 0.0 else 0.0
    return share * deviation, share * sampling_variance
