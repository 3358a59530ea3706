"""What must hold in every run, whatever the settings; results stand in the manifest."""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.kernels.pairing import GROUP_KINDS
from simulator.kernels.tally import Tallies
from simulator.outlook import BALANCE
from simulator.path_windows import windows
from simulator.results.inputs import SimulationOutput
from simulator.results.over_paths import groups_of
from simulator.results.provisions.audit import roll_forward_error
from simulator.score_words import ScorePower
from simulator.vocabulary import FLOW_SIGNS, Cause, CellMeasure, Count, Fate, Flow, Leaving

F8 = NDArray[np.float64]

TOLERANCE: Final = 1e-9

_DIFFERING: Final = (
    Fate.SAVED,
    Fate.DELAYED,
    Fate.HASTENED,
    Fate.HARMED,
    Fate.CENSORED,
    Fate.HARMED_LATER,
)
"""What a policy may do to the first 90+ of a borrower; these exclude each other."""

_WITHOUT_A_TWIN: Final = (
    Fate.REFUSED_GOOD,
    Fate.REFUSED_BAD,
    Fate.ADMITTED_GOOD,
    Fate.ADMITTED_BAD,
)
"""Borrowers with a loan under one of the two policies only."""

_UNLIKE: Final = (
    *_DIFFERING,
    *_WITHOUT_A_TWIN,
    Fate.PREVENTED,
    Fate.RETURNED,
    Fate.LAPSED,
)
"""Fates that nobody has when the two policies do the same."""


class CheckResult(NamedTuple):
    """One check over all scenarios, policies, paths and months; ``value`` is the worst found."""

    name: str
    meaning: str
    value: float
    tolerance: float
    passed: bool


_LEAST_MOVED: Final = 1e-6


def _worst(error: F8, scale: F8) -> float:
    """Largest |error| / scale; errors where scale is zero count in full."""
    size = np.abs(error)
    relative = np.divide(size, scale, out=size.copy(), where=scale > 0.0)
    return float(relative.max(initial=0.0)) if not np.isnan(relative).any() else float("inf")


def money_identity_error(tallies: Tallies) -> float:
    """Largest |closing - (opening + flows)| over the money moved, months 1..horizon.

    At least a millionth of the balance at the opening counts as moved: amounts are kept in units
    of a share of it, so that a book's last loans cannot be told more exactly.
    """
    flows = tallies.flows[:, 1:]
    least = _LEAST_MOVED * tallies.counts[:, :1, Count.CLOSING_BALANCE]
    opening = tallies.counts[:, 1:, Count.OPENING_BALANCE]
    closing = tallies.counts[:, 1:, Count.CLOSING_BALANCE]
    error = closing - opening - (flows * np.array(FLOW_SIGNS, dtype=np.float64)).sum(axis=-1)
    return _worst(error, np.maximum(np.abs(flows).sum(axis=-1), least))


def continuity_error(tallies: Tallies) -> float:
    """Largest gap between a month's opening and the month before's closing balance, relative."""
    before = tallies.counts[:, :-1, Count.CLOSING_BALANCE]
    return _worst(tallies.counts[:, 1:, Count.OPENING_BALANCE] - before, before)


def bucket_error(tallies: Tallies) -> float:
    """Largest gap between the sum over buckets and the closing balance, relative."""
    closing = tallies.counts[..., Count.CLOSING_BALANCE]
    return _worst(tallies.balance.sum(axis=-1) - closing, closing)


def roll_error(tallies: Tallies) -> float:
    """Largest gap between all destinations and the opening balance, relative.

    Rolls start from the balance after principal has been cut on a re-plan; the cut is part of
    what was forgiven, so destinations may lack at most that.
    """
    opening = tallies.counts[:, 1:, Count.OPENING_BALANCE]
    missing = opening - tallies.roll[:, 1:].sum(axis=(-2, -1))
    cut = np.clip(missing, 0.0, tallies.flows[:, 1:, Flow.FORGIVEN])
    return _worst(missing - cut, opening)


def cause_error(tallies: Tallies) -> float:
    """Largest gap between overdue balance and its sum over known causes, over closing balance."""
    known = tallies.cause_balance[..., Cause.NONE + 1 :].sum(axis=-1)
    closing = tallies.counts[..., Count.CLOSING_BALANCE]
    return _worst(known - tallies.balance[..., 1:].sum(axis=-1), closing)


