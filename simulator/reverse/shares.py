"""What a design point is made of: shares of causes, how sure they are, other spreads."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.reverse.search import Point

F8 = NDArray[np.float64]

ENDS: Final = (0.025, 0.975)


class Made(NamedTuple):
    """Distance of a point and share of each cause in its square, by name."""

    distance: float
    shares: Mapping[str, float]


def made_of(scores: F8, causes: Sequence[str]) -> Made:
    """Of a point with ``scores`` (d,), each of the cause at its place in ``causes``.

    Shares are of the squared distance and add up to 1; all 0 in the middle.
    """
    squares = scores**2
    whole = float(squares.sum())
    shares = {
        name: float(sum(s for s, c in zip(squares, causes, strict=True) if c == name))
        for name in dict.fromkeys(causes)
    }
    return Made(
        float(np.sqrt(whole)),
        {name: share / whole if whole > 0.0 else 0.0 for name, share in shares.items()},
    )


def with_spreads(point: Point, target: float, factors: F8, causes: Sequence[str]) -> Made:
    """The design point had each score's spread been ``factors`` (d,) times as wide.

    From the slopes at ``point`` alone: the level is taken as linear from there.
    """
    slopes = factors * point.slopes.mean
    rise = float((point.slopes.mean * point.scores).sum()) + target - point.looked.level
    square = float((slopes**2).sum())
    return made_of(slopes * (rise / square) if square > 0.0 else np.zeros_like(slopes), causes)


def uncertain(point: Point, target: float, causes: Sequence[str]) -> tuple[Made, Made] | None:
    """Lower and upper ends of distance and shares over resampled slopes and the level's error.

    None where both are exact.
    """
    n = len(point.slopes.resampled)
    if not n:
        return None
    luck = np.random.default_rng(20260101).standard_normal(n)
    found = []
    for slopes, off in zip(point.slopes.resampled, luck, strict=True):
        rise = float((slopes * point.scores).sum()) + target - point.looked.level
        rise += float(off) * point.looked.se
        square = float((slopes**2).sum())
        if square > 0.0 and rise > 0.0:
            found.append(made_of(slopes * (rise / square), causes))
    if not found:
        return None
    # Centred on what was found: squares of resampled slopes hold their noise twice.
    here = made_of(point.scores, causes)
    distances = np.array([one.distance for one in found])
    distances *= here.distance / float(np.median(distances))
    by_cause = {name: np.array([one.shares[name] for one in found]) for name in here.shares}
    ends = []
    for end in ENDS:
        shares = {
            name: float(np.clip(np.quantile(all_, end) + here.shares[name] - np.median(all_), 0, 1))
            for name, all_ in by_cause.items()
        }
        ends.append(Made(float(np.quantile(distances, end)), shares))
    return ends[0], ends[1]


def conditional_mean(loadings: F8, slopes: F8, rise: float) -> F8:
    """E[loadings z | slopes . z = rise] of standard normal z: what is likeliest at a level.

    ``loadings`` (n, d), ``slopes`` (d,); (n,).
    """
    square = float((slopes**2).sum())
    found: F8 = (loadings * slopes).sum(axis=1) * (rise / square)
    return found
