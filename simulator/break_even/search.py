"""Where a noisy curve of gains crosses zero, and which crossings its noise allows.

The gain at a value is the paired difference of a policy to the reference on every path. Common
random numbers make its mean a step function of the value with many small steps, so a bracketed
root search works; its interval is by inversion: the values whose 95 % interval of the mean gain
holds zero, next to the root.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from simulator.results.break_even import GainPoint, Verdict
from simulator.results.intervals import over_paths

F8 = NDArray[np.float64]

SCAN_POINTS: Final = 5
"""Values at which the bracket is looked through first (assumption)."""
TOLERANCE: Final = 0.01
"""How exact a root is, over the width of the bracket (assumption)."""
ROOTS: Final = 3
"""The root of the mean and of the two ends of its interval."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a policy stops or begins to pay, with its interval; NaN where there is none.

    ``pays_below``: whether the policy pays below ``value``; None without a crossing.
    """

    verdict: Verdict
    value: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    pays_below: bool | None = None
    warnings: tuple[str, ...] = ()


class GainCurve:
    """Mean gain and its 95 % interval at any value; each value is simulated once.

    ``gains`` gives the gain on every path, shape (paths,), at a value.
    """

    def __init__(self, gains: Callable[[float], F8], luck_replicates: int) -> None:
        self._gains = gains
        self._luck_replicates = luck_replicates
        self._points: dict[float, GainPoint] = {}

    def at(self, value: float) -> GainPoint:
        """The curve at ``value``."""
        if value not in self._points:
            found = over_paths(self._gains(value), self._luck_replicates)
            self._points[value] = GainPoint(
                value, float(found.mean), float(found.ci_low), float(found.ci_high)
            )
        return self._points[value]

    def points(self) -> list[GainPoint]:
        """What was simulated so far, by rising value."""
        return [self._points[value] for value in sorted(self._points)]


def scan_values(low: float, high: float, *, whole: bool) -> list[float]:
    """Values at which a bracket is looked through, ``low`` and ``high`` among them."""
    values = np.linspace(low, high, SCAN_POINTS)
    return [float(x) for x in (np.unique(np.round(values)) if whole else values)]


def changes_of_sign(points: Iterable[GainPoint]) -> list[tuple[GainPoint, GainPoint]]:
    """Neighbours between which the mean gain changes its sign; exact zeros are passed over.

    A gain of exactly zero is that of a policy that does nothing there.
    """
    signed = [point for point in points if point.mean != 0.0]
    return [(a, b) for a, b in pairwise(signed) if (a.mean > 0.0) != (b.mean > 0.0)]


def most_refinements(low: float, high: float, points: list[GainPoint]) -> int:
    """About how many values ``find_crossing`` still needs at most: halving for every root."""
    changes = changes_of_sign(points)
    if not changes:
        return 0
    widest = max(b.value - a.value for a, b in pairwise(points))
    return ROOTS * math.ceil(math.log2(max(2.0, widest / (TOLERANCE * (high - low)))))


def find_crossing(curve: GainCurve, low: float, high: float) -> Crossing:
    """The first change of sign from ``low`` in ``curve``, which was simulated at both ends.

    Only changes between points known so far are found.
    """
    known = curve.points()
    changes = changes_of_sign(known)
    if not changes:
        pays = any(point.mean > 0.0 for point in known)
        return Crossing(Verdict.PAYS_THROUGHOUT if pays else Verdict.NEVER_PAYS)
    before, after = changes[0]
    tolerance = TOLERANCE * (high - low)
    root = curve.at(_root(curve, "mean", before.value, after.value, tolerance))
    below = [point for point in curve.points() if point.value < root.value]
    above = [point for point in curve.points() if point.value > root.value]
    known_interval = not math.isnan(root.ci_low)
    return Crossing(
        Verdict.CROSSES,
        root.value,
        _end(curve, root, below[::-1], low, tolerance) if known_interval else math.nan,
        _end(curve, root, above, high, tolerance) if known_interval else math.nan,
        before.mean > 0.0,
        _several(changes),
    )


def _root(curve: GainCurve, height: str, left: float, right: float, tolerance: float) -> float:
    """A zero of one height of the curve between two values of different sign."""
    found: float = brentq(lambda x: getattr(curve.at(x), height), left, right, xtol=tolerance)
    return found


def _end(
    curve: GainCurve,
    root: GainPoint,
    outward: Iterable[GainPoint],
    bound: float,
    tolerance: float,
) -> float:
    """One end of the values that the noise allows; ``bound`` if none is excluded on this side.

    The nearest excluded point brackets the end together with its inner neighbour, unless that
    is the root of a jump over the whole interval.
    """
    inner = root
    for point in outward:
        if _excludes_zero(point):
            if _excludes_zero(inner):
                return inner.value
            height = "ci_low" if point.ci_low > 0.0 else "ci_high"
            left, right = sorted((point.value, inner.value))
            return _root(curve, height, left, right, tolerance)
        inner = point
    return bound


def _excludes_zero(point: GainPoint) -> bool:
    return point.ci_low > 0.0 or point.ci_high < 0.0


def _several(changes: list[tuple[GainPoint, GainPoint]]) -> tuple[str, ...]:
    if len(changes) == 1:
        return ()
    between = "; ".join(f"{a.value:.4g} and {b.value:.4g}" for a, b in changes)
    return (
        f"the gain changes its sign {len(changes)} times, between {between};"
        " the first is given, and there may be more",
    )
