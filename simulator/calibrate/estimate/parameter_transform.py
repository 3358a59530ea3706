"""The scale of the search: every free parameter between 0 and 1, and back.

A coordinate is 0 at the lower bound, 1 at the upper, and moves evenly in the parameter, in its
logarithm or in its log-odds, as its settings say.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.settings import FreeParameter
from simulator.catalogue import ParameterSpec, catalogue
from simulator.parameter_draws import from_scale, slope_of_scale, to_scale
from simulator.validation import refuse, unknown_choice

F8 = NDArray[np.float64]

UNIFORM_SD = 1.0 / math.sqrt(12.0)
"""Standard deviation of a coordinate of which only the bounds are known."""


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One free parameter; ``low``, ``high``, ``start`` and ``prior_mean`` in its own unit.

    ``prior_mean`` and ``prior_sd`` (on ``kind``'s scale) are both None without a prior.
    """

    name: str
    kind: str
    low: float
    high: float
    start: float
    prior_mean: float | None = None
    prior_sd: float | None = None
    prior_source: str = ""

    @property
    def width(self) -> float:
        """Distance of the bounds on the parameter's scale."""
        return to_scale(self.kind, self.high) - to_scale(self.kind, self.low)

    def to_search(self, value: float) -> float:
        """Coordinate of a value; 0 at the lower bound, 1 at the upper."""
        return (to_scale(self.kind, value) - to_scale(self.kind, self.low)) / self.width

    def to_natural(self, coordinate: float) -> float:
        """Value at a coordinate, never outside the bounds."""
        scaled = to_scale(self.kind, self.low) + coordinate * self.width
        return min(self.high, max(self.low, from_scale(self.kind, scaled)))

    def slope(self, coordinate: float) -> float:
        """Change of the value per unit of the coordinate."""
        value = self.to_natural(coordinate)
        return slope_of_scale(self.kind, value) * self.width


@dataclass(frozen=True, slots=True)
class ParameterTransform:
    """All free parameters in the order of the settings; p of them, vectors of shape (p,)."""

    coordinates: tuple[Coordinate, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(c.name for c in self.coordinates)

    @property
    def start(self) -> F8:
        """Where the search begins, (p,)."""
        return self.to_search({c.name: c.start for c in self.coordinates})

    @property
    def prior_mean(self) -> F8:
        """Means of the priors as coordinates, (p,); the middle where there is none."""
        return np.array(
            [0.5 if c.prior_mean is None else c.to_search(c.prior_mean) for c in self.coordinates]
        )

    @property
    def prior_precision(self) -> F8:
        """One over the variances of the priors as coordinates, (p,); 0 where there is none."""
        return np.array(
            [
                0.0 if c.prior_sd is None else (abs(c.width) / c.prior_sd) ** 2
                for c in self.coordinates
            ]
        )

    @property
    def sd_before_data(self) -> F8:
        """Standard deviations before any data, (p,): of the prior, or of what bounds allow."""
        precision = self.prior_precision
        given = 1.0 / np.sqrt(np.where(precision > 0.0, precision, 1.0))
        return np.where(precision > 0.0, np.minimum(given, UNIFORM_SD), UNIFORM_SD)

    def to_search(self, values: Mapping[str, float]) -> F8:
        """Coordinates of values by name, (p,)."""
        return np.array([c.to_search(values[c.name]) for c in self.coordinates])

    def to_natural(self, point: F8) -> F8:
        """Values at a point, (p,)."""
        return np.array(
            [c.to_natural(float(x)) for c, x in zip(self.coordinates, point, strict=True)]
        )

    def values(self, point: F8) -> dict[str, float]:
        """Values at a point, by name."""
        return {n: float(v) for n, v in zip(self.names, self.to_natural(point), strict=True)}

    def slopes(self, point: F8) -> F8:
        """Changes of values per unit of their coordinates, (p,)."""
        return np.array([c.slope(float(x)) for c, x in zip(self.coordinates, point, strict=True)])


def parameter_transform(free: Mapping[str, FreeParameter]) -> ParameterTransform:
    """The scale of ``calibration.free``; a ``UserError`` names every mistake."""
    known = catalogue()
    findings: list[str] = []
    found: list[Coordinate] = []
    for name, settings in free.items():
        if name not in known:
            findings.append(str(unknown_choice("calibration.free key", known, name)))
            continue
        coordinate = _coordinate(settings, known[name])
        mistakes = _mistakes(coordinate, known[name])
        findings += [f"calibration.free.{name}.{mistake}" for mistake in mistakes]
        found.append(coordinate)
    refuse(findings)
    return ParameterTransform(tuple(found))


def _coordinate(settings: FreeParameter, spec: ParameterSpec) -> Coordinate:
    return Coordinate(
        name=spec.name,
        kind=settings.scale,
        low=spec.low if settings.low is None else settings.low,
        high=spec.high if settings.high is None else settings.high,
        start=spec.default if settings.start is None else settings.start,
        prior_mean=settings.prior_mean,
        prior_sd=settings.prior_sd,
        prior_source=settings.prior_source,
    )


def _mistakes(c: Coordinate, spec: ParameterSpec) -> list[str]:
    """What is wrong with a coordinate, each as ``field rule; got value``."""
    allowed = f"must be in [{spec.low:g}, {spec.high:g}], the bounds of the catalogue"
    bounds = {"low": c.low, "high": c.high}
    found = [
        f"{k} {allowed}; got {v:g}" for k, v in bounds.items() if not spec.low <= v <= spec.high
    ]
    if c.low >= c.high:
        found.append(f"low must be below high ({c.high:g}); got {c.low:g}")
    if c.kind in ("log", "logit") and c.low <= 0.0:
        found.append(f"low must be above 0 on a {c.kind} scale; got {c.low:g}")
    if c.kind == "logit" and c.high >= 1.0:
        found.append(f"high must be below 1 on a logit scale; got {c.high:g}")
    if (c.prior_mean is None) != (c.prior_sd is None):
        found.append("prior_mean and prior_sd must be given together")
    if not found:
        inside = f"must be in [{c.low:g}, {c.high:g}]"
        values = {"start": c.start, "prior_mean": c.prior_mean}
        found += [
            f"{k} {inside}; got {v:g}"
            for k, v in values.items()
            if v is not None and not c.low <= v <= c.high
        ]
    return found
