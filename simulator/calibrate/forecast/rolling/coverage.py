"""How much wider intervals must be to hold what they promise, and whether they then do.

Errors of neighbouring origins and horizons overlap, so that many of them say little: the range of
a coverage goes by their effective number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

F8 = NDArray[np.float64]

Widths = Mapping[tuple[int, int], float]
"""Factor of half widths by horizon group (first and last period ahead)."""

HORIZON_GROUPS: Final = ((1, 3), (4, 8), (9, 12))
"""Periods ahead that share one widening."""
TRAINING_SHARE: Final = 2.0 / 3.0
"""Share of the origins, the first ones, from which widening is estimated."""
_LEAST_RATIOS: Final = 4
"""Fewer errors say nothing of a widening; it is then 1."""


@dataclass(frozen=True, slots=True)
class ForecastError:
    """One forecast of a number beside what was seen; fractions."""

    target: str
    origin: int
    horizon: int
    seen: float
    prediction: float
    ci_low: float
    ci_high: float

    @property
    def ratio(self) -> float:
        """The miss over the interval's half width on its side."""
        miss = self.seen - self.prediction
        half = self.ci_high - self.prediction if miss > 0.0 else self.prediction - self.ci_low
        return abs(miss) / max(half, 1e-9)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many intervals held: ``held`` of ``n``, whose independent number is ``effective``.

    ``low`` and ``high`` bound the true chance that an interval holds, with 90 % (Clopper and
    Pearson 1934, at the effective number).
    """

    group: tuple[int, int]
    n: int
    held: float
    effective: float
    low: float
    high: float


def split_origins(errors: Sequence[ForecastError]) -> tuple[set[int], set[int]]:
    """Origins from which widening is estimated, and those on which it is tried."""
    origins = sorted({error.origin for error in errors})
    first = round(TRAINING_SHARE * len(origins))
    return set(origins[:first]), set(origins[first:])


def widening(errors: Sequence[ForecastError], level: float) -> Widths:
    """Factor of half widths by horizon group: never below 1, and never falling with the horizon.

    With it, a share ``level`` of ``errors`` lies within: of n errors the level (n + 1)-th ratio.
    """
    found: dict[tuple[int, int], float] = {}
    least = 1.0
    for group in HORIZON_GROUPS:
        ratios = np.sort([e.ratio for e in errors if group[0] <= e.horizon <= group[1]])
        if ratios.size >= _LEAST_RATIOS:
            at = min(ratios.size - 1, int(np.ceil(level * (ratios.size + 1))) - 1)
            least = max(least, float(ratios[at]))
        found[group] = least
    return found


def factor_at(widths: Widths, horizon: int) -> float:
    """The widening of a horizon; that of the last group beyond it."""
    last_factor = 1.0
    for (_, last), factor in widths.items():
        if horizon <= last:
            return factor
        last_factor = factor
    return last_factor


def widened(centre: F8, low: F8, high: F8, factors: F8, *, least: float = 0.0) -> tuple[F8, F8]:
    """Bounds that are ``factors`` times as far from ``centre``; all (k,), fractions."""
    below: F8 = np.maximum(least, centre - factors * (centre - low))
    above: F8 = np.minimum(1.0, centre + factors * (high - centre))
    return below, above


def coverage(errors: Sequence[ForecastError], widths: Widths) -> tuple[Coverage, ...]:
    """Coverage by horizon group of intervals widened by ``widths``."""
    found = []
    for group in HORIZON_GROUPS:
        inside = [e for e in errors if group[0] <= e.horizon <= group[1]]
        if not inside:
            continue
        held = float(np.mean([e.ratio <= factor_at(widths, e.horizon) for e in inside]))
        found.append(_coverage(group, inside, held))
    return tuple(found)


def _coverage(group: tuple[int, int], inside: Sequence[ForecastError], held: float) -> Coverage:
    """With its range at the number of forecasts that do not overlap."""
    span = len({error.origin for error in inside})
    horizon = float(np.mean([error.horizon for error in inside]))
    effective = max(1.0, span / horizon)
    yes = held * effective
    low = float(beta.ppf(0.05, yes, effective - yes + 1.0)) if yes > 0.0 else 0.0
    high = float(beta.ppf(0.95, yes + 1.0, effective - yes)) if yes < effective else 1.0
    return Coverage(group, len(inside), held, effective, low, high)
