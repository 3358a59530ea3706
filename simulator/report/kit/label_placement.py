"""Where labels of points go, so that they cover neither points nor each other."""

from collections.abc import Iterator, Sequence
from math import hypot
from typing import Final, NamedTuple

from simulator.report.kit.text import columns_of

CHARACTER_WIDTH: Final = 6.2
"""Mean width (pixels) of a character of the small type (assumption)."""

HEIGHT: Final = 13.0

POINT: Final = 6.0
"""Half the side of the square that a point keeps free, pixels."""

_REACHES: Final = (9.0, 18.0, 28.0, 40.0, 54.0)

_REACH_OF_POINT: Final = 10
"""Pixels from a point beyond which its own square ends in every direction."""

_DIRECTIONS: Final = (
    (1.0, 0.0),
    (0.8, 0.8),
    (0.8, -0.8),
    (-1.0, 0.0),
    (-0.8, 0.8),
    (-0.8, -0.8),
    (0.0, 1.0),
    (0.0, -1.0),
)


class Box(NamedTuple):
    """A rectangle in pixels, y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def covers(self, other: "Box") -> bool:
        """Whether the two share an area."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.top <= other.bottom or other.top <= self.bottom)

    def within(self, other: "Box") -> bool:
        """Whether it lies inside ``other``."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.bottom <= self.bottom and self.top <= other.top


class Spot(NamedTuple):
    """A label: its text, the place of its anchor relative to the point (pixels, y upwards)."""

    text: str
    dx: float
    dy: float
    anchor: str
    """``left``, ``center`` or ``right``: the side of the text at the anchor."""

    @property
    def needs_leader(self) -> bool:
        """Whether it stands so far off that a line must join it to its point."""
        return max(abs(self.dx), abs(self.dy)) > _REACHES[0]


def text_width(text: str) -> float:
    """Width of ``text`` in pixels, roughly."""
    return CHARACTER_WIDTH * columns_of(text)


def place_labels(
    points: Sequence[tuple[float, float]],
    texts: Sequence[tuple[str, str]],
    frame: Box,
    taken: Sequence[Box] = (),
) -> list[Spot]:
    """A place for each point's label, the first points first.

    ``texts`` holds a full and a short text for each point: the short one is taken where the full
    one would cover something. ``points`` and ``frame`` are in pixels; ``taken`` is kept free.
    """
    blocked = [*taken, *(_around(point) for point in points)]
    out = []
    for point, (full, short) in zip(points, texts, strict=True):
        spot, box = _best(point, full, short, frame, blocked)
        blocked.append(box)
        out.append(spot)
    return out


def _around(point: tuple[float, float]) -> Box:
    x, y = point
    return Box(x - POINT, y - POINT, x + POINT, y + POINT)


def _best(
    point: tuple[float, float], full: str, short: str, frame: Box, blocked: Sequence[Box]
) -> tuple[Spot, Box]:
    fallback = next(_candidates(point, short))
    for text in (full, short):
        for spot, box in _candidates(point, text):
            boxes = [box, *_leader(point, spot)]
            if box.within(frame) and not any(b.covers(other) for b in boxes for other in blocked):
                return spot, box
    return fallback


def _leader(point: tuple[float, float], spot: Spot) -> Iterator[Box]:
    """Small boxes along the line to a label that stands far off, clear of its own point."""
    length = hypot(spot.dx, spot.dy) if spot.needs_leader else 0.0
    for step in range(_REACH_OF_POINT, int(length), 3):
        x, y = (p + d * step / length for p, d in zip(point, (spot.dx, spot.dy), strict=True))
        yield Box(x - 0.5, y - 0.5, x + 0.5, y + 0.5)


def _candidates(point: tuple[float, float], text: str) -> Iterator[tuple[Spot, Box]]:
    """Places around ``point``, the nearest first."""
    width = text_width(text)
    for reach in _REACHES:
        for across, up in _DIRECTIONS:
            dx, dy = across * reach, up * reach
            anchor = "left" if across > 0 else "right" if across < 0 else "center"
            left = point[0] + dx - {"left": 0.0, "center": width / 2, "right": width}[anchor]
            middle = point[1] + dy
            yield (
                Spot(text, dx, dy, anchor),
                Box(left, middle - HEIGHT / 2, left + width, middle + HEIGHT / 2),
            )
