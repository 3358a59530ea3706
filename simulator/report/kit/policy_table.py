"""A table with a row a policy: its place, cells with intervals and verdicts."""

from dataclasses import dataclass

from simulator.report.kit.language import tr
from simulator.report.kit.numbers import NONE, Scale
from simulator.results.decision import Verdict, verdict
from simulator.results.estimate import Estimate


@dataclass(frozen=True, slots=True)
class PolicyCell:
    """A number of the ranking with its interval, if it has one."""

    title: str
    value: str
    span: str = ""
    verdict: str = ""
    """``better``, ``worse``, ``unclear``, ``same``, or empty where nothing is judged."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy in the ranking; the reference has no rank."""

    rank: str
    policy: str
    note: str
    cells: tuple[PolicyCell, ...]


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """Policies, best first: where it holds, over which months and borrowers; columns and rows."""

    place: str
    months: str
    compared: str
    titles: tuple[tuple[str, str], ...]
    rows: tuple[PolicyRow, ...]


def judged_cell(
    title: str, scale: Scale, change: Estimate[float] | None, better: int, *, spans: bool = True
) -> PolicyCell:
    """A change, its interval where ``spans``, and whether it is better or worse."""
    if change is None:
        return PolicyCell(title, NONE)
    told = verdict(change, better)
    if told is Verdict.SAME:
        return PolicyCell(title, tr("no difference"), verdict=told)
    text = scale.text(change.mean, signed=True)
    if told is Verdict.SINGLE:
        return PolicyCell(title, text)
    ends = scale.span(change.ci_low, change.ci_high) if spans else ""
    return PolicyCell(title, text, ends, told)
