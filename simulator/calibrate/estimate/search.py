"""The search for parameters: simulated moments under common random numbers.

All points are simulated in the same worlds, so their differences are the parameters' doing. The
moments are steps at a fine scale (a borrower misses an instalment or does not), hence slopes come
from wide differences and every point that was simulated is a candidate for the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, lsq_linear

from simulator.calibrate.data.moments import Simulated
from simulator.calibrate.estimate.parameter_transform import ParameterTransform
from simulator.calibrate.estimate.weighting_matrix import StackedTargets, by_world
from simulator.progress import Progress

F8 = NDArray[np.float64]

_DIGITS: Final = 9
"""Digits of a coordinate; equal points are simulated once."""
_TOLERANCE: Final = 1e-3
_POLISH: Final = 2


class MomentSource(Protocol):
    """Whatever simulates: values of parameters by name to simulated numbers by target."""

    def moments(self, values: Mapping[str, float]) -> Mapping[str, Simulated]:
        """Simulated numbers of every target, a row a world."""
        ...


@dataclass(slots=True)
class Search:
    """All points simulated so far, and how to find better ones; points are (p,) coordinates."""

    source: MomentSource
    scale: ParameterTransform
    numbers: StackedTargets
    step: float
    watch: Progress | None = None
    worlds: dict[tuple[float, ...], F8] = field(default_factory=dict)
    """(worlds, k) of every point simulated, in the order of simulation."""
    missing: dict[str, int] = field(default_factory=dict)
    """How often a number could not be simulated, by name."""

    def at(self, point: F8) -> F8:
        """Simulated numbers at ``point``, (worlds, k)."""
        key = self.key(point)
        if key not in self.worlds:
            found = by_world(self.numbers, self.source.moments(self.scale.values(np.array(key))))
            for row in np.flatnonzero(~np.isfinite(found).any(axis=0)):
                name = self.numbers.names[row]
                self.missing[name] = self.missing.get(name, 0) + 1
            self.worlds[key] = found
            if self.watch is not None:
                self.watch.advance(1)
        return self.worlds[key]

    def mean(self, point: F8) -> F8:
        """Mean over the worlds, (k,); NaN where no world has a value."""
        found = self.at(point)
        valid = np.isfinite(found)
        total = np.where(valid, found, 0.0).sum(axis=0)
        average: F8 = np.where(valid.any(axis=0), total / np.maximum(1, valid.sum(axis=0)), np.nan)
        return average

    def misses(self, point: F8, spread: F8) -> F8:
        """Simulated less observed, (k,); a number without a value counts as one ``spread``."""
        difference = self.mean(point) - self.numbers.observed
        return np.where(np.isfinite(difference), difference, spread)

    def residuals(self, point: F8, whiten: F8) -> F8:
        """Misses and distances to the priors in standard errors, (k + p,)."""
        spread = np.sqrt(np.diag(np.linalg.inv(whiten.T @ whiten)))
        root = np.sqrt(self.scale.prior_precision)
        prior = root * (np.array(self.key(point)) - self.scale.prior_mean)
        return np.concatenate([whiten @ self.misses(point, spread), prior])

    def objective(self, point: F8, whiten: F8) -> float:
        """Sum of squared residuals."""
        return float(np.sum(self.residuals(point, whiten) ** 2))

    def slopes(self, point: F8, *, two_sided: bool) -> F8:
        """Change of the numbers per unit of each coordinate, (k, p), over differences of ``step``.

        A difference that would leave the bounds is shifted inward.
        """
        columns: list[F8] = []
        for j, x in enumerate(point):
            if two_sided:
                start = min(max(0.0, x - 0.5 * self.step), 1.0 - self.step)
            else:
                start = x if x + self.step <= 1.0 else x - self.step
            low, high = point.copy(), point.copy()
            low[j], high[j] = start, start + self.step
            columns.append(np.nan_to_num((self.mean(high) - self.mean(low)) / self.step))
        return np.stack(columns, axis=1)

    def key(self, point: F8) -> tuple[float, ...]:
        """The point inside the bounds, rounded, as it is remembered."""
        return tuple(float(x) for x in np.round(np.clip(point, 0.0, 1.0), _DIGITS))

    def best(self, whiten: F8) -> F8:
        """The best point simulated so far."""
        points = [np.array(key) for key in self.worlds]
        return min(points, key=lambda point: self.objective(point, whiten))

    def descend(self, whiten: F8, rounds: int) -> tuple[F8, bool]:
        """The best point after a trust-region search from the best so far; False: cut short."""
        root = np.diag(np.sqrt(self.scale.prior_precision))
        found = least_squares(
            lambda point: self.residuals(point, whiten),
            self.best(whiten),
            jac=lambda point: np.vstack([whiten @ self.slopes(point, two_sided=False), root]),
            bounds=(0.0, 1.0),
            method="dogbox",
            x_scale=1.0,
            ftol=_TOLERANCE,
            xtol=_TOLERANCE,
            max_nfev=rounds,
        )
        return self.best(whiten), found.status != 0

    def polish(self, whiten: F8) -> tuple[F8, F8]:
        """Best point and two-sided slopes there, after Gauss-Newton steps with such slopes."""
        point = self.best(whiten)
        slopes = self.slopes(point, two_sided=True)
        for _ in range(_POLISH):
            residuals = self.residuals(point, whiten)
            self.at(point + newton_step(point, whiten @ slopes, residuals, self.scale))
            better = self.best(whiten)
            if np.array_equal(better, point):
                break
            point, slopes = better, self.slopes(better, two_sided=True)
        return self.best(whiten), slopes


def newton_step(point: F8, whitened_slopes: F8, residuals: F8, scale: ParameterTransform) -> F8:
    """Gauss-Newton step (p,) from ``point`` that stays within the bounds.

    ``residuals`` (k + p,), the last p those of the priors.
    """
    system = np.vstack([whitened_slopes, np.diag(np.sqrt(scale.prior_precision))])
    step: F8 = lsq_linear(system, -residuals, bounds=(-point, 1.0 - point), method="bvls").x
    return step