def cut_error(tallies: Tallies) -> float:
    """Largest gap between the sum over segments, ages or incomes and the closing balance."""
    closing = tallies.counts[..., Count.CLOSING_BALANCE]
    cuts = (tallies.by_segment, tallies.by_age, tallies.by_income)
    return max(_worst(cut[..., 0].sum(axis=-1) - closing, closing) for cut in cuts)


_PARTS_OF_FATES: Final = (
    (_DIFFERING, Fate.COMPARED),
    ((Fate.LAPSED,), Fate.SAVED),
    ((Fate.RELIEVED,), Fate.COMPARED),
    ((Fate.FREE_RIDER,), Fate.RELIEVED),
    ((Fate.PREVENTED,), Fate.RELIEVED),
    ((Fate.RETURNED,), Fate.PREVENTED),
)
"""Fates that exclude each other, and the fate that they are part of."""


def fate_error(tallies: Tallies) -> float:
    """Largest excess of fates over what they are part of, over all borrowers of the group."""
    borrowers = tallies.fates[..., 0]
    known = borrowers.sum(axis=-1)
    return max(
        _worst(np.maximum(0.0, borrowers[..., parts].sum(axis=-1) - borrowers[..., whole]), known)
        for parts, whole in _PARTS_OF_FATES
    )


def fate_cut_error(tallies: Tallies) -> float:
    """Largest gap between the sum over groups of one kind and all borrowers, relative."""
    worst = 0.0
    for kind in GROUP_KINDS[1:]:
        at = groups_of(tallies, kind)
        for array in (tallies.fates, tallies.burdens):
            whole = array[:, 0]
            worst = max(worst, _worst(array[:, at].sum(axis=1) - whole, whole))
    return worst


def cell_error(tallies: Tallies) -> float:
    """Largest gap between the sum over cells and the closing balance, relative; 0 without cells."""
    balance = tallies.cells[..., CellMeasure.BALANCE]
    if not balance.size:
        return 0.0
    closing = tallies.counts[:, : balance.shape[1], Count.CLOSING_BALANCE]
    return _worst(balance.sum(axis=-1) - closing, closing)


class _Moves:
    """What moves between cells must start from and end in, summed over paths, (months + 1, ...)."""

    def __init__(self) -> None:
        self.moves: F8 = np.zeros((0, 1, len(Leaving)))
        self._balance: F8 = np.zeros(())
        self._gone: F8 = np.zeros(())

    def add(self, tallies: Tallies) -> None:
        """Add a window of paths."""
        self.moves = tallies.moves
        tracked = tallies.moves.shape[0]
        for balance, flows in zip(
            tallies.cells[..., CellMeasure.BALANCE], tallies.flows[:, :tracked], strict=True
        ):
            self._balance, self._gone = self._balance + balance, self._gone + flows

    def move_error(self) -> float:
        """Largest gap in the moves of a month between cells, over all balance; 0 without cells.

        They must start from each cell's balance, and what left by write-off or sale must be the
        flow.
        """
        n_cells = self.moves.shape[1] - 1
        if not n_cells:
            return 0.0
        balance, moves = self._balance[:-1], self.moves[1:]
        started = moves[:, :n_cells, : n_cells + Leaving.WRITTEN_OFF_BALANCE].sum(axis=-1)
        gaps = [started - balance]
        for column, flow in (
            (Leaving.WRITTEN_OFF_BALANCE, Flow.WRITTEN_OFF),
            (Leaving.SOLD_BALANCE, Flow.SOLD),
        ):
            left = moves[:, :, n_cells + column].sum(axis=-1)
            gaps.append((left - self._gone[1:, flow])[:, None])
        error = np.abs(np.concatenate(gaps, axis=1)).max(axis=1, initial=0.0)
        return _worst(error, balance.sum(axis=-1))


def own_fates(tallies: Tallies) -> float:
    """Most borrowers or balance of a fate that takes a difference to the reference."""
    return float(tallies.fates[:, :, _UNLIKE, :].max(initial=0.0))


