"""What must hold in every run, whatever the settings; results stand in the manifest."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.tally import Tallies
from simulator.results.inputs import SimulationOutput
from simulator.vocabulary import FLOW_SIGNS, Cause, Count

F8 = NDArray[np.float64]

TOLERANCE: Final = 1e-9


class CheckResult(NamedTuple):
    """One check over all scenarios, policies, paths and months; ``value`` is the worst found."""

    name: str
    meaning: str
    value: float
    tolerance: float
    passed: bool


def _worst(error: F8, scale: F8) -> float:
    """Largest |error| / scale; errors where scale is zero count in full."""
    size = np.abs(error)
    relative = np.divide(size, scale, out=size.copy(), where=scale > 0.0)
    return float(relative.max(initial=0.0)) if not np.isnan(relative).any() else float("inf")


def money_identity_error(tallies: Tallies) -> float:
    """Largest |closing - (opening + flows)| over the money moved, months 1..horizon."""
    flows = tallies.flows[:, 1:]
    opening = tallies.counts[:, 1:, Count.OPENING_BALANCE]
    closing = tallies.counts[:, 1:, Count.CLOSING_BALANCE]
    error = closing - opening - (flows * np.array(FLOW_SIGNS, dtype=np.float64)).sum(axis=-1)
    return _worst(error, np.abs(flows).sum(axis=-1))


def continuity_error(tallies: Tallies) -> float:
    """Largest gap between a month's opening and the month before's closing balance, relative."""
    before = tallies.counts[:, :-1, Count.CLOSING_BALANCE]
    return _worst(tallies.counts[:, 1:, Count.OPENING_BALANCE] - before, before)


def bucket_error(tallies: Tallies) -> float:
    """Largest gap between the sum over buckets and the closing balance, relative."""
    closing = tallies.counts[..., Count.CLOSING_BALANCE]
    return _worst(tallies.balance.sum(axis=-1) - closing, closing)


def roll_error(tallies: Tallies) -> float:
    """Largest gap between all destinations and the opening balance, relative."""
    opening = tallies.counts[:, 1:, Count.OPENING_BALANCE]
    return _worst(tallies.roll[:, 1:].sum(axis=(-2, -1)) - opening, opening)


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


def most_negative(tallies: Tallies) -> float:
    """Size of the most negative tally over the largest of its kind; infinite for NaN."""
    worst = 0.0
    for array in tallies:
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
        "a month opens with the balance that the last one closed with",
        continuity_error,
    ),
    ("buckets", "buckets add up to the closing balance", bucket_error),
    ("rolls", "destinations add up to the opening balance", roll_error),
    ("causes", "every overdue balance has a cause", cause_error),
    ("cuts", "segments, ages and incomes add up to the closing balance", cut_error),
    ("no_negatives", "no tally is negative or not a number", most_negative),
)


def run_checks(output: SimulationOutput) -> list[CheckResult]:
    """Every check, the worst cell of each; never raises, so that a manifest can tell."""
    found: list[CheckResult] = []
    for name, meaning, measure in CHECKS:
        value = max(measure(tallies) for tallies in output.tallies.values())
        found.append(CheckResult(name, meaning, value, TOLERANCE, value <= TOLERANCE))
    return found
