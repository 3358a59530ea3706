"""A table with a row a policy: its place, cells with intervals and verdicts."""

from dataclasses import dataclass


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