def most_negative(tallies: Tallies) -> float:
    """Size of the most negative tally over the largest of its kind; infinite for NaN."""
    worst = 0.0
    signed = (tallies.cells, tallies.score_power, tallies.brought)
    if not all(np.isfinite(array).all() for array in signed):
        return float("inf")
    balances = tallies.cells[..., CellMeasure.BALANCE]  # losses may be negative: gains
    others = np.delete(tallies.score_power, ScorePower.GINI, axis=-1)  # a score may mislead
    owed = tallies.brought[..., BALANCE]  # a loan may bring less than it costs
    for array in tallies._replace(cells=balances, score_power=others, brought=owed):
        if not np.isfinite(array).all():
            return float("inf")
        low, high = float(array.min(initial=0.0)), float(array.max(initial=0.0))
        worst = max(worst, -low / high if high > 0.0 else -low)
    return worst


CHECKS: Final[tuple[tuple[str, str, Callable[[Tallies], float]], ...]] = (
    (
        "money_identity",
        "closing balance = opening + flows, relative to the money moved",
        money_identity_error,
    ),
    (
        "continuity",
        "the opening balance of a month is the closing balance of the month before",
        continuity_error,
    ),
    ("buckets", "buckets add up to the closing balance", bucket_error),
    ("rolls", "destinations add up to the opening balance", roll_error),
    ("causes", "every overdue balance has a cause", cause_error),
    ("cuts", "segments, ages and incomes add up to the closing balance", cut_error),
    ("fates", "outcomes that exclude each other are no more than their total", fate_error),
    ("fate_cuts", "deciles, ages, regions and products add up to all borrowers", fate_cut_error),
    (
        "cells",
        "cells of the provisioning standards add up to the closing balance",
        cell_error,
    ),
    ("no_negatives", "no tally is negative or not a number", most_negative),
)
MOVES: Final[tuple[str, str]] = (
    "moves",
    "moves between cells start from their balance, and end in balance written off and sold",
)
"""The check of all paths of a case together."""


REFERENCE_CHECKS: Final[tuple[tuple[str, str, Callable[[Tallies], float]], ...]] = (
    (
        "reference_fates",
        "under the current policy no borrower is saved, delayed or harmed",
        own_fates,
    ),
)
"""Checks of the reference's tallies only."""


DATASET_CHECKS: Final[tuple[tuple[str, str, Callable[[xr.Dataset], float]], ...]] = (
    (
        "roll_forward",
        "roll-forwards add up from opening to closing allowances, their transfers to nothing",
        roll_forward_error,
    ),
)
"""Checks of what the dataset says, not the tallies."""


def run_checks(output: SimulationOutput, dataset: xr.Dataset | None = None) -> list[CheckResult]:
    """Every check, the worst cell of each; never raises, so that a manifest can tell.

    Those of ``dataset``, the output's own, are left out without it.
    """
    found: list[CheckResult] = []
    if dataset is not None:
        for name, meaning, measured in DATASET_CHECKS:
            value = measured(dataset)
            found.append(CheckResult(name, meaning, value, TOLERANCE, value <= TOLERANCE))
    told = (*(item[:2] for item in CHECKS), MOVES, *(item[:2] for item in REFERENCE_CHECKS))
    worst = dict.fromkeys(told, 0.0)
    for pair in output.tallies:
        own = REFERENCE_CHECKS if pair[1] == output.reference else ()
        moves = _Moves()
        for _, tallies in windows(output.tallies, pair):
            moves.add(tallies)
            for name, meaning, measure in (*CHECKS, *own):
                worst[name, meaning] = max(worst[name, meaning], measure(tallies))
        worst[MOVES] = max(worst[MOVES], moves.move_error())
    for (kind, words), value in worst.items():
        found.append(CheckResult(kind, words, value, TOLERANCE, value <= TOLERANCE))
    return found


def stored_checks(entries: object) -> tuple[CheckResult, ...]:
    """The checks of a manifest; a value that was not finite stands as null there."""
    found = entries if isinstance(entries, list) else []
    return tuple(
        CheckResult(**{**entry, "value": math.inf if entry["value"] is None else entry["value"]})
        for entry in found
    )


def failures(checks: Sequence[CheckResult]) -> tuple[str, ...]:
    """One sentence for each check that failed: the numbers of such a run are not to be used."""
    return tuple(
        f"the check {check.name} failed ({check.meaning}): {check.value:.3g} where at most"
        f" {check.tolerance:g} is allowed; this is an internal error, do not use the numbers"
        for check in checks
        if not check.passed
    )
