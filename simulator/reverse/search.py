"""The nearest point at which a level is reached, from one start or several.

Levels are how bad a figure is: the logarithm of a loss, or a result with its sign turned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

MOST_LOOKS: Final = 20
"""Along one ray."""
MOST_ROUNDS: Final = 30
SAME: Final = 0.8
"""Cosine from which two points are one (assumption)."""
ROUNDING: Final = 1e-9
WORST: Final = 0.1
"""Share of the observed paths that a start on the far side comes from."""


class Looked(NamedTuple):
    """The level at a point, and its standard error; 0 where it is exact."""

    level: float
    se: float = 0.0


class Slopes(NamedTuple):
    """Slopes of the level at a point (d,), and those of resampled draws (n, d), none if exact."""

    mean: F8
    resampled: F8

    @property
    def scatter(self) -> float:
        """Root mean square distance of resampled directions from their own; 0 where exact."""
        if not len(self.resampled):
            return 0.0
        lengths = np.sqrt((self.resampled**2).sum(axis=1))
        cosines = self.resampled @ unit(self.mean) / np.where(lengths > 0.0, lengths, 1.0)
        return sqrt(max(0.0, 2.0 * (1.0 - float(cosines.mean()))))


class Model(Protocol):
    """What is searched: a figure as a function of d independent standard normal scores."""

    @property
    def precision(self) -> float:
        """How near to the wanted level counts as there, at least."""
        ...

    def look(self, scores: F8) -> Looked:
        """The level at ``scores`` (d,)."""
        ...

    def slopes(self, scores: F8, about: F8) -> Slopes:
        """Its slopes there; ``about`` (d,) is what they are expected to be."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Where a search ended: ``scores`` (d,), the level there, and if it is the limit's.

    ``slopes`` are those of a point beside it, along whose direction it lies.

    Not ``reached``: even at the furthest distance of the direction the level is below.
    """

    scores: F8
    looked: Looked
    slopes: Slopes
    reached: bool

    @property
    def distance(self) -> float:
        """From the middle, in standard deviations."""
        return length(self.scores)


def length(vector: F8) -> float:
    """Euclidean length."""
    return sqrt(float((vector**2).sum()))


def unit(vector: F8) -> F8:
    """Of length 1; zeros stay."""
    size = length(vector)
    return vector / size if size > 0.0 else vector


def cosine(first: F8, other: F8) -> float:
    """Of the angle between two vectors; 0 where one is zero."""
    return float((unit(first) * unit(other)).sum())


class Observed(NamedTuple):
    """Paths that were looked at before: scores (n, d) and levels (n,)."""

    scores: F8
    levels: F8


def design_points(
    model: Model,
    slopes: F8,
    target: float,
    furthest: float,
    *,
    observed: Observed | None = None,
    rounds: int = MOST_ROUNDS,
) -> tuple[Point, ...]:
    """The nearest point that each start leads to, those that are one told once, the nearest first.

    Starts are the regression's slopes, the worst observed path, and the worst on the far side of
    all points so far, where it is among the worst tenth.

    Parameters
    ----------
    model : Model
        What is searched.
    slopes : array, (d,)
        What the slopes of the level are expected to be.
    target : float
        The level that is wanted, above that in the middle.
    furthest : float
        Largest distance that is looked at, in standard deviations.
    observed : Observed or None
        Paths to start from.
    rounds : int
        Most improvements of each point.

    Returns
    -------
    tuple of Point
        At least one; where none is reached, the one with the highest level.
    """
    levels = model.look(np.zeros(len(slopes))).level, target
    found = [_design_point(model, slopes, levels, furthest, rounds)]
    for choose in (_worst, _worst_elsewhere):
        start = None if observed is None else choose(observed, found)
        if start is None or _known(start, found):
            continue
        point = _design_point(model, start, levels, furthest, rounds)
        if not _known(point.scores, found):
            found.append(point)
    reached = sorted((point for point in found if point.reached), key=_order)
    return tuple(reached) if reached else (min(found, key=_order),)


def _known(scores: F8, found: Sequence[Point]) -> bool:
    """Whether a direction is that of a point that was found."""
    return any(cosine(scores, point.scores) > SAME for point in found)


def _worst(observed: Observed, found: Sequence[Point]) -> F8 | None:
    """Scores of the worst observed path."""
    worst: F8 = observed.scores[int(np.argmax(observed.levels))]
    return worst


def _worst_elsewhere(observed: Observed, found: Sequence[Point]) -> F8 | None:
    """Scores of the worst observed path on the far side of every point found."""
    order = np.argsort(-observed.levels, kind="stable")
    for at in order[: int(np.ceil(WORST * order.size))]:
        scores: F8 = observed.scores[at]
        if all(cosine(scores, point.scores) <= 0.0 for point in found):
            return scores
    return None


def _design_point(
    model: Model, start: F8, levels: tuple[float, float], furthest: float, rounds: int
) -> Point:
    """From ``start``: along its ray to the limit, then by the slopes there, until it stays.

    ``levels``: in the middle, and the wanted one.
    """
    target, about = levels[1], start
    size = float((start**2).sum())
    scores, looked, reached = along(
        model, unit(start), (target - levels[0]) / sqrt(size) if size else 1.0, levels, furthest
    )
    found: list[Point] = []
    for _ in range(max(rounds, 1)):
        before, slopes = scores, model.slopes(scores, about)
        square = float((slopes.mean**2).sum())
        if square == 0.0:
            return Point(scores, looked, slopes, reached)
        rise = float((slopes.mean * scores).sum()) + target - looked.level
        scores, looked, reached = along(
            model, unit(slopes.mean), rise / sqrt(square), levels, furthest
        )
        found.append(Point(scores, looked, slopes, reached))
        about = slopes.mean
        if length(scores - before) <= max(ROUNDING, slopes.scatter * length(scores)):
            break
    return min(found, key=_order)


def _order(point: Point) -> tuple[bool, float]:
    """The reached first, by distance; then the highest level."""
    return (not point.reached, point.distance if point.reached else -point.looked.level)


def along(
    model: Model, direction: F8, first: float, levels: tuple[float, float], furthest: float
) -> tuple[F8, Looked, bool]:
    """The point of a ray with the wanted level: secant steps within what brackets it.

    ``first``: distance of the first look; ``levels``: at 0, and the wanted one. The third says
    whether it is reached within two standard errors; if not, the point is the furthest.
    """
    target = levels[1]
    below, above = (0.0, levels[0]), None
    distance = min(max(first, 0.05), furthest)
    looked = Looked(levels[0])
    for _ in range(MOST_LOOKS):
        looked = model.look(distance * direction)
        if abs(looked.level - target) <= _enough(model, looked):
            return distance * direction, looked, True
        if looked.level < target:
            if distance >= furthest:
                return distance * direction, looked, False
            last, below = below, (distance, looked.level)
            other = above if above is not None else last
        else:
            last = above if above is not None else below
            above = (distance, looked.level)
            other = below
        distance = _next(below, above, other, target, furthest)
    return distance * direction, looked, abs(looked.level - target) <= 5 * _enough(model, looked)


def _enough(model: Model, looked: Looked) -> float:
    """How near to the wanted level is there: two standard errors, at most ``CLOSE``."""
    return max(model.precision, min(2.0 * looked.se, CLOSE))


CLOSE: Final = 0.004
"""Largest distance of logarithms from the limit, whatever the error (assumption)."""


def _next(
    below: tuple[float, float],
    above: tuple[float, float] | None,
    other: tuple[float, float],
    target: float,
    furthest: float,
) -> float:
    """Distance of the next look: the secant's, within the bracket, at most twice as far."""
    (near, low), (far, high) = below, above or other
    slope = (high - low) / (far - near) if far != near else 0.0
    wanted = near + (target - low) / slope if slope > 0.0 else 2.0 * max(near, far, 0.5)
    if above is None:
        return min(max(wanted, 1.05 * near, 0.05), 2.0 * max(near, 0.5), furthest)
    edge = 0.02 * (far - near)
    return min(max(wanted, near + edge), far - edge)
