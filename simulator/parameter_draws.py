"""Parameter sets drawn from what a fit knows of its parameters: normal on their own scales.

A parameter's scale is even in itself (``linear``), in its logarithm (``log``) or in its log-odds
(``logit``).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.kernels.rng import uniforms
from simulator.vocabulary import Domain, Draw

F8 = NDArray[np.float64]

SCALES: Final = ("linear", "log", "logit")
_MOST_REDRAWS: Final = 16
"""Draws of parameters made for each that is wanted."""
_FIRST_COLUMN: Final = 60_000
"""Columns of synthesis luck from here on belong to draws of parameters."""


def to_scale(kind: str, value: float) -> float:
    """A value on its scale."""
    if kind == "log":
        return math.log(value)
    if kind == "logit":
        return math.log(value / (1.0 - value))
    return value


def from_scale(kind: str, scaled: float) -> float:
    """The value at a place on its scale."""
    if kind == "log":
        return math.exp(scaled)
    if kind == "logit":
        return 1.0 / (1.0 + math.exp(-scaled))
    return scaled


def slope_of_scale(kind: str, value: float) -> float:
    """Change of the value with its place on the scale."""
    if kind == "log":
        return value
    if kind == "logit":
        return value * (1.0 - value)
    return 1.0


def bounded_normals(n: int, seed: int, centre: F8, covariance: F8, bounds: tuple[F8, F8]) -> F8:
    """``n`` points (n, p), normal around ``centre`` (p,) with ``covariance`` (p, p).

    Draws beyond a bound are drawn again, so that errors which move together still do; after
    ``_MOST_REDRAWS`` tries as many as needed lie beyond.
    """
    identities = np.arange(n * _MOST_REDRAWS, dtype=np.uint64)
    normal = np.stack(
        [
            ndtri(
                uniforms(seed, 0, identities, _FIRST_COLUMN + j, int(Draw.WORK), Domain.SYNTHESIS)
            )
            for j in range(centre.size)
        ]
    )
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    points: F8 = centre + (root @ normal).T
    low, high = bounds
    inside = np.all((points >= low) & (points <= high), axis=1)
    chosen = np.concatenate([np.flatnonzero(inside), np.flatnonzero(~inside)])[:n]
    return np.asarray(points[chosen])


@dataclass(frozen=True, slots=True)
class FittedParameter:
    """One parameter of a fit, in its own unit; ``sd`` on its ``scale``."""

    name: str
    scale: str
    low: float
    high: float
    estimate: float
    sd: float


@dataclass(frozen=True, eq=False)
class ParameterDistribution:
    """What a fit knows of its p parameters: ``correlation`` (p, p) of their errors on the scales.

    ``source``: words for the fit.
    """

    parameters: tuple[FittedParameter, ...]
    correlation: F8
    source: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(each.name for each in self.parameters)

    def draws(self, n: int, seed: int) -> list[dict[str, float]]:
        """``n`` parameter sets by name, within their bounds."""
        sd = np.array([each.sd for each in self.parameters])
        centre, low, high = (
            np.array([to_scale(each.scale, getattr(each, at)) for each in self.parameters])
            for at in ("estimate", "low", "high")
        )
        covariance = self.correlation * np.outer(sd, sd)
        points = bounded_normals(n, seed, centre, covariance, (low, high))
        return [
            {
                each.name: min(max(from_scale(each.scale, float(x)), each.low), each.high)
                for each, x in zip(self.parameters, point, strict=True)
            }
            for point in points
        ]
