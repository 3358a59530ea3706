"""Contradictions between targets that need no model to be seen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Final

from simulator.calibrate.data.moments import Evidence, Moments
from simulator.calibrate.data.panel import ARROW
from simulator.calibrate.settings import (
    CalibrationSettings,
    LevelTarget,
    OutcomeTarget,
    RollTarget,
    SeriesTarget,
    ShareTarget,
    Target,
    VintageTarget,
)
from simulator.vocabulary import DPD_THRESHOLDS

LIMIT_IN_SE: Final = 3.0
"""Standard errors beyond which two numbers cannot both be right."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Number:
    """One number seen: what it measures, when, and where it stands."""

    what: str
    when: str
    target: str
    label: str
    amount: float
    variance: float
    whole: Key = ()
    """Numbers of one ``whole`` and of different ``what`` are parts of it: they sum to 1 at most."""

    def __str__(self) -> str:
        return f"targets.{self.target} ({self.label}: {self.amount:.4%})"


def check_targets(evidence: Evidence, settings: CalibrationSettings) -> tuple[str, ...]:
    """Targets that cannot hold at once, one sentence a pair, with both named.

    Found are two values of one number, a deeper overdue rate above a shallower one, a net
    charge-off above the gross one, and parts of a state that sum to more than 1; always beyond
    three standard errors of the data.
    """
    numbers = [
        number
        for name, moments in evidence.items()
        if name in settings.targets
        for number in _numbers(moments, settings.targets[name], settings)
    ]
    return (*_different(numbers), *_out_of_order(numbers), *_too_much(numbers))


def _numbers(moments: Moments, target: Target, settings: CalibrationSettings) -> Iterator[_Number]:
    """What ``moments`` say, in words that other targets may share."""
    for row, label in enumerate(moments.labels):
        what, when, whole = _meaning(label, target, settings)
        if moments.values[row] == moments.values[row]:  # a share of nobody is NaN
            yield _Number(
                what,
                when,
                moments.name,
                label,
                float(moments.values[row]),
                float(moments.covariance[row, row]),
                whole,
            )


def _meaning(label: str, target: Target, settings: CalibrationSettings) -> tuple[str, str, Key]:
    """What a number measures, when, and the whole that it is a part of (empty: none)."""
    if isinstance(target, SeriesTarget):
        return target.measure, label, ()
    if isinstance(target, LevelTarget):
        return target.measure, label.removeprefix(f"{target.measure} "), ()
    if isinstance(target, VintageTarget):
        return "ever 90+", label, ()
    if isinstance(target, OutcomeTarget):
        return f"{target.path} {target.column} {target.bad}", label, ()
    states = " ".join(settings.panels[target.panel].labels)
    if isinstance(target, RollTarget | ShareTarget):
        pooled = isinstance(target, RollTarget) and target.pool
        cell, _, when = (label, "", ", ".join(target.months)) if pooled else label.rpartition(" ")
        source = cell.partition(ARROW)[0] if isinstance(target, RollTarget) else ""
        return f"{target.kind} {states} {cell}", when, (target.kind, states, source, when)
    when = f"{label} {target.model_dump(exclude={'panel', 'durations', 'groups'})}"
    return f"{target.kind} {states}", when, ()


def _different(numbers: list[_Number]) -> Iterator[str]:
    """Two values of the same number."""
    for group in _grouped(numbers, lambda n: (n.what, n.when)).values():
        for left, right in combinations(group, 2):
            if abs(left.amount - right.amount) > _error(left, right):
                yield (
                    f"{left} and {right} measure the same and differ by more than"
                    f" {LIMIT_IN_SE:g} standard errors"
                )


def _out_of_order(numbers: list[_Number]) -> Iterator[str]:
    """A part that is larger than what holds it, in the same period."""
    thresholds = [f"overdue_rate_{dpd}" for dpd in DPD_THRESHOLDS]
    pairs = [
        *combinations(thresholds, 2),
        ("charge_off_annualised", "net_charge_off_annualised"),
    ]
    by_meaning = _grouped(numbers, lambda n: (n.what, n.when))
    for outer, inner in pairs:
        for part in (n for n in numbers if n.what == inner):
            for holder in by_meaning.get((outer, part.when), []):
                if part.amount - holder.amount > _error(part, holder):
                    yield f"{part} is {inner} and above {holder}, {outer}, which includes it"


def _too_much(numbers: list[_Number]) -> Iterator[str]:
    """Parts of one state that sum to more than 1."""
    for whole, group in _grouped(numbers, lambda n: n.whole).items():
        parts = list({number.what: number for number in group}.values())
        total = sum(number.amount for number in parts)
        if whole and total - 1.0 > _error(*parts):
            yield f"{' and '.join(str(n) for n in parts)} sum to {total:.2%} of one state"


def _grouped(numbers: list[_Number], key: Callable[[_Number], Key]) -> Mapping[Key, list[_Number]]:
    groups: dict[Key, list[_Number]] = {}
    for number in numbers:
        groups.setdefault(key(number), []).append(number)
    return groups


def _error(*numbers: _Number) -> float:
    """Largest difference that errors of the data may explain; rounding of a sum is none."""
    return LIMIT_IN_SE * sqrt(sum(number.variance for number in numbers)) + 1e-12
