"""Expected losses and chances of default by month and cell, estimated from sums over paths.

A cell with few loans takes the rate of its pool, first of the same month, then of all months.
What an estimate may know of the future (``foresight``) decides which scenarios and months it is
blended from; every blend is linear in the rates, which is what its sampling error rests on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.tally import Tallies
from simulator.provision import RiskCell
from simulator.vocabulary import LOSS_WINDOW_MONTHS, CellMeasure

F8 = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_LOANS: Final = 30
"""Loans, all paths together, from which a cell has rates of its own in a month (assumption)."""
LEAST_LOANS_A_PATH: Final = 5
"""And on the average path: few loans seen on many paths are still few loans (assumption)."""

DENOMINATORS: Final = {
    CellMeasure.LOSS_12: CellMeasure.BALANCE,
    CellMeasure.LOSS_LIFE: CellMeasure.BALANCE,
    CellMeasure.DEFAULT_12: CellMeasure.LOANS,
    CellMeasure.DEFAULT_LIFE: CellMeasure.LOANS,
}
"""Rates: what is counted, and over what."""


class Level(IntEnum):
    """From what the rates of a month and cell come."""

    OWN = 0
    POOL = 1
    """All cells of the pool in that month."""
    POOL_EARLY = 2
    """The pool in all months whose next twelve are simulated."""
    POOL_ALL = 3
    """The pool in all months."""
    NOTHING = 4
    """No loan was ever in the pool; the rates are zero."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Rates of one scenario and policy, each (months + 1, cells).

    ``used``: sums over paths behind the rates, (months + 1, cells, measures); ``sources``: month
    in which the loans behind the rates of a month were seen, (months + 1,); ``pools``: number of
    each cell's pool, ``opening_loans``: each cell's own at the opening, both (cells,).
    """

    used: F8
    opening_loans: F8
    level: NDArray[np.uint8]
    sources: NDArray[np.int64]
    pools: NDArray[np.int64]
    rates: Mapping[CellMeasure, F8]

    @property
    def known(self) -> Flags:
        """Where loans stand behind the rates."""
        return np.asarray(self.level < Level.NOTHING)

    @property
    def seen_then(self) -> Flags:
        """Where they were seen in the source month itself."""
        return np.asarray(self.level <= Level.POOL)

    @property
    def loss_given_default(self) -> F8:
        """Loss over exposure at default, of the loan's life; NaN without a default."""
        exposure = self.used[..., CellMeasure.EXPOSURE_LIFE]
        return _over(self.used[..., CellMeasure.LOSS_LIFE], exposure, np.nan)


def _over(part: F8, whole: F8, otherwise: float = 0.0) -> F8:
    out = np.full(whole.shape, otherwise)
    np.divide(part, whole, out=out, where=whole > 0.0)
    return out


def totals(windows: Iterable[Tallies]) -> F8:
    """All of ``CellMeasure`` summed over the paths of all ``windows``, one path after the other.

    Shape (months + 1, cells, measures).
    """
    sums: F8 = np.zeros(())
    over_paths: F8 = np.zeros(())
    for tallies in windows:
        over_paths = tallies.cell_sums
        for path in tallies.cells:
            sums = sums + path
    return np.concatenate([sums, over_paths], axis=-1)


def pool_numbers(cells: Sequence[RiskCell]) -> NDArray[np.int64]:
    """Number of each cell's pool, shape (cells,)."""
    names = {name: at for at, name in enumerate(dict.fromkeys(cell.pool for cell in cells))}
    return np.array([names[cell.pool] for cell in cells], dtype=np.int64)


def last_full_month(months: int, horizon: int) -> int:
    """Last month at whose end all of the next twelve months are simulated, or 0."""
    return min(months, max(0, horizon - LOSS_WINDOW_MONTHS))


