"""Which policy is worth it: the ranking and the sentences that go with it."""

from collections.abc import Iterable
from dataclasses import replace
from math import isnan
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import number, significant_decimals
from simulator.report.kit.outcome_kinds import PER
from simulator.report.kit.phrases import capital, months_words
from simulator.report.kit.table import POLICY_NAMES, PolicyTable, Worths
from simulator.report.policies.frontier_figure import frontier_values
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier, Standing
from simulator.results.table import COUNT, FRACTION, MONEY, Cell, Column, Table, Value, named
from simulator.vocabulary import Burden, Fate

COUNTED: Final[tuple[tuple[Fate, str], ...]] = (
    (Fate.SAVED, mark("Saved")),
    (Fate.CENSORED, mark("Follow-up too short")),
    (Fate.DELAYED, mark("Delayed")),
    (Fate.HARMED, mark("Harmed")),
    (Fate.FREE_RIDER, mark("Relief taken without need")),
)
"""Fates in the ranking; those too early to tell only where there are any."""


def rankings(data: ReportData) -> list[PolicyTable]:
    """The ranking over all scenarios, then that of each."""
    return [_ranking(data, frontier) for frontier in data.frontiers]


def _ranking(data: ReportData, frontier: Frontier) -> PolicyTable:
    columns = _columns(data, frontier)
    rows = [
        (str(s.rank), data.policy_label(s.policy), _note(data, s), *_cells(frontier, s))
        for s in frontier.standings
    ]
    rows.insert(_reference_place(frontier), _reference_row(data, frontier, len(columns)))
    place, compared = capital(data.where(frontier.scenario)), number(frontier.compared, 0)
    table = Table(columns, tuple(rows), len(POLICY_NAMES), data.currency)
    order = [s.policy for s in frontier.standings]
    order.insert(_reference_place(frontier), "")
    worths = Worths(0, frontier.scenario, tuple(order))
    return PolicyTable(place, months_words(data), compared, table, worths)


def _columns(data: ReportData, frontier: Frontier) -> tuple[Column, ...]:
    worths = [v for s in frontier.standings for v in s.worth.ends]
    worth = replace(named(data.measure()[1], MONEY), is_change=True, better=1, like=worths)
    money = Column("", MONEY, "{unit}", digits=4, like=frontier_values(frontier))
    per = Column("", COUNT, mark("per {n}"), {"n": f"{PER:,.0f}"})
    complaints = _decimals(_per(frontier, s.burden(Burden.COMPLAINTS)) for s in frontier.standings)
    return (
        *POLICY_NAMES,
        replace(worth, note="{unit}", digits=4),
        replace(money, heading=mark("Net"), is_change=True),
        replace(money, heading=mark("Loss avoided")),
        replace(money, heading=mark("Cost")),
        *(
            replace(
                per,
                heading=title,
                decimals=_decimals(_per(frontier, s.fate(fate)) for s in frontier.standings),
            )
            for fate, title in _counted(frontier)
        ),
        Column(mark("Re-default after relief"), FRACTION, "{unit}", decimals=0),
        Column(mark("Complaints"), COUNT, mark("change"), is_change=True, decimals=complaints),
    )


def _cells(frontier: Frontier, s: Standing) -> tuple[Value, ...]:
    """Numbers of a policy; but for what ranks means alone."""
    kicked = s.kicked_can_index.mean
    return (
        s.worth,
        *(estimate.mean for estimate in (s.net, s.loss_avoided, s.cost)),
        *(_per(frontier, s.fate(fate)) for fate, _ in _counted(frontier)),
        Cell(None if isnan(kicked) else kicked, beside=kicked_cases(s)),
        _per(frontier, s.burden(Burden.COMPLAINTS)),
    )


def _counted(frontier: Frontier) -> list[tuple[Fate, str]]:
    """Fates with their titles; those too early to tell only where there are any."""
    early = any(s.fate(Fate.CENSORED).mean > 0 for s in frontier.standings)
    return [pair for pair in COUNTED if early or pair[0] != Fate.CENSORED]


def _per(frontier: Frontier, estimate: Estimate[float]) -> float:
    return PER / max(frontier.compared, 1e-9) * estimate.mean


def _decimals(means: Iterable[float]) -> int:
    return significant_decimals(means, 3, most=1)


def kicked_cases(standing: Standing) -> str:
    """Numerator and denominator of the kicked-can index in borrowers, as ``33 of 45``."""
    if isnan(standing.kicked_can_index.mean):
        return ""
    returned, prevented = (standing.fate(f).mean for f in (Fate.RETURNED, Fate.PREVENTED))
    decimals = significant_decimals([prevented], 2, most=1)
    parts = (number(returned, decimals), number(prevented, decimals))
    return tr("{returned} of {prevented}", returned=parts[0], prevented=parts[1])


def _note(data: ReportData, standing: Standing) -> str:
    if standing.dominated_by is None:
        return ""
    return tr("dominated by {policy}", policy=data.policy_label(standing.dominated_by))


def _reference_place(frontier: Frontier) -> int:
    """How many policies stand before the reference: those with a gain."""
    ahead = [s for s in frontier.standings if (s.worth.mean, s.loss_avoided.mean) >= (0.0, 0.0)]
    return len(ahead)


def _reference_row(data: ReportData, frontier: Frontier, n_columns: int) -> tuple[Value, ...]:
    by = frontier.reference_dominated_by
    note = tr("reference")
    if by:
        note = tr("reference, dominated by {policy}", policy=data.policy_label(by))
    zeros = (0.0,) * 4
    names = (None, data.policy_label(frontier.reference), note)
    return (*names, *zeros, *(None,) * (n_columns - len(names) - len(zeros)))
