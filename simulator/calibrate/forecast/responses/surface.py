"""A smooth surface through the stored answers: the model at any point, without simulating.

In log-odds, quadratic in each parameter. Each answer holds the luck of its own small book; a
regression over all points takes most of it out, and says how much is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import expit, logit

from simulator.calibrate.data.moments import Simulated
from simulator.calibrate.estimate.discrepancy import LEAST_SHARE
from simulator.calibrate.estimate.parameter_transform import ParameterTransform
from simulator.calibrate.forecast.responses.simulate import HEADLINE, Responses, Variant

F8 = NDArray[np.float64]

FOLDS: Final = 6
"""Parts of the design that are left out in turn, to see how sure the surface is."""
SMOOTHED: Final = 4.0
"""Periods over which the slopes of a series are smoothed (standard deviation of a Gaussian): how
much a parameter matters changes slowly; the luck of single periods is taken out (assumption)."""
_RIDGE: Final = 0.02
"""Pull of slopes towards zero, in rows of the design (assumption: small)."""


@dataclass(frozen=True, slots=True)
class Surface:
    """log-odds of k numbers = ``coefficients`` (c, k) on terms of a point (p,)."""

    coefficients: F8

    def at(self, points: F8) -> F8:
        """Log-odds at ``points`` (m, p) of the search scale, (m, k)."""
        odds: F8 = _terms(points, quadratic=_is_quadratic(self.coefficients, points.shape[1]))
        return np.asarray(odds @ self.coefficients)


def fit_surface(points: F8, values: F8, *, quadratic: bool = True) -> Surface:
    """Least squares of log-odds ``values`` (n, k) on terms of ``points`` (n, p); NaN left out."""
    known = np.isfinite(values).all(axis=0)
    terms = _terms(points, quadratic=quadratic)
    pull = _RIDGE * np.eye(terms.shape[1])
    pull[0, 0] = 0.0
    coefficients = np.full((terms.shape[1], values.shape[1]), np.nan)
    coefficients[:, known] = np.linalg.solve(terms.T @ terms + pull, terms.T @ values[:, known])
    return Surface(coefficients)


def smoothed(surface: Surface, data: int) -> Surface:
    """``surface`` of a series: slopes smoothed over time, the level a little within the data.

    ``data``: the first numbers, those of the window; after it the level keeps every jump.
    """
    found = surface.coefficients.copy()
    if found.shape[1] > 1:
        found[1:] = gaussian_filter1d(found[1:], SMOOTHED, axis=1, mode="nearest")
        window = np.pad(found[0, :data], 1, mode="edge")
        found[0, :data] = 0.25 * window[:-2] + 0.5 * window[1:-1] + 0.25 * window[2:]
    return Surface(found)


def _terms(points: F8, *, quadratic: bool) -> F8:
    """1, each coordinate around the middle, and its square around the square's mean, (n, c)."""
    z = (points - 0.5) / 0.2
    squares = [z**2 - 1.0] if quadratic else []
    return np.column_stack([np.ones(len(points)), z, *squares])


def _is_quadratic(coefficients: F8, p: int) -> bool:
    return bool(coefficients.shape[0] > 1 + p)


def log_odds(shares: F8) -> F8:
    """Log-odds of shares, which are kept away from 0 and 1."""
    odds: F8 = logit(np.clip(shares, LEAST_SHARE, 1.0 - LEAST_SHARE))
    return odds


@dataclass(frozen=True, slots=True)
class Emulator:
    """The stored answers as a source of moments (``estimate.search.MomentSource``).

    ``surfaces``: by target and variant; those of other variants give the difference in log-odds
    to the headline. ``folds``: surfaces of the headline without one part of the design each.
    """

    scale: ParameterTransform
    responses: Responses
    surfaces: Mapping[tuple[str, Variant], Surface]
    folds: Mapping[str, tuple[Surface, ...]]
    labels: Mapping[str, tuple[str, ...]]

    def moments(self, values: Mapping[str, float]) -> dict[str, Simulated]:
        """Numbers of every target of ``labels``: rows whose mean is the surface's number.

        The rows' spread over their number is the surface's error (jackknife over the folds).
        """
        point = self.scale.to_search(values)[None, :]
        found: dict[str, Simulated] = {}
        for name, wanted in self.labels.items():
            chosen = self._places(name, wanted)
            whole = self.surfaces[name, HEADLINE].at(point)[0, chosen]
            parts = np.stack([fold.at(point)[0, chosen] for fold in self.folds[name]])
            n = len(parts)
            pseudo = whole + (n - 1) * (parts.mean(axis=0) - parts)
            found[name] = Simulated(expit(pseudo - pseudo.mean(axis=0) + whole))
        return found

    def paths(self, name: str, labels: tuple[str, ...], points: F8, variant: Variant) -> F8:
        """Numbers of a target at ``points`` (m, p) in a variant, (m, k) log-odds."""
        chosen = self._places(name, labels)
        odds = self.surfaces[name, HEADLINE].at(points)[:, chosen]
        if variant != HEADLINE:
            odds = odds + self.surfaces[name, variant].at(points)[:, chosen]
        return odds

    def _places(self, name: str, wanted: tuple[str, ...]) -> NDArray[np.int64]:
        place = {label: i for i, label in enumerate(self.responses.labels[name])}
        return np.array([place[label] for label in wanted], dtype=np.int64)


def emulator(
    scale: ParameterTransform, responses: Responses, labels: Mapping[str, tuple[str, ...]]
) -> Emulator:
    """Surfaces through ``responses``; ``labels`` are the numbers of each target that are fitted."""
    surfaces: dict[tuple[str, Variant], Surface] = {}
    folds: dict[str, tuple[Surface, ...]] = {}
    points = responses.points
    part = np.arange(len(points)) % FOLDS
    for (name, variant), values in responses.values.items():
        odds = log_odds(values)
        if variant == HEADLINE:
            data = len(labels[name]) if name in labels else 0
            surfaces[name, variant] = smoothed(fit_surface(points, odds), data)
            folds[name] = tuple(
                smoothed(fit_surface(points[part != k], odds[part != k]), data)
                for k in range(FOLDS)
            )
            continue
        done = np.isfinite(values).any(axis=1)
        difference = odds[done] - log_odds(responses.values[name, HEADLINE][done])
        surfaces[name, variant] = fit_surface(points[done], difference, quadratic=False)
    return Emulator(scale, responses, surfaces, folds, labels)
