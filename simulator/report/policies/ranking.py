"""Which policy is worth it: the ranking and the sentences that go with it."""

from collections.abc import Sequence
from math import isnan
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import (
    NONE,
    Scale,
    money_scale,
    number,
    significant_decimals,
)
from simulator.report.kit.outcome_kinds import PER
from simulator.report.kit.phrases import capital, months_words
from simulator.report.kit.policy_table import PolicyCell, PolicyRow, PolicyTable, judged_cell
from simulator.report.policies.frontier_figure import frontier_scale
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier, Standing
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
    scale = frontier_scale(data, frontier)
    counted = [pair for pair in COUNTED if pair[0] != Fate.CENSORED or _any(frontier, pair[0])]
    per = PER / max(frontier.compared, 1e-9)
    decimals = {fate: _decimals(frontier, fate) for fate, _ in counted}
    complaints = significant_decimals(
        [per * s.burden(Burden.COMPLAINTS).mean for s in frontier.standings], 3, most=1
    )
    measure, worth_scale = data.measure()[1], worth_scale_of(data, frontier)
    titles = (
        (measure, worth_scale.unit),
        (tr("Net"), scale.unit),
        (tr("Loss avoided"), scale.unit),
        (tr("Cost"), scale.unit),
        *((tr(title), tr("per {n}", n=f"{PER:,.0f}")) for _, title in counted),
        (tr("Re-default after relief"), "%"),
        (tr("Complaints"), tr("change")),
    )
    names = [title for title, _ in titles]
    rows = []
    for s in frontier.standings:
        texts = (
            scale.text(s.net.mean, signed=True),
            scale.text(s.loss_avoided.mean),
            scale.text(s.cost.mean),
            *(number(per * s.fate(fate).mean, decimals[fate]) for fate, _ in counted),
            _share(s.kicked_can_index),
            number(per * s.burden(Burden.COMPLAINTS).mean, complaints, signed=True),
        )
        spans = (*("",) * (len(texts) - 2), kicked_cases(s), "")
        cells = (
            judged_cell(measure, worth_scale, s.worth, 1),
            *map(PolicyCell, names[1:], texts, spans),
        )
        rows.append(PolicyRow(str(s.rank), data.policy_label(s.policy), _note(data, s), cells))
    zeros = (worth_scale.text(0.0), *(scale.text(0.0),) * 3)
    rows.insert(_reference_place(frontier), _reference_row(data, frontier, names, zeros))
    place, compared = capital(data.where(frontier.scenario)), number(frontier.compared, 0)
    return PolicyTable(place, months_words(data), compared, titles, tuple(rows))


def _any(frontier: Frontier, fate: Fate) -> bool:
    return any(s.fate(fate).mean > 0 for s in frontier.standings)


def _decimals(frontier: Frontier, fate: Fate) -> int:
    """Decimals of a fate's rates per ``PER`` borrowers."""
    per = PER / max(frontier.compared, 1e-9)
    return significant_decimals([per * s.fate(fate).mean for s in frontier.standings], 3, most=1)


def _share(share: Estimate[float]) -> str:
    return NONE if isnan(share.mean) else number(100.0 * share.mean, 0)


def kicked_cases(standing: Standing) -> str:
    """Numerator and denominator of the kicked-can index in borrowers, as ``33 of 45``."""
    if isnan(standing.kicked_can_index.mean):
        return ""
    returned, prevented = (standing.fate(f).mean for f in (Fate.RETURNED, Fate.PREVENTED))
    decimals = significant_decimals([prevented], 2, most=1)
    parts = (number(returned, decimals), number(prevented, decimals))
    return tr("{returned} of {prevented}", returned=parts[0], prevented=parts[1])


def worth_scale_of(data: ReportData, frontier: Frontier) -> Scale:
    """One unit of money for what ranks the policies of a frontier."""
    values = [v for s in frontier.standings for v in s.worth.ends]
    return money_scale(data.currency, values, digits=4)


def _note(data: ReportData, standing: Standing) -> str:
    if standing.dominated_by is None:
        return ""
    return tr("dominated by {policy}", policy=data.policy_label(standing.dominated_by))


def _reference_place(frontier: Frontier) -> int:
    """How many policies stand before the reference: those with a gain."""
    ahead = [s for s in frontier.standings if (s.worth.mean, s.loss_avoided.mean) >= (0.0, 0.0)]
    return len(ahead)


def _reference_row(
    data: ReportData, frontier: Frontier, names: Sequence[str], zeros: tuple[str, ...]
) -> PolicyRow:
    by = frontier.reference_dominated_by
    note = tr("reference")
    if by:
        note = tr("reference, dominated by {policy}", policy=data.policy_label(by))
    texts = (*zeros, *(NONE,) * (len(names) - len(zeros)))
    return PolicyRow(
        NONE,
        data.policy_label(frontier.reference),
        note,
        tuple(map(PolicyCell, names, texts)),
    )
