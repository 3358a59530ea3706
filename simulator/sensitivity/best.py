"""The best of many settings by few looks: Sobol points, a quadratic's proposals, halving.

No engine is known here, and no statistics: a model tells of each point how good it looks on so
many paths. Equations: docs/model.md, section 14.13. Source: Karnin, Koren and Somekh 2013
(successive halving).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from simulator.sensitivity.emulator import fit_emulator, least_points

F8 = NDArray[np.float64]

FINALISTS: Final = 3
PROPOSALS: Final = 4
"""Points that the quadratics propose."""
APART: Final = 0.1
"""Least distance between proposals, in shares of the ranges (assumption)."""
_GRID: Final = 10
"""Proposals are chosen among 2 to this power of points."""
_MARGIN: Final = 0.1
"""Points of the grid reach so far beyond the range and are cut to it: its faces are seen."""
MOST_PARETO: Final = 5
AT_END: Final = 0.02
"""Share of a range from its end within which an optimum lies on it (assumption)."""


class Seen(NamedTuple):
    """What looks tell of points: mean ``gain`` (n,), more is better; ``excess`` (n, k): how far the
    end of each bound's interval is beyond its limit, at most 0 where it is kept. NaN gains are
    points that a rule forbids."""

    gain: F8
    excess: F8


class Model(Protocol):
    """What a search asks: values that points may take, and looks at them on so many paths."""

    def allowed(self, points: F8) -> F8:
        """The nearest points whose values the inputs may take, (n, d)."""
        ...

    def look(self, points: F8, paths: int) -> Seen:
        """How good ``points`` look on the first ``paths``."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How many points and paths a search takes; ``own`` (d,): the setting that there is."""

    points: int
    first_paths: int
    most_paths: int
    seed: int
    own: F8


class Round(NamedTuple):
    """One look: how many settings on how many paths."""

    settings: int
    paths: int


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """Finalists (at most ``FINALISTS``, d), best first; points of which none is better in gain and
    every bound; and the looks that it took."""

    finalists: F8
    pareto: F8
    rounds: tuple[Round, ...]


def search(model: Model, plan: Plan, told: Callable[[Round], None] = lambda one: None) -> Searched:
    """Finalists among points of [0, 1]; ``told`` of each look before it.

    Half of the points are kept at each round, on twice the paths, until the best of the next half
    are the finalists.
    """
    d = plan.own.size
    start = qmc.Sobol(d, rng=plan.seed).random_base2((plan.points - 1).bit_length())
    points = _distinct(model.allowed(np.concatenate([plan.own[None], start[: plan.points]])))
    paths, rounds = plan.first_paths, [Round(len(points), plan.first_paths)]
    told(rounds[-1])
    seen = _known(points, model.look(points, paths))
    points, proposed = seen[0], _proposals(model, plan, *seen)
    if len(proposed):
        rounds.append(Round(len(proposed), paths))
        told(rounds[-1])
        more = _known(proposed, model.look(proposed, paths))
        seen = np.concatenate([points, more[0]]), _joined(seen[1], more[1])
    pareto = seen[0][_pareto(seen[1])]
    kept = seen[0][_order(seen[1])]
    while len(kept) > 2 * FINALISTS:
        kept = kept[: -(-len(kept) // 2)]
        paths = min(2 * paths, plan.most_paths)
        rounds.append(Round(len(kept), paths))
        told(rounds[-1])
        kept = kept[_order(model.look(kept, paths))]
    return Searched(kept[:FINALISTS], pareto, tuple(rounds))


def most_rounds(points: int, first_paths: int, most_paths: int) -> list[Round]:
    """Looks that ``search`` takes at most."""
    rounds = [Round(points + 1, first_paths), Round(PROPOSALS, first_paths)]
    kept, paths = points + 1 + PROPOSALS, first_paths
    while kept > 2 * FINALISTS:
        kept, paths = -(-kept // 2), min(2 * paths, most_paths)
        rounds.append(Round(kept, paths))
    return rounds


def at_ends(point: F8) -> list[tuple[int, bool]]:
    """Inputs whose range ``point`` (d,) lies at an end of, and whether it is the upper one."""
    low = [(place, False) for place, share in enumerate(point) if share <= AT_END]
    high = [(place, True) for place, share in enumerate(point) if share >= 1.0 - AT_END]
    return sorted(low + high)


def _known(points: F8, seen: Seen) -> tuple[F8, Seen]:
    """Without those that a rule forbids."""
    known = np.isfinite(seen.gain)
    return points[known], Seen(seen.gain[known], seen.excess[known])


def _joined(one: Seen, other: Seen) -> Seen:
    return Seen(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))


def _distinct(points: F8) -> F8:
    """Each point once, in the order of the first."""
    _, places = np.unique(points.round(12), axis=0, return_index=True)
    return np.asarray(points[np.sort(places)])


def _order(seen: Seen) -> NDArray[np.intp]:
    """Best first: those that keep every bound by gain, then the others by what they exceed."""
    beyond = _beyond(seen)
    gain = np.where(beyond > 0.0, -np.inf, np.nan_to_num(seen.gain, nan=-np.inf))
    return np.asarray(np.lexsort((-gain, beyond)))


def _beyond(seen: Seen) -> F8:
    """What a point exceeds in all, each bound over the spread of its excess; 0 where it is kept."""
    if not seen.excess.shape[1]:
        return np.zeros(len(seen.gain))
    spread = seen.excess.std(axis=0)
    unit = np.where(spread > 0.0, spread, 1.0)
    return np.asarray((np.maximum(np.nan_to_num(seen.excess, nan=np.inf), 0.0) / unit).sum(axis=1))


def _proposals(model: Model, plan: Plan, points: F8, seen: Seen) -> F8:
    """Points at which quadratics of gain and bounds promise most; none with too few points."""
    d = plan.own.size
    if len(points) < least_points(d):
        return np.empty((0, d))
    grid = qmc.Sobol(d, rng=plan.seed + 1).random_base2(_GRID)
    grid = np.clip((1.0 + 2.0 * _MARGIN) * grid - _MARGIN, 0.0, 1.0)
    grid = _distinct(model.allowed(grid))
    gain = fit_emulator(points, seen.gain)(grid)
    fits = [fit_emulator(points, column)(grid) for column in seen.excess.T if _is_finite(column)]
    excess = np.stack(fits, axis=1) if fits else np.empty((len(grid), 0))
    chosen: list[F8] = []
    for place in _order(Seen(gain, excess)):
        far = all(np.abs(grid[place] - other).max() >= APART for other in chosen)
        if far and not (np.abs(points - grid[place]).max(axis=1) < 1e-9).any():
            chosen.append(grid[place])
        if len(chosen) == PROPOSALS:
            break
    return np.array(chosen).reshape(-1, d)


def _is_finite(column: F8) -> bool:
    return bool(np.isfinite(column).all())


def _pareto(seen: Seen) -> NDArray[np.intp]:
    """Points of which no other is at least as good in gain and every bound, and better in one.

    At most ``MOST_PARETO``, spread over the gains; the best alone where there is no bound.
    """
    measures = np.concatenate([-seen.gain[:, None], seen.excess], axis=1)
    kept = [
        place
        for place, own in enumerate(measures)
        if not ((measures <= own).all(axis=1) & (measures < own).any(axis=1)).any()
    ]
    by_gain = np.array(sorted(kept, key=lambda place: -seen.gain[place]), dtype=np.intp)
    chosen = np.linspace(0, len(by_gain) - 1, min(MOST_PARETO, len(by_gain))).round()
    return np.asarray(by_gain[np.unique(chosen.astype(np.intp))])
