"""Where a noisy curve of gains crosses zero, and which crossings its noise allows.

The gain at a value is the paired difference of a policy to the reference on every path. Common
random numbers make its mean a step function of the value with many small steps, sometimes one large
one, so a bracket of the change of sign is halved; the interval is by inversion: the values whose
95 % interval of the mean gain holds zero, next to the change, and the last bracket itself.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.results.break_even import GainPoint, Verdict
from simulator.results.intervals import over_paths
from simulator.results.sampling import Draws

F8 = NDArray[np.float64]

SCAN_POINTS: Final = 5
"""Values at which the bracket is looked through first (assumption)."""
TOLERANCE: Final = 0.01
"""Width of the last bracket of a search, over that of the first (assumption)."""
SEARCHES: Final = 3
"""That of the change of sign and those of the two ends of its interval."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a policy stops or begins to pay, with its interval; NaN where there is none.

    An end of the interval is NaN, too, where no simulated value on its side is excluded: with one
    macro draw, or where it lies outside of the bracket. ``pays_below``: whether the policy pays
    below ``value``; None without a crossing.
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

    def __init__(self, gains: Callable[[float], F8], draws: Draws) -> None:
        self._gains = gains
        self._draws = draws
        self._points: dict[float, GainPoint] = {}

    def at(self, value: float) -> GainPoint:
        """The curve at ``value``."""
        if value not in self._points:
            found = over_paths(self._gains(value), self._draws)
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
    """About how many values ``find_crossing`` still needs at most: each search halves."""
    changes = changes_of_sign(points)
    if not changes:
        return 0
    widest = max(b.value - a.value for a, b in (*changes, *pairwise(points)))
    return SEARCHES * math.ceil(math.log2(max(2.0, widest / (TOLERANCE * (high - low)))))


def find_crossing(curve: GainCurve, low: float, high: float) -> Crossing:
    """The first change of sign from ``low`` in ``curve``, which was simulated at both ends.

    Only changes between points known so far are found. The value is the middle of the last
    bracket, which the interval holds: where a jump lies inside of it is not known.
    """
    known = curve.points()
    changes = changes_of_sign(known)
    if not changes:
        return Crossing(_verdict_of_one_sign(known))
    before, after = changes[0]
    tolerance = TOLERANCE * (high - low)
    left, right = _narrowed(curve, before, after, _pays, tolerance)
    below = [point for point in curve.points() if point.value <= left.value]
    above = [point for point in curve.points() if point.value >= right.value]
    return Crossing(
        Verdict.CROSSES,
        0.5 * (left.value + right.value),
        _end(curve, below[::-1], tolerance),
        _end(curve, above, tolerance),
        _pays(before),
        _several(changes),
    )


def _verdict_of_one_sign(points: Sequence[GainPoint]) -> Verdict:
    """The verdict without a change of sign: undecided as long as an interval leaves both signs.

    A gain of exactly zero on every path leaves none: the policy does nothing there.
    """
    if all(point.ci_high <= 0.0 for point in points):
        return Verdict.NEVER_PAYS
    if all(point.ci_low >= 0.0 for point in points):
        return Verdict.PAYS_THROUGHOUT
    return Verdict.UNDECIDED


def _narrowed(
    curve: GainCurve,
    one: GainPoint,
    other: GainPoint,
    holds: Callable[[GainPoint], bool],
    tolerance: float,
) -> tuple[GainPoint, GainPoint]:
    """Points no further apart than ``tolerance``, of which ``holds`` is true for one only.

    Halves the distance of ``one`` and ``other``, of which it is true for one only; in their order.
    """
    at_one = holds(one)
    while abs(other.value - one.value) > tolerance:
        middle = curve.at(0.5 * (one.value + other.value))
        if holds(middle) is at_one:
            one = middle
        else:
            other = middle
    return one, other


def _end(curve: GainCurve, outward: Iterable[GainPoint], tolerance: float) -> float:
    """One end of the values that the noise allows; NaN if none of ``outward`` is excluded.

    It is the excluded point itself, so that the interval is never narrower than the noise or the
    last bracket: rather too wide by the tolerance.
    """
    inner = None
    for point in outward:
        if _excludes_zero(point):
            if inner is None:
                return point.value
            return _narrowed(curve, inner, point, _excludes_zero, tolerance)[1].value
        inner = point
    return math.nan


def _pays(point: GainPoint) -> bool:
    return point.mean > 0.0


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
