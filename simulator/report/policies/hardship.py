"""What borrowers go through under each policy: months overdue, contacts, complaints."""

from collections.abc import Iterator, Sequence
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, mark, sentences, tr
from simulator.report.kit.numbers import number, percent
from simulator.report.kit.outcome_kinds import PER
from simulator.report.kit.phrases import capital
from simulator.report.kit.table import POLICY, SCENARIO, count_scale, number_text
from simulator.report.policies.outcome_figures import place_label
from simulator.report.policies.outcome_words import per_thousand
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier
from simulator.results.table import COUNT, Cell, Column, Row, Table, Value, texts
from simulator.vocabulary import Burden

BURDEN_WORDS: Final = {
    Burden.OVERDUE_MONTHS: (mark("Borrower-months overdue"), mark("borrower-months overdue")),
    Burden.CONTACTS: (mark("Contacts"), mark("contacts")),
    Burden.COMPLAINTS: (mark("Complaints"), mark("complaints")),
}
"""Heading and name in a sentence of each burden, in English."""


def hardship_caption(data: ReportData, frontier: Frontier) -> str:
    """Who spares borrowers most months overdue, and who adds most complaints."""
    spares = _most(data, frontier, Burden.OVERDUE_MONTHS, -1)
    adds = _most(data, frontier, Burden.COMPLAINTS, 1)
    told = tr(
        "{place}, {told}.",
        place=capital(data.where(frontier.scenario)),
        told=clauses([spares, adds]),
    )
    return sentences(
        told,
        tr("All numbers are per {borrowers} borrowers.", borrowers=f"{PER:,.0f}"),
        tr(
            "Contacts are those about overdue or endangered loans, without reminders before the"
            " due day."
        ),
    )


def _most(data: ReportData, frontier: Frontier, burden: Burden, sign: int) -> str:
    """Which policy lowers (-1) or raises (1) a burden most, if that is told from zero."""
    words = tr(BURDEN_WORDS[burden][1])
    known = {s.policy: s.burden(burden) for s in frontier.standings}
    told = {p: s for p, s in known.items() if s.sign == sign or not s.has_interval}
    most = max(told, key=lambda p: sign * told[p].mean, default=None)
    if most is None or sign * told[most].mean <= 0:
        if sign > 0:
            return tr("no policy significantly raises the {burden}", burden=words)
        return tr("no policy significantly lowers the {burden}", burden=words)
    stat = told[most]
    shown = per_thousand(frontier, stat.times(1.0 if stat.mean >= 0.0 else -1.0))
    size = number_text(count_scale([shown.mean]), shown)
    level = frontier.reference_burdens[burden.name.lower()].mean
    if level > 0:
        share = percent(abs(stat.mean) / level)
        size = tr("{size}, {share}", size=size, share=share)
    message = mark("{policy} raises the {burden} most, by {size}")
    if sign < 0:
        message = mark("{policy} lowers the {burden} most, by {size}")
    return tr(message, policy=data.policy_label(most), burden=words, size=size)


def hardship_table(data: ReportData, frontiers: Sequence[Frontier]) -> Table:
    """What borrowers go through: the reference's own, then each policy's difference.

    The scenario is named where there are several.
    """
    rows: list[Row] = []
    for frontier in frontiers:
        place = (place_label(data, frontier),) if len(frontiers) > 1 else ()
        rows += [(*place, *row) for row in _hardship_rows(data, frontier)]
    names = texts(SCENARIO, POLICY)[-2 if len(frontiers) > 1 else -1 :]
    columns = (
        Column(mark("{title}, change"), COUNT, said={"title": tr(title)}, is_change=True)
        for title, _ in BURDEN_WORDS.values()
    )
    return Table((*names, *columns), tuple(rows), n_names=len(names))


def _hardship_rows(data: ReportData, frontier: Frontier) -> Iterator[tuple[Value, ...]]:
    """The reference's own, then each policy's differences, in absolute and relative terms."""
    levels = {
        b: per_thousand(frontier, frontier.reference_burdens[b.name.lower()]) for b in BURDEN_WORDS
    }
    changes = {
        b: {s.policy: per_thousand(frontier, s.burden(b)) for s in frontier.standings}
        for b in BURDEN_WORDS
    }
    like = {b: [change.mean for change in found.values()] for b, found in changes.items()}
    own = (Cell(levels[b], like=like[b], is_change=False) for b in BURDEN_WORDS)
    yield tr("{policy} (level)", policy=data.policy_label(frontier.reference)), *own
    for policy in (s.policy for s in frontier.standings):
        cells = (_change(changes[b][policy], levels[b], like[b]) for b in BURDEN_WORDS)
        yield data.policy_label(policy), *cells


def _change(change: Estimate[float], level: Estimate[float], like: Sequence[float]) -> Cell:
    """A change per ``PER`` borrowers, and as a share of the reference's ``level``."""
    if change.is_zero or not level.mean:
        return Cell(change, like=like)
    relative = number(100.0 * change.mean / level.mean, 1, signed=True)
    said = {"relative": tr("{number} %", number=relative)}
    return Cell(change, mark("{relative}; {number}"), said, like=like)
