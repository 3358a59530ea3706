"""What a fit found: estimates with their errors, every number beside its simulation, draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.calibrate.data.moments import Simulated
from simulator.calibrate.estimate.identification import information_shares
from simulator.calibrate.estimate.parameter_transform import ParameterTransform
from simulator.calibrate.estimate.weighting_matrix import (
    Discrepancy,
    StackedTargets,
    discrepancy_covariance,
)
from simulator.parameter_draws import bounded_normals
from simulator.report.fit.data import FittedNumber

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter, in its own unit; ``prior_sd`` on the scale of its settings.

    ``ci_low`` and ``ci_high`` are normal on the search scale, ``se`` is their slope at the
    estimate. ``information`` is the share of what is known that comes from the data.
    ``simulation_se`` is the part of ``se`` that more worlds would remove.
    """

    name: str
    scale: str
    low: float
    high: float
    start: float
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    prior_mean: float | None
    prior_sd: float | None
    prior_source: str
    information: float
    simulation_se: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What the data say about p parameters by k numbers in S worlds.

    ``point`` (p,) and ``covariance`` (p, p) are on the search scale (0 to 1); ``slopes`` (k, p)
    are changes of the numbers per unit of it; ``worlds`` (S, k) the simulated numbers at the
    estimate; ``noise`` (k, k) the errors of sampling and simulation, ``whiten`` (k, k) the weights'
    root; ``seed_points`` (S, p) what each world alone would have given, to first order.
    ``chi2`` counts priors as observations.
    """

    scale: ParameterTransform
    numbers: StackedTargets
    point: F8
    covariance: F8
    slopes: F8
    worlds: F8
    mean: F8
    noise: F8
    whiten: F8
    discrepancies: Mapping[str, Discrepancy]
    seed_points: F8
    chi2: float
    dof: int
    evaluations: int
    seconds: float
    level: float
    warnings: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.scale.names

    @property
    def estimate(self) -> dict[str, float]:
        """Estimates by name."""
        return self.scale.values(self.point)

    @property
    def correlation(self) -> F8:
        """Correlation of the estimates' errors on the search scale, (p, p)."""
        sd = np.sqrt(np.diag(self.covariance))
        matrix: F8 = self.covariance / np.outer(sd, sd)
        return matrix

    def seed_estimates(self) -> dict[str, F8]:
        """Estimates by name that each world alone would have given, (S,)."""
        natural = np.stack([self.scale.to_natural(point) for point in self.seed_points])
        return {name: natural[:, j] for j, name in enumerate(self.names)}

    def simulated(self) -> dict[str, Simulated]:
        """Simulated numbers at the estimate, by target."""
        return {n: Simulated(self.worlds[:, rows]) for n, rows in self.numbers.rows.items()}

    def rows(self) -> tuple[FittedNumber, ...]:
        """Every number, as in ``fit.csv``."""
        sampling = np.sqrt(np.diag(self.numbers.sampling))
        both = np.sqrt(np.diag(self.noise))
        model = np.sqrt(np.diag(discrepancy_covariance(self.numbers, self.discrepancies)))
        return tuple(
            FittedNumber(
                target=self.numbers.targets[i],
                label=self.numbers.labels[i],
                observed=float(self.numbers.observed[i]),
                sampling_se=float(sampling[i]),
                simulated=float(self.mean[i]),
                simulation_se=float(np.sqrt(max(0.0, both[i] ** 2 - sampling[i] ** 2))),
                discrepancy_sd=float(model[i]),
                z=float((self.mean[i] - self.numbers.observed[i]) / both[i]),
            )
            for i in range(self.mean.size)
        )

    def parameters(self) -> tuple[ParameterRow, ...]:
        """Every parameter, as in ``parameters.csv``."""
        sd = np.sqrt(np.diag(self.covariance))
        half = float(ndtri(0.5 + 0.5 * self.level)) * sd
        slope = self.scale.slopes(self.point)
        low, high = (self.scale.to_natural(self.point + sign * half) for sign in (-1.0, 1.0))
        shares = information_shares(self.covariance, self.scale.sd_before_data)
        luck = _error_of_mean(self.seed_points)
        return tuple(
            ParameterRow(
                name=c.name,
                scale=c.kind,
                low=c.low,
                high=c.high,
                start=c.start,
                estimate=c.to_natural(float(self.point[j])),
                se=float(slope[j] * sd[j]),
                ci_low=float(low[j]),
                ci_high=float(high[j]),
                prior_mean=c.prior_mean,
                prior_sd=c.prior_sd,
                prior_source=c.prior_source,
                information=float(shares[j]),
                simulation_se=float(slope[j] * luck[j]),
            )
            for j, c in enumerate(self.scale.coordinates)
        )

    def draws(self, n: int, seed: int) -> list[dict[str, float]]:
        """``n`` parameter sets by name: normal on the search scale, within the bounds."""
        ends = np.zeros_like(self.point), np.ones_like(self.point)
        points = bounded_normals(n, seed, self.point, self.covariance, ends)
        return [self.scale.values(point) for point in points]


def _error_of_mean(seed_points: F8) -> F8:
    """Standard error of the mean over worlds, (p,); 0 with one world."""
    n = seed_points.shape[0]
    if n < 2:
        return np.zeros(seed_points.shape[1])
    error: F8 = seed_points.std(axis=0, ddof=1) / np.sqrt(n)
    return error
