"""Elementary effects: each input is moved alone from random base points.

Source: Morris 1991; Campolongo, Saltelli and Cariboni 2011 (radial design).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

STEP: Final = 0.5
"""Of an input's range (assumption)."""


class Effects(NamedTuple):
    """Of each input over its whole range, (d,): see ``elementary_effects``."""

    size: F8
    """Mean absolute effect (Morris's mu*)."""
    mean: F8
    scatter: F8
    """Standard deviation over base points: the effect hangs on the others, or is curved."""
    se: F8
    """Standard error of ``size`` from the luck of paths; 0 where it is exact."""


def radial_design(n_bases: int, d: int, seed: int) -> F8:
    """Points in [0, 1], (n_bases, d + 1, d): a base, then each input moved by ``STEP``."""
    random = np.random.default_rng(seed)
    bases = random.random((n_bases, d))
    points = np.repeat(bases[:, None, :], d + 1, axis=1)
    moved = np.where(bases < STEP, bases + STEP, bases - STEP)
    for place in range(d):
        points[:, place + 1, place] = moved[:, place]
    return points


def elementary_effects(points: F8, values: F8) -> Effects:
    """Effects of ``values`` (n_bases, d + 1, paths) at a ``radial_design``.

    Bases with a value that is not known (NaN) are left out for that input; an input without any
    has NaN.
    """
    d = points.shape[2]
    size, mean, scatter, se = np.full((4, d), np.nan)
    for place in range(d):
        step = points[:, place + 1, place] - points[:, 0, place]
        by_path = (values[:, place + 1] - values[:, 0]) / step[:, None]
        by_path = by_path[np.isfinite(by_path).all(axis=1)]
        if not len(by_path):
            continue
        effects = by_path.mean(axis=1)
        size[place], mean[place] = np.abs(effects).mean(), effects.mean()
        scatter[place] = effects.std(ddof=1) if len(effects) > 1 else 0.0
        # Paths share their luck over base points, so that their errors do not average out.
        signed = (np.sign(effects)[:, None] * by_path).mean(axis=0)
        se[place] = signed.std(ddof=1) / np.sqrt(signed.size) if signed.size > 1 else 0.0
    return Effects(size, mean, scatter, se)