def estimate(
    sums: F8, pools: NDArray[np.int64], mean_weight: float, horizon: int, paths: int = 1
) -> Estimates:
    """Rates from ``sums`` of ``totals`` over ``paths``; ``mean_weight``: of a borrower.

    Months whose next twelve are not all simulated take the rates of the last month with all.
    """
    months, n_cells = sums.shape[0], sums.shape[1]
    last = last_full_month(months - 1, horizon)
    sources = np.minimum(np.arange(months), last)
    member = np.zeros((int(pools.max(initial=-1)) + 1, n_cells))
    member[pools, np.arange(n_cells)] = 1.0
    pooled = np.einsum("jc,tcm->tjm", member, sums)[:, pools]
    own, of_pool = sums[sources], pooled[sources]
    early, every = pooled[: last + 1].sum(axis=0), pooled.sum(axis=0)
    least = max(LEAST_LOANS, LEAST_LOANS_A_PATH * paths) * mean_weight
    enough = [
        (found[..., CellMeasure.LOANS] >= least) & (found[..., CellMeasure.BALANCE] > 0.0)
        for found in (own, of_pool)
    ]
    some = [
        np.broadcast_to(found[..., CellMeasure.BALANCE] > 0.0, enough[0].shape)
        for found in (early, every)
    ]
    level = np.select([*enough, *some], list(Level)[:4], Level.NOTHING).astype(np.uint8)
    choices = (own, of_pool, early[None], every[None])
    used = np.zeros_like(own)
    for at, choice in enumerate(choices):
        used = np.where((level == at)[..., None], choice, used)
    rates = {part: _over(used[..., part], used[..., whole]) for part, whole in DENOMINATORS.items()}
    return Estimates(used, sums[0, :, CellMeasure.LOANS], level, sources, pools, rates)


class Term(NamedTuple):
    """Part of a blend: weights (cells,) of a scenario's 12-month and lifetime rates of a month."""

    scenario: int
    month: int
    short: F8
    long: F8


def shares_of(weights: F8, estimates: Sequence[Estimates], month: int) -> F8:
    """Weights of the scenarios that know a cell in ``month``, (scenarios, cells), summing to 1."""
    known = np.stack([found.known[month] for found in estimates])
    shares = weights[:, None] * known
    return _over(shares, np.broadcast_to(shares.sum(axis=0), shares.shape))


def experience(month: int) -> float:
    """Weight of what was seen, point in time: it grows over a year once a year has been seen."""
    return float(np.clip((month - LOSS_WINDOW_MONTHS + 1) / LOSS_WINDOW_MONTHS, 0.0, 1.0))


def blend(
    foresight: str,
    estimates: Sequence[Estimates],
    weights: F8,
    place: tuple[int, int],
    lifetime: Flags,
) -> list[Term]:
    """What the rates of ``place`` (scenario, month) are blended from.

    ``lifetime``: cells that need a lifetime rate, the others a 12-month rate. ``perfect``: the
    scenario's own; ``weighted``: all scenarios'; ``point_in_time``: the weighted ones of the
    opening, in which the 12-month rate of the loans of a year ago replaces the expected one.
    """
    scenario, month = place
    long = lifetime.astype(np.float64)
    if foresight == "perfect":
        return [Term(scenario, month, 1.0 - long, long)]
    if foresight == "weighted":
        shares = shares_of(weights, estimates, month)
        return [
            Term(k, month, share * (1.0 - long), share * long) for k, share in enumerate(shares)
        ]
    seen = np.zeros(long.shape)
    terms = []
    if month >= LOSS_WINDOW_MONTHS:
        before = month - LOSS_WINDOW_MONTHS
        seen = experience(month) * estimates[scenario].seen_then[before]
        terms.append(Term(scenario, before, seen, np.zeros(long.shape)))
    shares = shares_of(weights, estimates, 0)
    terms += [
        Term(k, 0, share * (1.0 - long - seen), share * long) for k, share in enumerate(shares)
    ]
    return terms


def blended(
    terms: Sequence[Term],
    estimates: Sequence[Estimates],
    short: CellMeasure = CellMeasure.LOSS_12,
    long: CellMeasure = CellMeasure.LOSS_LIFE,
) -> F8:
    """The blend of ``terms``, shape (cells,)."""
    rate = np.zeros(estimates[0].level.shape[1])
    for term in terms:
        found = estimates[term.scenario].rates
        rate += term.short * found[short][term.month] + term.long * found[long][term.month]
    return rate
