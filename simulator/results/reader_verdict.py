"""What a run says at other prices: the rule of the decision, by figures of ``repricing``.

The script of the page repeats these lines (docs/model.md, section 14.12).
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from simulator.results.assumptions import EVERYWHERE, LEAST_MOVE, PAIR, bars
from simulator.results.decision import Case, Decision, Lack, Outcome
from simulator.results.estimate import F8
from simulator.results.repricing import Prices, Repricing, most_loss

REPRICED: Final = (Lack.VALUE, Lack.SCENARIO_LOSS)
"""What is judged anew at other prices; other obstacles are the run's."""


class Judged(NamedTuple):
    """Policies of a repricing by their place, best first; ``tied`` cannot be told from the first.

    ``turned`` of the ``tried`` assumptions that move the first one's worth overturn it; both None
    where a list was tried, but not on that policy.
    """

    order: tuple[int, ...]
    outcome: Outcome
    tied: tuple[int, ...]
    turned: int | None
    tried: int | None


@dataclass(frozen=True, slots=True, eq=False)
class ReaderVerdict:
    """What judges the P policies of a repricing.

    ``hindered``: whether something else than its value keeps a policy from being recommended, (P,).
    ``tried`` of each policy: the largest and the least change of its worth by assumption, as the
    run found them, (assumptions, 2); none where it was not tried, None where nothing was.
    ``most_loss``: what none may lose in a scenario, in money of the run's book.
    """

    model: Repricing
    hindered: tuple[bool, ...]
    tried: tuple[F8 | None, ...]
    most_loss: float

    def at(self, prices: Prices) -> Judged:
        """The verdict; assumptions move the worth as in the run, by the size of the book."""
        worth, half = self.model.worth(prices), self.model.half_width(prices)
        n = len(self.hindered)
        gains = worth[:, 0] - half[:, 0] > 0.0
        loses = ~(worth[:, 1:] - half[:, 1:] > -self.most_loss * prices.size)
        loses &= worth[:, 1:] != 0.0
        clear = gains & ~loses.any(axis=1) & ~np.array(self.hindered)
        order = sorted(range(n), key=lambda p: (not clear[p], not gains[p], -worth[p, 0]))
        counts = [self._counts(p, float(worth[p, 0]), prices.size) for p in range(n)]
        firm = [p for p in order if clear[p] and _holds(counts[p])]
        if firm:
            order = [firm[0], *(p for p in order if p != firm[0])]
        first = order[0]
        outcome = Outcome.NO_CLEAR_CASE
        if firm:
            outcome = Outcome.RECOMMENDED
        elif clear[first]:
            outcome = Outcome.DEPENDS
        gap, reach = self.model.gap(prices)[first], self.model.gap_half_width(prices)[first]
        tied = tuple(p for p in order[1:] if gap[p] == 0.0 or abs(gap[p]) <= reach[p])
        turned, moving = counts[first] or (None, None)
        return Judged(tuple(order), outcome, tied, turned, moving)

    def _counts(self, policy: int, worth: float, size: float) -> tuple[int, int] | None:
        """How many assumptions overturn a worth, of how many that move it; None: none was tried."""
        found = self.tried[policy]
        if found is None:
            return 0, 0
        if not len(found):
            return None
        largest, least = size * found.T
        moves = largest > LEAST_MOVE * abs(worth)
        turned = moves & (worth > 0.0) & ~(worth + least > 0.0)
        return int(turned.sum()), int(moves.sum())


def _holds(counts: tuple[int, int] | None) -> bool:
    """Whether at most half of the assumptions that move a worth overturn it."""
    return counts is not None and 2 * counts[0] <= counts[1]


def reader_verdict(dataset: xr.Dataset, decision: Decision, model: Repricing) -> ReaderVerdict:
    """What judges the policies of ``model``, those of the best cases of ``decision``."""
    cases = decision.cases[: len(model.policies)]
    return ReaderVerdict(
        model,
        tuple(any(o.lack not in REPRICED for o in case.obstacles) for case in cases),
        tuple(_tried(dataset, case) for case in cases),
        most_loss(dataset, decision),
    )


def _tried(dataset: xr.Dataset, case: Case) -> F8 | None:
    if "assumption_change" not in dataset:
        return None
    found = [bar for bar in bars(dataset, case.policy, EVERYWHERE, 0.0) if bar.kind != PAIR]
    pairs = [(np.inf if b.unknown else max(abs(b.low), abs(b.high)), b.least) for b in found]
    return np.array(pairs).reshape(-1, 2)
